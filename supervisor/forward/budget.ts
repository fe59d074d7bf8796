import type { Clock } from '../../spec/runtime/clock.ts';

/** So much of a second's budget may be spent at once. */
const BURST = 0.1;
const SMALLEST_BURST = 10;

/** Entries a second, over everything that is sent: quotas are the account's, and others use them too. */
export class Budget {
  readonly #perMs: number;
  readonly #burst: number;
  readonly #clock: Clock;
  #left: number;
  #at: number;

  /** Infinity: no limit. */
  constructor(perSecond: number, clock: Clock) {
    this.#perMs = perSecond / 1_000;
    this.#burst = Math.max(SMALLEST_BURST, perSecond * BURST);
    this.#clock = clock;
    this.#left = this.#burst;
    this.#at = clock.monotonic();
  }

  /** How long to wait before anything may be sent, in milliseconds; 0: now. */
  get waitMs(): number {
    if (this.#perMs === Number.POSITIVE_INFINITY) return 0;
    const now = this.#clock.monotonic();
    this.#left = Math.min(this.#burst, this.#left + (now - this.#at) * this.#perMs);
    this.#at = now;
    return this.#left > 0 ? 0 : Math.max(1, Math.ceil(-this.#left / this.#perMs));
  }

  /** A batch goes out whole: it may overdraw, and the next one waits the longer. */
  spend(entries: number): void {
    this.#left -= entries;
  }
}
