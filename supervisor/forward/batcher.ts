import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export interface Batchable {
  /** As PutEvents counts. */
  readonly bytes: number;
  /** Leaves at once, and takes along what waits. */
  readonly high: boolean;
}

export interface BatchLimits {
  readonly entries: number;
  readonly waitMs: number;
  readonly bytes: number;
}

/** Gathers items, in order, into batches within the limits; hands each to `flush` as soon as it is due. */
export class Batcher<T extends Batchable> {
  readonly #limits: BatchLimits;
  readonly #clock: Clock;
  readonly #flush: (batch: T[]) => void;
  #batch: T[] = [];
  #bytes = 0;
  #timer: Timer | undefined;

  constructor(limits: BatchLimits, clock: Clock, flush: (batch: T[]) => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#flush = flush;
  }

  /** An item above the limit of bytes goes alone. */
  add(item: T): void {
    if (this.#bytes + item.bytes > this.#limits.bytes) this.flush();
    this.#batch.push(item);
    this.#bytes += item.bytes;
    if (item.high || this.#batch.length >= this.#limits.entries) this.flush();
    else this.#timer ??= this.#clock.after(this.#limits.waitMs, () => this.flush());
  }

  /** Hands over what waits, if anything does. */
  flush(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
    if (this.#batch.length === 0) return;
    const batch = this.#batch;
    this.#batch = [];
    this.#bytes = 0;
    this.#flush(batch);
  }
}
