/** Keeps the newest `capacity` items; the oldest make room. */
export class Ring<T> implements Iterable<T> {
  readonly capacity: number;
  readonly #items: T[] = [];
  /** Where the oldest item stands once the ring is full. */
  #oldest = 0;

  /** Throws a RangeError when the capacity is not a whole number, 0 or more. */
  constructor(capacity: number) {
    if (!Number.isSafeInteger(capacity) || capacity < 0) {
      throw new RangeError(`expected a capacity of 0 or more, got ${capacity}`);
    }
    this.capacity = capacity;
  }

  get size(): number {
    return this.#items.length;
  }

  push(item: T): void {
    if (this.capacity === 0) return;
    if (this.#items.length < this.capacity) {
      this.#items.push(item);
      return;
    }
    this.#items[this.#oldest] = item;
    this.#oldest = (this.#oldest + 1) % this.capacity;
  }

  /** From the oldest to the newest. */
  *[Symbol.iterator](): Generator<T> {
    for (let i = 0; i < this.#items.length; i++) yield this.#items[(this.#oldest + i) % this.#items.length] as T;
  }
}
