import { Ring } from '../../../spec/runtime/ring.ts';

export interface DemandConfig {
  /** So many processes at least, whatever the demand. */
  readonly floor: number;
  /** And at most; at least `floor`. */
  readonly ceiling: number;
  /** Milliseconds for which a request speaks of what is to come. */
  readonly window: number;
}

/**
 * Foretells how many processes will be wanted: as many as were asked for within the last window. Pure; times are
 * monotonic milliseconds and never go back.
 */
export class Demand {
  readonly #config: DemandConfig;
  /** More than the ceiling could make no difference. */
  readonly #times: Ring<number>;

  constructor(config: DemandConfig) {
    this.#config = config;
    this.#times = new Ring(config.ceiling);
  }

  /** A room asked for a process, whether it got one or not. */
  note(now: number): void {
    this.#times.push(now);
  }

  target(now: number): number {
    const { floor, window } = this.#config;
    return Math.max(floor, [...this.#times].filter((at) => now - at < window).length);
  }
}
