import { TokenBucket } from '../../../spec/token-bucket.ts';

export interface FloodsParts {
  /** Milliseconds. */
  readonly monotonic: () => number;
  /** One line for people. */
  readonly say: (line: string) => void;
}

const PER_SECOND = 10;
const SAY_EVERY_MS = 10_000;

/** What participants send is taken at a pace; what isn't is counted, and told of in one line now and then. */
export class Floods {
  readonly #parts: FloodsParts;
  readonly #buckets = new Map<string, TokenBucket>();
  #dropped = 0;
  #saidAt: number | undefined;

  constructor(parts: FloodsParts) {
    this.#parts = parts;
  }

  /** Whether another one of them is taken. All who aren't in the call have one pace together: they are `''`. */
  admits(participantId: string): boolean {
    const now = this.#parts.monotonic();
    const bucket = this.#buckets.get(participantId) ?? new TokenBucket(PER_SECOND, 1_000, now);
    this.#buckets.set(participantId, bucket);
    const taken = bucket.take(now);
    if (!taken) this.dropped(`expected at most ${PER_SECOND} a second of one participant`);
    return taken;
  }

  forget(participantId: string): void {
    this.#buckets.delete(participantId);
  }

  /** One has been left out, whyever. */
  dropped(why: string): void {
    const now = this.#parts.monotonic();
    this.#dropped++;
    if (this.#saidAt !== undefined && now - this.#saidAt < SAY_EVERY_MS) return;
    this.#saidAt = now;
    this.#parts.say(`${this.#dropped} messages of participants left out so far: ${why}`);
  }
}
