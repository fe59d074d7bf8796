import type { Person } from '../protocol.ts';

/** One new name of somebody is on its way at a time: of those that come meanwhile, the newest follows. */
export class Renames {
  readonly #tell: (person: Person, onTaken: () => void) => void;
  /** By session: what follows, if anything. */
  readonly #onWay = new Map<string, Person | undefined>();

  constructor(tell: (person: Person, onTaken: () => void) => void) {
    this.#tell = tell;
  }

  renamed(person: Person): void {
    const { sessionId } = person;
    if (this.#onWay.has(sessionId)) {
      this.#onWay.set(sessionId, person);
      return;
    }
    this.#onWay.set(sessionId, undefined);
    this.#tell(person, () => {
      const newest = this.#onWay.get(sessionId);
      this.#onWay.delete(sessionId);
      if (newest !== undefined) this.renamed(newest);
    });
  }

  /** Nothing follows any more. */
  left(sessionId: string): void {
    if (this.#onWay.has(sessionId)) this.#onWay.set(sessionId, undefined);
  }
}
