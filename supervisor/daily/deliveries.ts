import { WINDOW_MS } from './signature.ts';

/** Longer than anything that was signed is let in: from too far ahead to too old. */
const KEPT_MS = 2 * WINDOW_MS + 60_000;
const MAX_KEPT = 100_000;

/** Which deliveries have come already. Bounded by age, and in number. */
export class Deliveries {
  /** Their ids, the oldest first, and when they came, in milliseconds on a clock that never goes back. */
  readonly #seen = new Map<string, number>();

  /** Whether it is the first of its id. */
  isNew(id: string, now: number): boolean {
    for (const [old, at] of this.#seen) {
      if (now - at < KEPT_MS && this.#seen.size < MAX_KEPT) break;
      this.#seen.delete(old);
    }
    if (this.#seen.has(id)) return false;
    this.#seen.set(id, now);
    return true;
  }
}
