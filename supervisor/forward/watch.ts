import { type Clock, sleep } from '../../spec/runtime/clock.ts';

/** However much it is hurried. */
const SHORTEST_MS = 1_000;

/** Looks after something again and again: each look says how many milliseconds the next one may wait. */
export class Watch {
  readonly #clock: Clock;
  readonly #look: (signal: AbortSignal) => Promise<number>;
  readonly #stopping = new AbortController();
  #running: Promise<void> = Promise.resolve();
  #wake: AbortController | undefined;
  #hurried = false;

  constructor(clock: Clock, look: (signal: AbortSignal) => Promise<number>) {
    this.#clock = clock;
    this.#look = look;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Don't wait so long, there is something to find out. */
  hurry(): void {
    this.#hurried = true;
    this.#wake?.abort();
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake?.abort();
    await this.#running;
  }

  async #run(): Promise<void> {
    const { signal } = this.#stopping;
    while (!signal.aborted) {
      this.#hurried = false;
      const delay = await this.#look(signal);
      await sleep(this.#clock, Math.min(delay, SHORTEST_MS), signal);
      if (this.#hurried || signal.aborted) continue;
      this.#wake = new AbortController();
      await sleep(this.#clock, delay - Math.min(delay, SHORTEST_MS), this.#wake.signal);
      this.#wake = undefined;
    }
  }
}
