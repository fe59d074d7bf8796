import type { TopicPayloads } from '../../spec/generated/topics.ts';

export type Interruption = TopicPayloads['room.interrupt.executed'];

/** The interrupted one stops within so many milliseconds … */
const YIELDS_WITHIN = 3_000;
/** … and shorter speech of so few words only says "go on". */
const BACKCHANNEL_MS = 1_000;
const BACKCHANNEL_WORDS = 3;

/** B has begun while A held the floor. */
interface Attempt {
  readonly targetId: string;
  readonly start: number;
  /** When A stopped, B going on. */
  yieldedAt?: number;
  endedAt?: number;
  /** Of what B has said since, as far as transcribed. */
  words: number;
  transcribedTo: number;
}

/**
 * Finds interruptions in who speaks when: B starts while A holds the floor, B is no backchannel, and A stops within 3 s
 * of B's start while B goes on. Each is returned as soon as it is certain. Times are milliseconds of room time.
 */
export class Interruptions {
  readonly #attempts = new Map<string, Attempt>();
  #speaking: ReadonlySet<string> = new Set();

  /** The floor from `at` on: who holds it, and everybody who speaks. */
  floor(holder: string | null, speaking: readonly string[], at: number): Interruption[] {
    const now = new Set(speaking);
    for (const [participantId, attempt] of this.#attempts) {
      if (attempt.yieldedAt === undefined) this.#judge(participantId, attempt, now, at);
      if (!now.has(participantId)) attempt.endedAt ??= at;
    }
    const found = this.#settle(at);
    // Whoever has just begun doesn't hold the floor yet.
    if (holder !== null && this.#speaking.has(holder)) {
      for (const participantId of now) {
        if (!this.#speaking.has(participantId))
          this.#attempts.set(participantId, { targetId: holder, start: at, words: 0, transcribedTo: at });
      }
    }
    this.#speaking = now;
    return found;
  }

  /** Somebody's words, from `start` to `end`; they may come before or after the floor has changed. */
  words(participantId: string, text: string, start: number, end: number): Interruption[] {
    const attempt = this.#attempts.get(participantId);
    if (attempt === undefined || end <= attempt.start || start > (attempt.endedAt ?? Infinity)) return [];
    attempt.words += countWords(text);
    attempt.transcribedTo = Math.max(attempt.transcribedTo, end);
    return this.#settle(end);
  }

  /** Has A stopped, and does B go on? */
  #judge(participantId: string, attempt: Attempt, now: ReadonlySet<string>, at: number): void {
    const late = at - attempt.start > YIELDS_WITHIN;
    if (!now.has(attempt.targetId) && !late && now.has(participantId)) attempt.yieldedAt = at;
    else if (late || !now.has(attempt.targetId) || !now.has(participantId)) this.#attempts.delete(participantId);
  }

  #settle(at: number): Interruption[] {
    const found: Interruption[] = [];
    for (const [participantId, attempt] of this.#attempts) {
      const { targetId, start, yieldedAt, endedAt, words, transcribedTo } = attempt;
      if (yieldedAt === undefined) continue;
      if ((endedAt ?? at) - start >= BACKCHANNEL_MS || words > BACKCHANNEL_WORDS) {
        found.push({ participantId, targetId, at: start, overlapMs: yieldedAt - start });
        this.#attempts.delete(participantId);
      } else if (endedAt !== undefined && transcribedTo >= endedAt) {
        this.#attempts.delete(participantId);
      }
    }
    return found;
  }
}

function countWords(text: string): number {
  return text.match(/[\p{L}\p{N}][\p{L}\p{N}'’_-]*/gu)?.length ?? 0;
}
