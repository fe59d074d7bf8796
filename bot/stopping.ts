import type { Clock } from '../spec/runtime/clock.ts';

export interface Stop {
  readonly reason: string;
  /** Monotonic milliseconds. */
  readonly deadline: number;
}

/** When nobody says how long leaving may take, and at most. */
const DEADLINE_MS = 5_000;
const LONGEST_MS = 60_000;

/** The wish to stop: expressed any number of times, the first one counts. */
export class Stopping {
  readonly #clock: Clock;
  readonly #abort = new AbortController();
  readonly #begun = Promise.withResolvers<Stop>();
  #stop: Stop | undefined;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  get stop(): Stop | undefined {
    return this.#stop;
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  get begun(): Promise<Stop> {
    return this.#begun.promise;
  }

  begin(reason: string, deadlineMs = DEADLINE_MS): void {
    if (this.#stop !== undefined) return;
    const deadline = this.#clock.monotonic() + Math.min(deadlineMs, LONGEST_MS);
    this.#stop = { reason: reason.slice(0, 256), deadline };
    this.#begun.resolve(this.#stop);
    this.#abort.abort();
  }
}
