interface Waiter {
  readonly after: number;
  readonly wake: () => void;
}

/** Readers that have seen everything and wait for the log to grow. */
export class Waiters {
  readonly #waiters = new Set<Waiter>();
  #last: number;
  #released = false;

  constructor(last: number) {
    this.#last = last;
  }

  /** Resolves as soon as the log reaches beyond `after`, when the signal aborts, or when the log ends. */
  changed(after: number, signal: AbortSignal): Promise<void> {
    if (this.#released || signal.aborted || this.#last > after) return Promise.resolve();
    return new Promise((resolve) => {
      const wake = () => {
        signal.removeEventListener('abort', wake);
        this.#waiters.delete(waiter);
        resolve();
      };
      const waiter = { after, wake };
      this.#waiters.add(waiter);
      signal.addEventListener('abort', wake, { once: true });
    });
  }

  grown(last: number): void {
    this.#last = last;
    for (const waiter of this.#waiters) if (last > waiter.after) waiter.wake();
  }

  /** The log ends: nobody waits for what cannot come. */
  release(): void {
    this.#released = true;
    for (const waiter of this.#waiters) waiter.wake();
  }
}
