export interface BackoffConfig {
  /** Milliseconds: the longest pause after the first failure. It doubles with each one that follows. */
  readonly base: number;
  /** Milliseconds: no pause is longer. */
  readonly max: number;
}

/** Growing pauses between tries that fail. Pure; `random` gives 0 to 1, times are monotonic milliseconds. */
export class Backoff {
  readonly #config: BackoffConfig;
  readonly #random: () => number;
  #failures = 0;
  #failedAt = -Infinity;
  #until = -Infinity;

  constructor(config: BackoffConfig, random: () => number) {
    this.#config = config;
    this.#random = random;
  }

  /** Nothing is tried before. */
  get until(): number {
    return this.#until;
  }

  /** Whether what began then began before the last failure was known: what becomes of it says nothing new. */
  isOld(since: number): boolean {
    return since <= this.#failedAt;
  }

  /** What was tried at `since` has failed by `now`. */
  failed(now: number, since: number): void {
    if (this.isOld(since)) return;
    this.#failedAt = now;
    const ceiling = Math.min(this.#config.max, this.#config.base * 2 ** this.#failures++);
    // At least half of it, so that nothing spins; the rest at random, so that pools don't try in step.
    this.#until = now + Math.round(ceiling * (0.5 + 0.5 * this.#random()));
  }

  /** What was tried at `since` has turned out well: the next pause is a short one again. */
  succeeded(since: number): void {
    if (!this.isOld(since)) this.#failures = 0;
  }
}
