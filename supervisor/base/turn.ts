/** Work that is done one after another, in the order in which it was asked for. */
export class Turn {
  #before: Promise<unknown> = Promise.resolve();

  /** Does the work when all that came earlier is over, well or not. Resolves or rejects as the work does. */
  take<T>(work: () => Promise<T>): Promise<T> {
    const mine = this.#before.then(work);
    this.#before = mine.catch(() => undefined);
    return mine;
  }
}
