import type { Participant } from '../../gateway/api.ts';

/** Names of those who were there are kept for what they said, of so many. */
const MAX_NAMES = 1_000;

/** Who is in a room, and how everybody is called who was. */
export class People {
  readonly #here = new Map<string, Participant>();
  readonly #names = new Map<string, string>();

  list(): Participant[] {
    return [...this.#here.values()];
  }

  names(): Record<string, string> {
    return Object.fromEntries(this.#names);
  }

  /** Who is there, as the supervisor says; whoever isn't in it has left. */
  set(participants: readonly Participant[]): void {
    this.#here.clear();
    for (const one of participants) this.#keep(one);
  }

  join(participantId: string, name: string | undefined, isBot: boolean): void {
    const { presence = 'here' } = this.#here.get(participantId) ?? {};
    this.#keep({ participantId, name: name ?? participantId, isBot, presence });
  }

  rename(participantId: string, name: string | undefined): void {
    const one = this.#here.get(participantId);
    if (one !== undefined && name !== undefined) this.#keep({ ...one, name });
  }

  turn(participantId: string, presence: Participant['presence']): void {
    const one = this.#here.get(participantId);
    if (one !== undefined) this.#keep({ ...one, presence });
  }

  leave(participantId: string): void {
    this.#here.delete(participantId);
  }

  /** Nobody is there any more. */
  empty(): void {
    this.#here.clear();
  }

  clear(): void {
    this.#here.clear();
    this.#names.clear();
  }

  #keep(one: Participant): void {
    this.#here.set(one.participantId, one);
    this.#names.delete(one.participantId);
    this.#names.set(one.participantId, one.name);
    for (const id of this.#names.keys()) {
      if (this.#names.size <= MAX_NAMES) break;
      this.#names.delete(id);
    }
  }
}
