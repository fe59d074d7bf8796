import type { Clock } from '../../../spec/runtime/clock.ts';

/** A function to be called whenever something has changed → it is done once, `ms` later, however often that was. */
export function pulse(clock: Clock, ms: number, tell: () => void): () => void {
  let waiting = false;
  return () => {
    if (waiting) return;
    waiting = true;
    clock.after(ms, () => {
      waiting = false;
      tell();
    });
  };
}

const SECONDS = 10;

/** How many happen a second, over the last ten. */
export class Rate {
  readonly #clock: Clock;
  readonly #counts = new Array<number>(SECONDS).fill(0);
  #second = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
  }

  add(): void {
    this.#move();
    const at = this.#second % SECONDS;
    this.#counts[at] = (this.#counts[at] ?? 0) + 1;
  }

  get perSecond(): number {
    this.#move();
    return this.#counts.reduce((sum, count) => sum + count, 0) / SECONDS;
  }

  reset(): void {
    this.#counts.fill(0);
  }

  /** Empties the seconds that have passed. */
  #move(): void {
    const second = Math.floor(this.#clock.monotonic() / 1_000);
    for (let passed = Math.min(SECONDS, second - this.#second); passed > 0; passed--) {
      this.#counts[(second - passed + 1) % SECONDS] = 0;
    }
    this.#second = second;
  }
}
