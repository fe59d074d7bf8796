import { appendFileSync, writeFileSync } from 'node:fs';
import type { Masks } from './masks.ts';

/**
 * Writes down what Daily does, a line of JSON each: `{after, by, said}`, masked. `by`: `client` and `machine` are what
 * daily-js and the call machine say to each other by `postMessage`, `event` what daily-js tells its page, `rest` what
 * the servers answer, `roomd` what is in roomd's log. `after`: milliseconds since the first line.
 */
export class Recorder {
  readonly path: string;
  readonly #masks: Masks;
  #start: number | undefined;

  constructor(path: string, masks: Masks) {
    this.path = path;
    this.#masks = masks;
    writeFileSync(path, '', { mode: 0o600 });
  }

  note(by: 'client' | 'machine' | 'event' | 'rest' | 'roomd', said: unknown): void {
    const now = performance.now();
    this.#start ??= now;
    const line = { after: Math.round(now - this.#start), by, said: this.#masks.of(said) };
    appendFileSync(this.path, `${JSON.stringify(line)}\n`);
  }
}
