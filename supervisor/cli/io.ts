import { styleText } from 'node:util';
import { type Clock, systemClock } from '../../spec/runtime/clock.ts';

/** The part of a terminal or pipe that commands write to. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  write(text: string): boolean;
  once(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain', listener: () => void): unknown;
}

/** All that a command has of the world around it. */
export interface Io {
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts when the command should end: Ctrl-C, SIGTERM, or nobody reads the output any more. */
  readonly signal: AbortSignal;
}

/** The world of this process. */
export function processIo(signal: AbortSignal): Io {
  const { stdout, stderr, env } = process;
  return { out: stdout, err: stderr, env, cwd: process.cwd(), clock: systemClock, signal };
}

/** A failure that is told to the user in one message. `exitCode`: 1 failure, 2 wrong usage. */
export class CliError extends Error {
  override name = 'CliError';
  readonly exitCode: 1 | 2;

  constructor(message: string, exitCode: 1 | 2 = 1) {
    super(message);
    this.exitCode = exitCode;
  }
}

export type Style = Exclude<Parameters<typeof styleText>[0], readonly unknown[]>;

/** Puts a style around text, or leaves it plain where colours don't belong. */
export type Paint = (style: Style, text: string) => string;

/** Colours on terminals, unless NO_COLOR is set; FORCE_COLOR asks for them anywhere. */
export function painter(output: Output, env: Io['env']): Paint {
  const forced = env.FORCE_COLOR !== undefined && env.FORCE_COLOR !== '' && env.FORCE_COLOR !== '0';
  const refused = env.NO_COLOR !== undefined && env.NO_COLOR !== '';
  const colours = forced || (output.isTTY === true && !refused && env.TERM !== 'dumb');
  return colours ? (style, text) => styleText(style, text, { validateStream: false }) : (_style, text) => text;
}

/** Data goes out as JSON when asked for, and wherever no person is looking. */
export function wantsJson(io: Io, json: boolean | undefined): boolean {
  return json === true || io.out.isTTY !== true;
}

/** Of a terminal that tells it; some say 0. */
export function columnsOf({ columns }: Output): number {
  return columns || 120;
}

export function print(output: Output, line: string): void {
  output.write(`${line}\n`);
}
