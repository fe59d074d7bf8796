import type { ConversationPolicy } from '../../spec/policy.ts';
import { codePointLength } from '../../spec/runtime/code-points.ts';

type Limits = NonNullable<ConversationPolicy['turns']>;

const MINUTE_MS = 60_000;

/** How much the bot has said, against the limits of its policy. */
export class Turns {
  readonly #limits: Limits;
  #sent = 0;
  #consecutive = 0;
  /** When the messages of the last minute were sent; monotonic milliseconds. */
  #recent: number[] = [];

  constructor(limits: Limits) {
    this.#limits = limits;
  }

  /** Somebody else has spoken. */
  heard(): void {
    this.#consecutive = 0;
  }

  /** The limits that one more message would break. */
  broken(text: string, now: number): (keyof Limits)[] {
    const { maxChars, maxPerSession, maxPerMinute, maxConsecutive } = this.#limits;
    this.#recent = this.#recent.filter((at) => at > now - MINUTE_MS);
    const broken: (keyof Limits)[] = [];
    if (maxChars !== undefined && codePointLength(text) > maxChars) broken.push('maxChars');
    if (maxPerSession !== undefined && this.#sent >= maxPerSession) broken.push('maxPerSession');
    if (maxPerMinute !== undefined && this.#recent.length >= maxPerMinute) broken.push('maxPerMinute');
    if (maxConsecutive !== undefined && this.#consecutive >= maxConsecutive) broken.push('maxConsecutive');
    return broken;
  }

  sent(now: number): void {
    this.#sent++;
    this.#consecutive++;
    if (this.#limits.maxPerMinute !== undefined) this.#recent.push(now);
  }
}
