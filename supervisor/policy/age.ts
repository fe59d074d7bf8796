import type { Clock } from '../../spec/runtime/clock.ts';

/** A clock that was set back so much was wrong before, or is now. */
const MAX_BACK_MS = 60_000;

/**
 * How long ago something was checked: by both clocks, the larger of what they say. So neither a wall clock that is set
 * back nor a machine that sleeps makes it younger.
 */
export class Age {
  readonly #clock: Clock;
  /** The age at `monotonic`. */
  #base = Infinity;
  #monotonic = 0;
  #checkedAt = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  checked(): void {
    this.#set(0, this.#clock.now());
  }

  /** Checked by an earlier process, at that time of the wall clock. In the future: nobody knows how long ago. */
  restore(checkedAt: number): void {
    const ms = this.#clock.now() - checkedAt;
    this.#set(ms < -MAX_BACK_MS ? Infinity : Math.max(0, ms), checkedAt);
  }

  get ms(): number {
    const byMonotonic = this.#base + this.#clock.monotonic() - this.#monotonic;
    return Math.max(byMonotonic, this.#clock.now() - this.#checkedAt);
  }

  #set(base: number, checkedAt: number): void {
    this.#base = base;
    this.#monotonic = this.#clock.monotonic();
    this.#checkedAt = checkedAt;
  }
}
