/** Parts of a token that many small refills may lose in rounding. */
const ROUNDING = 1e-9;

/** Refills evenly, `limit` tokens in `per` milliseconds, never above `limit` and the slack. */
export class TokenBucket {
  readonly #limit: number;
  readonly #per: number;
  readonly #capacity: number;
  #tokens: number;
  #at: number;

  /**
   * `now` in milliseconds of a clock that never goes back. A `per` of 0 refills at once. `slack`: tokens beyond the
   * limit. `share`: how full it is at first, 0 to 1.
   */
  constructor(limit: number, per: number, now: number, slack = 0, share = 1) {
    this.#limit = limit;
    this.#per = per;
    this.#capacity = limit + slack;
    this.#tokens = this.#capacity * share;
    this.#at = now;
  }

  has(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= 1 - ROUNDING;
  }

  /** How full it is, 0 to 1. */
  share(now: number): number {
    this.#refill(now);
    return this.#capacity === 0 ? 0 : this.#tokens / this.#capacity;
  }

  /** Takes a token if there is one. */
  take(now: number): boolean {
    if (!this.has(now)) return false;
    this.#tokens = Math.max(0, this.#tokens - 1);
    return true;
  }

  #refill(now: number): void {
    const elapsed = Math.max(0, now - this.#at);
    this.#at = Math.max(this.#at, now);
    const gained = this.#per === 0 ? this.#capacity : (elapsed * this.#limit) / this.#per;
    this.#tokens = Math.min(this.#capacity, this.#tokens + gained);
  }
}
