import { z } from 'zod';
import type { Happening } from './happening.ts';

/** Ids of meetings that have ended, of one room. */
const MAX_ENDED = 16;

const begun = z.object({ at: z.number(), meetingId: z.string().optional() });

/** What outlives the process. Times as Daily gives them, in seconds since 1970. */
export const meetingState = z.object({
  began: begun.optional(),
  /** Of the one that was told of last. */
  meetingId: z.string().optional(),
  endedAt: z.number().optional(),
  ended: z.array(z.string()).max(MAX_ENDED),
});

type MeetingState = z.output<typeof meetingState>;

/**
 * Whether there is a meeting in a room, from what is told of it in any order: what counts is when it happened. An end is
 * for what began before it, or for the meeting that it names.
 */
export class Meeting {
  #began: { readonly at: number; readonly meetingId?: string | undefined } | undefined;
  #meetingId: string | undefined;
  #joinedAt = Number.NEGATIVE_INFINITY;
  #doubted: Happening | undefined;
  #endedAt: number;
  readonly #ended: string[];

  constructor(state: MeetingState = { ended: [] }) {
    this.#began = state.began;
    this.#meetingId = state.meetingId;
    this.#endedAt = state.endedAt ?? Number.NEGATIVE_INFINITY;
    this.#ended = [...state.ended];
  }

  get isOn(): boolean {
    if (this.#began === undefined) return false;
    const { at, meetingId } = this.#began;
    // Whole seconds: a meeting may begin in the one in which the last one ended, and says by its id that it is another.
    if (meetingId === undefined) return at > this.#endedAt;
    return at >= this.#endedAt && !this.#ended.includes(meetingId);
  }

  /** Of the newest that has one. */
  get meetingId(): string | undefined {
    return this.#meetingId;
  }

  get state(): MeetingState {
    const endedAt = Number.isFinite(this.#endedAt) ? this.#endedAt : undefined;
    return { began: this.#began, meetingId: this.#meetingId, endedAt, ended: this.#ended };
  }

  /** Whether it is a start that nobody has joined yet: a bot may have made it by its own joining. */
  isDoubtful({ kind, at }: Happening): boolean {
    return kind === 'began' && this.#joinedAt < at;
  }

  /** Such a start counts when somebody joins. */
  doubt(start: Happening): void {
    this.#doubted = start;
  }

  take(happening: Happening): void {
    const { kind, at, meetingId } = happening;
    if (kind === 'ended') {
      this.#endedAt = Math.max(this.#endedAt, at);
      if (meetingId === undefined || this.#ended.includes(meetingId)) return;
      this.#ended.push(meetingId);
      if (this.#ended.length > MAX_ENDED) this.#ended.shift();
      return;
    }
    if (kind === 'joined') this.#joinedAt = Math.max(this.#joinedAt, at);
    if (this.#isNewer(happening)) {
      this.#began = { at, meetingId };
      this.#meetingId = meetingId ?? this.#meetingId;
    }
    const doubted = this.#doubted;
    if (doubted === undefined || this.isDoubtful(doubted)) return;
    this.#doubted = undefined;
    this.take(doubted);
  }

  /** At the same time, the one that says more. */
  #isNewer({ at, meetingId }: Happening): boolean {
    if (this.#began === undefined || at > this.#began.at) return true;
    if (at < this.#began.at || meetingId === undefined) return false;
    return this.#began.meetingId === undefined || this.#ended.includes(this.#began.meetingId);
  }
}
