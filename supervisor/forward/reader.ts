import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import { Loop } from './loop.ts';

export interface ReaderOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  /** How many events may be read now. */
  readonly room: () => number;
  /** Takes one record, in order. */
  readonly take: (record: LogRecord) => void;
  /** `count` events up to the offset `to` are no longer kept. */
  readonly missed: (to: number, count: number) => void;
  /** A page was taken. */
  readonly taken: () => void;
}

/** Begins small, because nobody knows yet how large the events are. */
const FIRST_PAGE = 50;
const PAGE = 500;
const PAGE_BYTES = 4_000_000;

/** Reads the log in order, as far as there is room, and then waits for more. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #loop: Loop;
  #at: number;
  #limit = FIRST_PAGE;

  constructor(options: ReaderOptions, after: number) {
    this.#options = options;
    this.#at = after;
    this.#loop = new Loop({
      name: 'forward reader',
      ...options,
      ready: () => options.room() > 0,
      step: (signal) => this.#step(signal),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** There may be room again. */
  resume(): void {
    this.#loop.resume();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  async #step(signal: AbortSignal): Promise<void> {
    const { log, room } = this.#options;
    if (this.#at >= log.last) await log.changed(this.#at, signal);
    // A stop that has begun meanwhile may have left none.
    if (!signal.aborted && room() > 0) await this.#page();
  }

  async #page(): Promise<void> {
    const { log, room, take, missed, taken } = this.#options;
    const page = await log.read({ after: this.#at, limit: Math.min(this.#limit, room()) });
    // Offsets grow by one: a step that is larger is events that retention took.
    let bytes = 0;
    for (const record of page.records) {
      this.#reach(record.offset - 1, missed);
      take(record);
      this.#at = record.offset;
      bytes += record.json.length;
    }
    this.#reach(page.next, missed);
    this.#limit = bytes > PAGE_BYTES ? Math.ceil(this.#limit / 2) : Math.min(PAGE, this.#limit * 2);
    taken();
  }

  #reach(offset: number, missed: ReaderOptions['missed']): void {
    if (offset > this.#at) missed(offset, offset - this.#at);
    this.#at = Math.max(this.#at, offset);
  }
}
