import { styleText } from 'node:util';
import { type Clock, systemClock } from '../../spec/runtime/clock.ts';
import type { Paint } from './paint.ts';

export type { Paint, Style } from './paint.ts';

/** The part of a terminal or pipe that commands write to. */
export interface Output {
  readonly isTTY?: boolean | undefined;
  readonly columns?: number | undefined;
  readonly rows?: number | undefined;
  write(text: string): boolean;
  on(event: 'resize', listener: () => void): unknown;
  once(event: 'drain', listener: () => void): unknown;
  removeListener(event: 'drain' | 'resize', listener: () => void): unknown;
}

/** The keyboard, or whatever else is at the other end. */
export interface Input {
  readonly isTTY?: boolean | undefined;
  setRawMode(on: boolean): unknown;
  on(event: 'data' | 'error', listener: (what: Buffer | Error) => void): unknown;
  removeListener(event: 'data', listener: (what: Buffer | Error) => void): unknown;
  resume(): unknown;
  pause(): unknown;
}

/** All that a command has of the world around it. */
export interface Io {
  /** Opened by the first look at it. */
  readonly input?: Input | undefined;
  readonly out: Output;
  readonly err: Output;
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly cwd: string;
  readonly clock: Clock;
  /** Aborts when the command should end: Ctrl-C, SIGTERM, or nobody reads the output any more. */
  readonly signal: AbortSignal;
  /** Aborts when the end takes too long for whoever asked for it. */
  readonly hurry?: AbortSignal | undefined;
}

/** The world of this process. */
export function processIo(signal: AbortSignal, hurry: AbortSignal): Io {
  const { stdout, stderr, env } = process;
  return {
    get input() {
      return process.stdin;
    },
    out: stdout,
    err: stderr,
    env,
    cwd: process.cwd(),
    clock: systemClock,
    signal,
    hurry,
  };
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

/** Of a terminal that tells it; some say 0. */
export function rowsOf({ rows }: Output): number {
  return rows || 24;
}

/** Waits while the reader of the output is busy: whoever sends the lines then waits too. */
export async function writeLine({ out, signal }: Pick<Io, 'out' | 'signal'>, line: string): Promise<void> {
  if (signal.aborted || out.write(`${line}\n`)) return;
  await new Promise<void>((resolve) => {
    const done = () => {
      out.removeListener('drain', done);
      signal.removeEventListener('abort', done);
      resolve();
    };
    out.once('drain', done);
    signal.addEventListener('abort', done, { once: true });
  });
}

export function print(output: Output, line: string): void {
  output.write(`${line}\n`);
}
