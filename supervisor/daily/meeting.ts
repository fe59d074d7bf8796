import type { Happening } from './happening.ts';

/** Ids of meetings that have ended, of one room. */
const MAX_ENDED = 16;

/**
 * Whether there is a meeting in a room, from what is told of it in any order: what counts is when it happened. An end is
 * for what began before it, or for the meeting that it names.
 */
export class Meeting {
  #began: Happening | undefined;
  #endedAt = Number.NEGATIVE_INFINITY;
  readonly #ended: string[] = [];

  get isOn(): boolean {
    if (this.#began === undefined) return false;
    const { at, meetingId } = this.#began;
    // Whole seconds: a meeting may begin in the one in which the last one ended, and says by its id that it is another.
    if (meetingId === undefined) return at > this.#endedAt;
    return at >= this.#endedAt && !this.#ended.includes(meetingId);
  }

  take(happening: Happening): void {
    const { kind, at, meetingId } = happening;
    if (kind === 'ended') {
      this.#endedAt = Math.max(this.#endedAt, at);
      if (meetingId === undefined || this.#ended.includes(meetingId)) return;
      this.#ended.push(meetingId);
      if (this.#ended.length > MAX_ENDED) this.#ended.shift();
    } else if (this.#isNewer(happening)) this.#began = happening;
  }

  /** At the same time, the one that says more. */
  #isNewer({ at, meetingId }: Happening): boolean {
    if (this.#began === undefined || at > this.#began.at) return true;
    if (at < this.#began.at || meetingId === undefined) return false;
    return this.#began.meetingId === undefined || this.#ended.includes(this.#began.meetingId);
  }
}
