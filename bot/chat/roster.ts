/** So many may be known at a time; a name is cut off beyond so many characters. */
const MAX_KNOWN = 1_000;
const MAX_NAME = 40;

export interface Known {
  readonly participantId: string;
  readonly name?: string;
  readonly isBot: boolean;
}

/** Who is in the room, as far as it was told. */
export class Roster {
  readonly #known = new Map<string, Known>();

  /** Somebody is there, or has another name. */
  set(known: Known): void {
    if (this.#known.size < MAX_KNOWN || this.#known.has(known.participantId)) {
      this.#known.set(known.participantId, known);
    }
  }

  left(participantId: string): void {
    this.#known.delete(participantId);
  }

  isBot(participantId: string): boolean {
    return this.#known.get(participantId)?.isBot === true;
  }

  nameOf(participantId: string): string {
    return shorten(this.#known.get(participantId)?.name ?? participantId);
  }

  /** The names of those who are no bots, in the order of their coming. */
  get people(): string[] {
    return [...this.#known.values()]
      .filter(({ isBot }) => !isBot)
      .map(({ participantId, name }) => shorten(name ?? participantId));
  }
}

function shorten(name: string): string {
  return [...name].slice(0, MAX_NAME).join('');
}
