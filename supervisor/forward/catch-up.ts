import type { Clock } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { Log, LogRecord } from '../log/port.ts';
import type { Ledger } from './ledger.ts';
import { Loop } from './loop.ts';

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

/** Reads what was parked, room by room, when there is place for it again. */
export class CatchUp {
  readonly #options: CatchUpOptions;
  readonly #loop: Loop;

  constructor(options: CatchUpOptions) {
    this.#options = options;
    this.#loop = new Loop({
      name: 'forward catch-up',
      ...options,
      ready: () => this.#next() !== undefined,
      step: (signal) => this.#page(this.#next() ?? '', signal),
    });
  }

  start(): void {
    this.#loop.start();
  }

  /** There may be place again. */
  resume(): void {
    this.#loop.resume();
  }

  stop(): Promise<void> {
    return this.#loop.stop();
  }

  #next(): string | undefined {
    const { ledger, place } = this.#options;
    for (const roomId of ledger.parked.keys()) if (place(roomId) > 0) return roomId;
    return undefined;
  }

  async #page(roomId: string, signal: AbortSignal): Promise<void> {
    const { log, ledger, place, take, taken } = this.#options;
    const after = ledger.parked.get(roomId)?.after ?? 0;
    const page = await log.read({ roomId, after, limit: place(roomId) });
    if (signal.aborted) return;
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
