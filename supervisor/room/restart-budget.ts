export interface RestartConfig {
  /** At most so many restarts within any `window`. */
  readonly attempts: number;
  /** Milliseconds. One crash is forgiven in each, so a room can't go on crashing more often than that either. */
  readonly window: number;
  /** Milliseconds. */
  readonly backoff: { readonly base: number; readonly max: number };
}

/**
 * Decides whether, and when, a crashed bot is started again. A leaky bucket: each crash puts one in, each window lets
 * one out. So it bounds a burst and a slow crash loop alike, which a count within a window doesn't: that one never
 * trips when the crashes are a little further apart. Times are monotonic milliseconds.
 */
export class RestartBudget {
  readonly #config: RestartConfig;
  readonly #random: () => number;
  #level = 0;
  #at = 0;
  #crashes = 0;

  constructor(config: RestartConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
  }

  /** Crashes since everything was last forgiven. */
  get crashes(): number {
    return this.#crashes;
  }

  /** A crash at `now` → the delay before the next start in milliseconds, or undefined when the budget is spent. */
  take(now: number): number | undefined {
    const { attempts, window, backoff } = this.#config;
    this.#level = Math.max(0, this.#level - (now - this.#at) / window);
    this.#at = now;
    if (this.#level === 0) this.#crashes = 0;
    this.#crashes++;
    if (this.#level + 1 > attempts) return undefined;
    const ceiling = Math.min(backoff.max, backoff.base * 2 ** Math.round(this.#level));
    this.#level++;
    // At least half of it, so that a crash loop never spins; the rest at random, so that rooms don't start in step.
    return Math.round(ceiling * (0.5 + 0.5 * this.#random()));
  }
}
