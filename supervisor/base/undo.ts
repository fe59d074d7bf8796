/** Steps that take back what was started; the last one comes first. A failing step doesn't keep the others from running. */
export class UndoStack {
  readonly #steps: { name: string; undo: () => Promise<void> | void }[] = [];
  readonly #onError: (name: string, error: unknown) => void;

  constructor(onError: (name: string, error: unknown) => void) {
    this.#onError = onError;
  }

  /** Registered as soon as there is something to take back. */
  add(name: string, undo: () => Promise<void> | void): void {
    this.#steps.push({ name, undo });
  }

  async run(): Promise<void> {
    for (let step = this.#steps.pop(); step !== undefined; step = this.#steps.pop()) {
      try {
        await step.undo();
      } catch (error) {
        this.#onError(step.name, error);
      }
    }
  }
}
