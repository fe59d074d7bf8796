import { EventEmitter } from 'node:events';
import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { onTestFinished } from 'vitest';
import type { Input, Io, Output } from '../../../supervisor/cli/io.ts';
import { run } from '../../../supervisor/cli/program.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

/** What a command writes to, as text, with a way to wait for it. */
export class Capture extends Writable implements Output {
  text = '';
  readonly isTTY: boolean;
  columns = 100;
  rows = 30;
  readonly #waiting = new Set<() => void>();

  constructor(isTTY: boolean) {
    super({ decodeStrings: false });
    this.isTTY = isTTY;
  }

  override _write(chunk: string, _encoding: string, done: () => void): void {
    this.text += chunk;
    for (const check of this.#waiting) check();
    done();
  }

  get lines(): string[] {
    return stripVTControlCharacters(this.text).split('\n').slice(0, -1);
  }

  /** What a terminal shows in the end: a carriage return writes over what stood there. */
  get screen(): string[] {
    return this.lines.map((line) =>
      line
        .split('\r')
        .reduce((under, over) => over + under.slice(over.length), '')
        .trimEnd(),
    );
  }

  /** What was drawn over what, each on the whole of the screen. */
  get frames(): string[][] {
    const [, ...frames] = this.text.split('\u001b[H');
    return frames.map((frame) => stripVTControlCharacters(frame).split('\r\n'));
  }

  /** Resolves once the text is there. */
  seen(text: string): Promise<void> {
    return this.when(() => stripVTControlCharacters(this.text).includes(text));
  }

  /** Resolves with the lines once there are so many of them. */
  async until(count: number): Promise<string[]> {
    await this.when(() => this.lines.length >= count);
    return this.lines;
  }

  /** Resolves once what was written makes it true. */
  when(isSo: () => boolean): Promise<void> {
    return new Promise((resolve) => {
      const check = () => {
        if (!isSo()) return;
        this.#waiting.delete(check);
        resolve();
      };
      this.#waiting.add(check);
      check();
    });
  }
}

/** A keyboard: what is typed on it, and what a command did to it. */
export class Keyboard extends EventEmitter implements Input {
  readonly isTTY: boolean;
  isRaw = false;
  isRead = false;

  constructor(isTTY: boolean) {
    super();
    this.isTTY = isTTY;
  }

  setRawMode(on: boolean): void {
    if (!this.isTTY) throw new Error('not a terminal');
    this.isRaw = on;
  }

  resume(): void {
    this.isRead = true;
  }

  pause(): void {
    this.isRead = false;
  }

  type(text: string): void {
    this.emit('data', Buffer.from(text));
  }
}

export interface CallOptions {
  readonly url?: string;
  readonly env?: Record<string, string>;
  readonly tty?: boolean;
  readonly cwd?: string;
}

/** Starts a command in this process; `code` resolves when it has ended. */
export function start(argv: string[], { url, env = {}, tty = false, cwd = process.cwd() }: CallOptions = {}) {
  const stop = new AbortController();
  const out = new Capture(tty);
  const err = new Capture(tty);
  const input = new Keyboard(tty);
  const clock = new FakeClock();
  const io: Io = { input, out, err, clock, cwd, signal: stop.signal, env: { ...(url && { ROOMD_URL: url }), ...env } };
  const code = run(argv, io, {
    version: '0.0.0-test',
    loadDaemon: () => Promise.reject(new Error('no daemon in this test')),
  });
  onTestFinished(() => stop.abort('SIGINT'));
  return { code, input, out, err, clock, stop };
}

/** Lets time pass whenever the command waits for it, until it ends; the exit code. */
export async function passing({ code, clock }: ReturnType<typeof start>, ms: number): Promise<number> {
  let ended = false;
  const done = code.finally(() => {
    ended = true;
  });
  while (!ended) {
    if (clock.waiting > 0) clock.advance(ms);
    await new Promise((resolve) => setImmediate(resolve));
  }
  return done;
}

/** Runs a command in this process to its end. */
export async function call(argv: string[], options: CallOptions = {}) {
  const { code, out, err } = start(argv, options);
  return { code: await code, out, err };
}
