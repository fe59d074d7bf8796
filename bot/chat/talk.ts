/** Messages count for so many milliseconds, and at most so many of them. */
export const TALK_WINDOW_MS = 300_000;
const MAX_MESSAGES = 10_000;

/** Somebody's part of what was written. */
export interface Part {
  readonly participantId: string;
  readonly messages: number;
  /** 0 to 1. */
  readonly share: number;
}

/** Who has written how much lately. Times are milliseconds of the monotonic clock. */
export class Talk {
  /** In the order in which they were told. */
  #messages: { readonly participantId: string; readonly at: number }[] = [];

  wrote(participantId: string, at: number): void {
    this.#messages.push({ participantId, at });
    if (this.#messages.length > MAX_MESSAGES) this.#messages.shift();
  }

  /** Of the time until `now`; who wrote most comes first, and of two who wrote alike, who wrote first. */
  parts(now: number): Part[] {
    this.#messages = this.#messages.filter(({ at }) => at > now - TALK_WINDOW_MS);
    const counts = new Map<string, number>();
    for (const { participantId } of this.#messages) counts.set(participantId, (counts.get(participantId) ?? 0) + 1);
    return [...counts]
      .map(([participantId, messages]) => ({ participantId, messages, share: messages / this.#messages.length }))
      .sort((a, b) => b.messages - a.messages);
  }
}
