/** Parts of a token that many small refills may lose in rounding. */
const ROUNDING = 1e-9;

/** Refills evenly, `limit` tokens in `per` milliseconds, never above `limit`. */
export class TokenBucket {
  readonly #limit: number;
  readonly #per: number;
  #tokens: number;
  #at: number;

  /**
   * `now` in milliseconds of a clock that never goes back. A `per` of 0 refills at once. `share`: how full it is at
   * first, 0 to 1.
   */
  constructor(limit: number, per: number, now: number, share = 1) {
    this.#limit = limit;
    this.#per = per;
    this.#tokens = limit * share;
    this.#at = now;
  }

  has(now: number): boolean {
    this.#refill(now);
    return this.#tokens >= 1 - ROUNDING;
  }

  /** How full it is, 0 to 1. */
  share(now: number): number {
    this.#refill(now);
    return this.#limit === 0 ? 0 : this.#tokens / this.#limit;
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
    const gained = this.#per === 0 ? this.#limit : (elapsed * this.#limit) / this.#per;
    this.#tokens = Math.min(this.#limit, this.#tokens + gained);
  }
}
