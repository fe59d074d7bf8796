import type { Timer } from '../../spec/runtime/clock.ts';
import { TokenBucket } from '../../spec/token-bucket.ts';
import { Turn } from '../base/turn.ts';

/** A person may do so much in so many milliseconds … */
const ACTS = { limit: 20, per: 10_000 };
/** So long after a person has left it is still known how much they have done. */
export const REMEMBERED_MS = ACTS.per;
/** … and is told of as writing so often. */
const TYPING_MS = 3_000;
/** Acts of one person that wait for the log. */
const MAX_WAITING = 20;

/** Somebody who is in a room, or was a moment ago: their connections, and what they do, one after another. */
export class Visitor {
  /** One a connection; several tabs share one visitor. */
  readonly places = new Set<object>();
  /** Until they are taken to have left. */
  grace: Timer | undefined;
  readonly #acts: TokenBucket;
  readonly #turn = new Turn();
  #waiting = 0;
  #typedAt = Number.NEGATIVE_INFINITY;

  /** `now`: milliseconds of a clock that never goes back, as everywhere here. */
  constructor(now: number) {
    this.#acts = new TokenBucket(ACTS.limit, ACTS.per, now);
  }

  /** Whether another act is one too many for the moment. */
  isTooQuick(now: number): boolean {
    return this.#waiting >= MAX_WAITING || !this.#acts.take(now);
  }

  /** Whether that they are writing is known well enough. */
  isTypingKnown(now: number): boolean {
    if (now - this.#typedAt < TYPING_MS) return true;
    this.#typedAt = now;
    return false;
  }

  /** Each act finds what the one before it has made of the room. */
  async inTurn<T>(work: () => Promise<T>): Promise<T> {
    this.#waiting++;
    try {
      return await this.#turn.take(work);
    } finally {
      this.#waiting--;
    }
  }
}
