import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export interface Retry {
  readonly baseMs: number;
  readonly capMs: number;
}

/** Full jitter: anything from nothing to a limit that doubles with each attempt (from 1). `random` in [0, 1). */
export function backoff(retry: Retry, attempt: number, random: () => number): number {
  return random() * Math.min(retry.capMs, retry.baseMs * 2 ** (attempt - 1));
}

/**
 * How many requests may be under way. Open: up to the limit. After a request that failed as a whole, or was denied:
 * one probe at a time, further and further apart, until one comes through. Answers to requests that were sent before
 * the last change say nothing new and change nothing; each carries the generation it was sent in.
 */
export class Gate {
  generation = 0;
  /** Why an operator has to act, while that is so. */
  held: string | undefined;
  readonly #concurrency: number;
  readonly #retry: Retry;
  readonly #clock: Clock;
  readonly #random: () => number;
  readonly #opened: () => void;
  #failures = 0;
  #timer: Timer | undefined;

  /** `opened` is called when requests may be sent that were not admitted before. */
  constructor(concurrency: number, retry: Retry, clock: Clock, random: () => number, opened: () => void) {
    this.#concurrency = concurrency;
    this.#retry = retry;
    this.#clock = clock;
    this.#random = random;
    this.#opened = opened;
  }

  admits(underWay: number): boolean {
    if (this.#failures === 0) return underWay < this.#concurrency;
    return underWay === 0 && this.#timer === undefined;
  }

  /** A request of that generation failed as a whole; or was denied, if `held` says why. */
  failed(generation: number, held?: string): void {
    const isNews = generation === this.generation;
    // The newest reason is the one to act on; what comes late adds a denial, and takes none back.
    if (isNews || (held !== undefined && this.#failures > 0)) this.held = held;
    if (!isNews) return;
    this.generation++;
    this.#failures++;
    this.#timer = this.#clock.after(backoff(this.#retry, this.#failures, this.#random), () => {
      this.#timer = undefined;
      this.#opened();
    });
  }

  /** The target answered a request of that generation. Returns how many failures in a row that ended. */
  answered(generation: number): number {
    if (generation !== this.generation || this.#failures === 0) return 0;
    const failures = this.#failures;
    this.#failures = 0;
    this.generation++;
    this.held = undefined;
    return failures;
  }

  close(): void {
    this.#timer?.cancel();
  }
}
