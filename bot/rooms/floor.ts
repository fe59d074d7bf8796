/** Who is speaking, and who holds the floor: whoever of them has been speaking for longest. */
export class Floor {
  /** Open segments and the moment their speaker began, in the order of beginning. */
  readonly #speaking = new Map<string, number>();

  /** Somebody begins a segment; true when that makes a speaker of them. */
  begin(participantId: string): void {
    this.#speaking.set(participantId, (this.#speaking.get(participantId) ?? 0) + 1);
  }

  end(participantId: string): void {
    const open = (this.#speaking.get(participantId) ?? 0) - 1;
    if (open > 0) this.#speaking.set(participantId, open);
    else this.#speaking.delete(participantId);
  }

  /** In the order in which they began. */
  get speaking(): string[] {
    return [...this.#speaking.keys()];
  }

  get holder(): string | null {
    return this.#speaking.keys().next().value ?? null;
  }
}
