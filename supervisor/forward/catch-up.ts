import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import type { Ledger } from './ledger.ts';

export interface CatchUpOptions {
  readonly log: Log;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly ledger: Ledger;
  /** How many of a parked room's events may be taken now; it isn't worth it for few. */
  readonly place: (roomId: string) => number;
  /** Takes one record; false: no more of this room for now. */
  readonly take: (record: LogRecord) => boolean;
  /** Something was taken; `expired` events are no longer kept. */
  readonly taken: (expired: number) => void;
}

const RETRY_MS = 1_000;

/** Reads what was parked, room by room, when there is place for it again. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #abort = new AbortController();
  #wake = () => {};
  #running: Promise<void> = Promise.resolve();

  constructor(options: CatchUpOptions) {
    this.#options = options;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** There may be place again. */
  resume(): void {
    this.#wake();
  }

  async stop(): Promise<void> {
    this.#abort.abort();
    this.#wake();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { clock, telemetry } = this.#options;
    const { signal } = this.#abort;
    while (!signal.aborted) {
      const roomId = this.#next();
      if (roomId === undefined) {
        await new Promise<void>((resolve) => {
          this.#wake = resolve;
        });
        continue;
      }
      try {
        await this.#page(roomId);
      } catch (error) {
        telemetry.internalError('forward catch-up', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  #next(): string | undefined {
    const { ledger, place } = this.#options;
    for (const roomId of ledger.parked.keys()) if (place(roomId) > 0) return roomId;
    return undefined;
  }

  async #page(roomId: string): Promise<void> {
    const { log, ledger, place, take, taken } = this.#options;
    const after = ledger.parked.get(roomId)?.after ?? 0;
    const page = await log.read({ roomId, after, limit: place(roomId) });
    if (this.#abort.signal.aborted) return;
    // Beyond, the reader has not been yet.
    const end = ledger.readTo;
    let to = Math.min(page.next, end);
    let count = 0;
    for (const record of page.records) {
      if (record.offset > end) break;
      count++;
      if (take(record)) continue;
      to = record.offset;
      break;
    }
    taken(ledger.unpark(roomId, to, count));
  }
}
