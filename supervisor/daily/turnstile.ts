import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export interface TurnstileLimit {
  /** At most so many … */
  readonly count: number;
  /** … within any so many milliseconds. */
  readonly perMs: number;
}

interface Waiting {
  readonly pass: (passed: boolean) => void;
  readonly signal: AbortSignal;
}

/** Lets requests through one after another, in the order in which they came, and not too many at a time. */
export class Turnstile {
  readonly #clock: Clock;
  readonly #limit: TurnstileLimit;
  /** When the last `count` went through, on the monotonic clock. */
  readonly #passed: number[] = [];
  readonly #waiting = new Set<Waiting>();
  #closedUntil = 0;
  #timer: Timer | undefined;

  constructor(clock: Clock, limit: TurnstileLimit) {
    this.#clock = clock;
    this.#limit = limit;
  }

  /** Resolves with true when it is the caller's turn; with false when the signal aborted before that. */
  pass(signal: AbortSignal): Promise<boolean> {
    if (signal.aborted) return Promise.resolve(false);
    return new Promise((resolve) => {
      const leave = () => {
        this.#waiting.delete(waiting);
        resolve(false);
      };
      const pass = (passed: boolean) => {
        signal.removeEventListener('abort', leave);
        resolve(passed);
      };
      const waiting: Waiting = { pass, signal };
      signal.addEventListener('abort', leave, { once: true });
      this.#waiting.add(waiting);
      this.#open();
    });
  }

  /** Nobody goes through for so long. */
  close(ms: number): void {
    this.#closedUntil = Math.max(this.#closedUntil, this.#clock.monotonic() + ms);
    this.#timer?.cancel();
    this.#timer = undefined;
    this.#open();
  }

  #open(): void {
    if (this.#timer !== undefined) return;
    for (const waiting of this.#waiting) {
      const delay = this.#delay();
      if (delay > 0) {
        this.#timer = this.#clock.after(delay, () => {
          this.#timer = undefined;
          this.#open();
        });
        return;
      }
      this.#waiting.delete(waiting);
      this.#passed.push(this.#clock.monotonic());
      if (this.#passed.length > this.#limit.count) this.#passed.shift();
      waiting.pass(true);
    }
  }

  /** Milliseconds until the next may go. */
  #delay(): number {
    const now = this.#clock.monotonic();
    const [first = Number.NEGATIVE_INFINITY] = this.#passed;
    const full = this.#passed.length === this.#limit.count ? first + this.#limit.perMs - now : 0;
    return Math.max(0, full, this.#closedUntil - now);
  }
}
