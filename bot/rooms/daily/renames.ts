import type { Timer } from '../../../spec/runtime/clock.ts';
import type { RoomClock } from '../room-clock.ts';
import type { Person } from './protocol.ts';

const LATER_MS = 1_000;

interface Held {
  person: Person;
  readonly timer: Timer;
}

/** Of those who change their names too often: what they are called at last is told a second later. */
export class Renames {
  readonly #room: RoomClock;
  readonly #tell: (person: Person) => void;
  readonly #held = new Map<string, Held>();

  constructor(room: RoomClock, tell: (person: Person) => void) {
    this.#room = room;
    this.#tell = tell;
  }

  hold(person: Person): void {
    const { sessionId } = person;
    const timer = this.#room.at(this.#room.now() + LATER_MS, () => {
      const last = this.#held.get(sessionId)?.person ?? person;
      this.#held.delete(sessionId);
      this.#tell(last);
    });
    this.#held.set(sessionId, { person, timer });
  }

  /** Whether something of this one is held: then it is this from now on. */
  replace(person: Person): boolean {
    const held = this.#held.get(person.sessionId);
    if (held !== undefined) held.person = person;
    return held !== undefined;
  }

  forget(sessionId: string): void {
    this.#held.get(sessionId)?.timer.cancel();
    this.#held.delete(sessionId);
  }

  forgetAll(): void {
    for (const sessionId of this.#held.keys()) this.forget(sessionId);
  }
}
