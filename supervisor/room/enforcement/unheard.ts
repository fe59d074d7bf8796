/**
 * What others say in a room reaches the log before it reaches the bot: it may hear of it so much later, busy as it may
 * be. After that it has heard.
 */
const HEARING_MS = 300_000;
/** How exactly times are remembered: it bounds how many there are. */
const GRAIN_MS = 1_000;

/** Words of others of which nobody knows yet whether the bot has heard. Times in milliseconds. */
export class Unheard {
  /** How many were said in which grain of time, oldest first. */
  readonly #said = new Map<number, number>();

  /** Somebody has said something. */
  said(at: number): void {
    const grain = Math.floor(at / GRAIN_MS);
    this.#said.set(grain, (this.#said.get(grain) ?? 0) + 1);
  }

  /** Whether by now the bot has certainly heard something more. */
  heardBy(now: number): boolean {
    let heard = false;
    for (const grain of this.#said.keys()) {
      if ((grain + 1) * GRAIN_MS + HEARING_MS > now) continue;
      this.#said.delete(grain);
      heard = true;
    }
    return heard;
  }

  /** Supposes that the bot has heard one thing more; false: there is nothing left to hear. */
  suppose(): boolean {
    for (const [grain, count] of this.#said) {
      if (count > 1) this.#said.set(grain, count - 1);
      else this.#said.delete(grain);
      return true;
    }
    return false;
  }
}
