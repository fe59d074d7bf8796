/**
 * What others say in a room reaches the log before it reaches the bot: it may hear of it so much later, busy as it may
 * be. After that it has heard.
 */
const HEARING_MS = 300_000;
/** How exactly times are remembered: it bounds how many there are. */
const GRAIN_MS = 1_000;
/** Twice as many as may be unheard: what a bot sends comes late, too. */
const MAX_GRAINS = (2 * HEARING_MS) / GRAIN_MS;

/** Words of others of which nobody knows yet whether the bot has heard. Times in milliseconds. */
export class Unheard {
  /** How many were said in which grain of time, oldest first. */
  readonly #said = new Map<number, number>();
  /** Something was said so long ago that it isn't remembered. */
  #longAgo = false;

  /** Somebody has said something. */
  said(at: number): void {
    const grain = Math.floor(at / GRAIN_MS);
    this.#said.set(grain, (this.#said.get(grain) ?? 0) + 1);
    if (this.#said.size <= MAX_GRAINS) return;
    const [oldest = grain] = this.#said.keys();
    this.#said.delete(oldest);
    this.#longAgo = true;
  }

  /** Whether by now the bot has certainly heard something more. */
  heardBy(now: number): boolean {
    let heard = this.#longAgo;
    this.#longAgo = false;
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
