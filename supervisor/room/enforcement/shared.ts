/** What is still in use, by key, so that whoever wants the same shares it. Nothing is kept that nobody uses. */
export class Shared<T extends object> {
  readonly #known = new Map<string, WeakRef<T>>();
  readonly #gone = new FinalizationRegistry<string>((key) => {
    if (this.#known.get(key)?.deref() === undefined) this.#known.delete(key);
  });

  get(key: string, make: () => T): T {
    const known = this.#known.get(key)?.deref();
    if (known !== undefined) return known;
    const made = make();
    this.#known.set(key, new WeakRef(made));
    this.#gone.register(made, key);
    return made;
  }

  /** How many there are, or were a moment ago. */
  get size(): number {
    return this.#known.size;
  }
}
