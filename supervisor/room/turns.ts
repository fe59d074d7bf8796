/** Calls for one id are answered in the order they came: two can't both start a bot, and a stop meets its start. */
export class Turns {
  /** The last call under way for each id. */
  readonly #last = new Map<string, Promise<void>>();
  readonly #opened = Promise.withResolvers<void>();

  /** Calls that came before are answered now. */
  open(): void {
    this.#opened.resolve();
  }

  isTaken(id: string): boolean {
    return this.#last.has(id);
  }

  /** Resolves or rejects as the work does. */
  take<T>(id: string, work: () => Promise<T>): Promise<T> {
    const before = this.#last.get(id) ?? this.#opened.promise;
    const mine = before.then(work);
    const over = mine.then(
      () => {},
      () => {},
    );
    this.#last.set(id, over);
    void over.then(() => {
      if (this.#last.get(id) === over) this.#last.delete(id);
    });
    return mine;
  }

  /** Resolves when all that are under way have been answered. */
  async settled(): Promise<void> {
    await Promise.all(this.#last.values());
  }
}
