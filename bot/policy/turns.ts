import type { ConversationPolicy } from '../../spec/policy.ts';

export type TurnLimits = NonNullable<ConversationPolicy['turns']>;

const MINUTE_MS = 60_000;
/** Messages of a minute that are remembered; beyond, each limit a minute is reached. */
const MAX_RECENT = 10_000;

/** How much the bot has said, whatever its policy was at the time. */
export class Turns {
  #sent = 0;
  #consecutive = 0;
  /** When the messages of the last minute were sent; monotonic milliseconds. */
  #recent: number[] = [];

  /** Somebody else has spoken. */
  heard(): void {
    this.#consecutive = 0;
  }

  /** The limits that one more message would break. */
  broken({ maxPerSession, maxPerMinute, maxConsecutive }: TurnLimits, now: number): (keyof TurnLimits)[] {
    const broken: (keyof TurnLimits)[] = [];
    if (maxPerSession !== undefined && this.#sent >= maxPerSession) broken.push('maxPerSession');
    this.#forget(now);
    const most = Math.min(maxPerMinute ?? Number.POSITIVE_INFINITY, MAX_RECENT);
    if (maxPerMinute !== undefined && this.#recent.length >= most) broken.push('maxPerMinute');
    if (maxConsecutive !== undefined && this.#consecutive >= maxConsecutive) broken.push('maxConsecutive');
    return broken;
  }

  sent(now: number): void {
    this.#sent++;
    this.#consecutive++;
    this.#forget(now);
    if (this.#recent.length < MAX_RECENT) this.#recent.push(now);
  }

  #forget(now: number): void {
    const kept = this.#recent.findIndex((at) => at > now - MINUTE_MS);
    this.#recent.splice(0, kept < 0 ? this.#recent.length : kept);
  }
}
