import type { ConversationPolicy } from '../../spec/policy.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { RoomClock } from '../rooms/room-clock.ts';

export interface AttentionParts {
  /** What the policy of the moment says. */
  readonly policy: () => ConversationPolicy['attention'];
  /** By which the policy is kept. */
  readonly clock: Pick<Clock, 'monotonic' | 'after'>;
  readonly room: Pick<RoomClock, 'now'>;
}

/** After a warning: milliseconds of room time. */
const SILENCE_AFTER_WARNING = 300_000;

/**
 * When the bot may act. Of its own accord: at most once in the policy's cooldown, and not for a while after a warning.
 * An answer to somebody who addresses it: at once where mentions bypass the cooldown; otherwise it is held to the same
 * pause, waits for its end, and of several that wait the newest is given.
 */
export class Attention {
  readonly #parts: AttentionParts;
  #lastActed: number | undefined;
  /** Room time. */
  #silentUntil = 0;
  #waiting: { answer: () => void; timer: Timer } | undefined;
  #stopped = false;

  constructor(parts: AttentionParts) {
    this.#parts = parts;
  }

  warned(): void {
    this.#silentUntil = Math.max(this.#silentUntil, this.#parts.room.now() + SILENCE_AFTER_WARNING);
  }

  /** Whether it may act of its own accord now. If so, it counts as having acted, whatever its policy makes of it. */
  take(): boolean {
    // Who has asked comes first.
    if (this.#stopped || this.#waiting !== undefined) return false;
    if (this.#parts.room.now() < this.#silentUntil || this.#left > 0) return false;
    this.#lastActed = this.#parts.clock.monotonic();
    return true;
  }

  /** Gives an answer as soon as it may be given. */
  answer(answer: () => void): void {
    const { cooldown = 0, mentionsBypassCooldown = false } = this.#parts.policy() ?? {};
    if (this.#stopped) return;
    if (cooldown === 0 || mentionsBypassCooldown) answer();
    else if (this.#waiting !== undefined) this.#waiting.answer = answer;
    else if (this.#left > 0) this.#waiting = { answer, timer: this.#again() };
    else {
      this.#lastActed = this.#parts.clock.monotonic();
      answer();
    }
  }

  /** Nothing more, nor what waits. Idempotent. */
  stop(): void {
    this.#stopped = true;
    this.#waiting?.timer.cancel();
    this.#waiting = undefined;
  }

  /** The policy may have changed meanwhile. */
  #again(): Timer {
    return this.#parts.clock.after(this.#left, () => {
      const { answer } = this.#waiting ?? {};
      this.#waiting = undefined;
      if (answer !== undefined) this.answer(answer);
    });
  }

  /** Milliseconds until the pause is over. */
  get #left(): number {
    if (this.#lastActed === undefined) return 0;
    return this.#lastActed + (this.#parts.policy()?.cooldown ?? 0) - this.#parts.clock.monotonic();
  }
}
