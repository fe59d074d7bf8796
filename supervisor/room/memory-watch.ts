const HIGH = 0.8;
const LOW = 0.7;

export interface MemoryListener {
  onHigh(pssBytes: number): void;
  onExceeded(pssBytes: number): void;
}

/** Holds proportional set sizes against a limit, and says once what is to be said. */
export class MemoryWatch {
  readonly #limitBytes: number;
  readonly #listener: MemoryListener;
  #high = false;
  #exceeded = false;

  constructor(limitBytes: number, listener: MemoryListener) {
    this.#limitBytes = limitBytes;
    this.#listener = listener;
  }

  /** Whether the limit may be near, by a resident set size, which is never less than the proportional one. */
  isNear(rssBytes: number): boolean {
    if (rssBytes < this.#limitBytes * LOW) this.#high = false;
    return rssBytes >= this.#limitBytes * HIGH;
  }

  see(pssBytes: number): void {
    if (this.#exceeded) return;
    if (pssBytes > this.#limitBytes) {
      this.#exceeded = true;
      this.#listener.onExceeded(pssBytes);
    } else if (pssBytes >= this.#limitBytes * HIGH) {
      if (!this.#high) this.#listener.onHigh(pssBytes);
      this.#high = true;
    } else if (pssBytes < this.#limitBytes * LOW) this.#high = false;
  }
}
