import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';

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
const READ_RETRY_MS = 1_000;

/** Reads the log in order, as far as there is room, and then waits for more. */
export class Reader {
  readonly #options: ReaderOptions;
  readonly #abort = new AbortController();
  #at: number;
  #limit = FIRST_PAGE;
  #wake = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: ReaderOptions, after: number) {
    this.#options = options;
    this.#at = after;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There may be room again. */
  resume(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { log, clock, telemetry, room } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      if (room() <= 0) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        if (this.#at >= log.last) await log.changed(this.#at, signal);
        // A stop that has begun meanwhile may have left none.
        if (!signal.aborted && room() > 0) await this.#page();
      } catch (error) {
        telemetry.internalError('forward reader', error);
        await sleep(clock, READ_RETRY_MS, signal);
      }
    }
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
