import type { Clock } from '../../spec/runtime/clock.ts';
import type { AssistantRecord } from './api.ts';

/** Records that were found, each with its age. The one that was wanted longest ago goes first. */
export class KeptRecords {
  readonly #max: number;
  readonly #clock: Clock;
  /** The one wanted last comes last. */
  readonly #records = new Map<string, { record: AssistantRecord; now: number; monotonic: number }>();

  constructor(max: number, clock: Clock) {
    this.#max = max;
    this.#clock = clock;
  }

  /** Found just now. */
  set(assistantId: string, record: AssistantRecord): void {
    this.#records.delete(assistantId);
    this.#records.set(assistantId, { record, now: this.#clock.now(), monotonic: this.#clock.monotonic() });
    const [oldest] = this.#records.keys();
    if (this.#records.size > this.#max && oldest !== undefined) this.#records.delete(oldest);
  }

  /** Undefined when there is none of at most that age, in milliseconds. */
  get(assistantId: string, maxAge: number): AssistantRecord | undefined {
    const kept = this.#records.get(assistantId);
    if (kept === undefined) return undefined;
    this.#records.delete(assistantId);
    this.#records.set(assistantId, kept);
    // By both clocks: neither one that is set back nor a machine that sleeps makes it younger.
    const age = Math.max(this.#clock.monotonic() - kept.monotonic, this.#clock.now() - kept.now);
    return age <= maxAge ? kept.record : undefined;
  }

  delete(assistantId: string): void {
    this.#records.delete(assistantId);
  }
}
