import { setImmediate } from 'node:timers/promises';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';

interface Pending {
  readonly at: number;
  readonly callback: () => void;
}

/** Time in the test's hand: nothing happens until it lets time pass. */
export class FakeClock implements Clock {
  /** What the wall clock shows at the beginning; a test may move it. */
  wall: number;
  #elapsed = 0;
  readonly #timers = new Set<Pending>();

  constructor(wall = 1_700_000_000_000) {
    this.wall = wall;
  }

  now(): number {
    return Math.floor(this.wall + this.#elapsed);
  }

  monotonic(): number {
    return this.#elapsed;
  }

  after(ms: number, callback: () => void): Timer {
    const timer = { at: this.#elapsed + Math.max(0, ms), callback };
    this.#timers.add(timer);
    return { cancel: () => this.#timers.delete(timer) };
  }

  /** Timers that haven't fired. */
  get waiting(): number {
    return this.#timers.size;
  }

  /** Lets time pass: timers fire in the order of their time, those set meanwhile included. */
  advance(ms: number): void {
    const until = this.#elapsed + ms;
    while (this.#fire(until));
    this.#elapsed = until;
  }

  /** The same, and whatever a timer sets off happens before the next one fires. */
  async pass(ms: number): Promise<void> {
    const until = this.#elapsed + ms;
    do await setImmediate();
    while (this.#fire(until));
    this.#elapsed = until;
  }

  #fire(until: number): boolean {
    let first: Pending | undefined;
    for (const timer of this.#timers) if (timer.at <= until && timer.at < (first?.at ?? Infinity)) first = timer;
    if (first === undefined) return false;
    this.#timers.delete(first);
    this.#elapsed = Math.max(this.#elapsed, first.at);
    first.callback();
    return true;
  }
}
