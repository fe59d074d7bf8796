export interface RestartConfig {
  /** So many restarts within the window; one more crash ends the room. */
  readonly attempts: number;
  /** Milliseconds. */
  readonly window: number;
  /** Milliseconds. */
  readonly backoff: { readonly base: number; readonly max: number };
}

/** Decides whether, and when, a crashed bot is started again. Times are monotonic milliseconds. */
export class RestartBudget {
  readonly #config: RestartConfig;
  readonly #random: () => number;
  #restarts: number[] = [];

  constructor(config: RestartConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
  }

  /** Restarts within the window so far. */
  get used(): number {
    return this.#restarts.length;
  }

  /** A crash at `now` → the delay before the next start in milliseconds, or undefined when the budget is spent. */
  take(now: number): number | undefined {
    const { attempts, window, backoff } = this.#config;
    this.#restarts = this.#restarts.filter((at) => now - at < window);
    if (this.#restarts.length >= attempts) return undefined;
    const ceiling = Math.min(backoff.max, backoff.base * 2 ** this.#restarts.length);
    this.#restarts.push(now);
    // At least half of it, so that a crash loop never spins; the rest at random, so that rooms don't start in step.
    return Math.round(ceiling * (0.5 + 0.5 * this.#random()));
  }
}
