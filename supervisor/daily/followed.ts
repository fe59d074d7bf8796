import { z } from 'zod';
import { Meeting, meetingState } from './meeting.ts';

/** What is kept of a room for the next start. */
export const followedState = z.object({
  meeting: meetingState,
  /** When the room that a meeting has started began: one of the same id that began at another time is somebody else's. */
  startedAt: z.number().optional(),
  /** For this meeting it has been started. */
  isStarted: z.boolean(),
});

export type FollowedState = z.output<typeof followedState>;

/** A room of which something was told. */
export class Followed {
  readonly meeting: Meeting;
  startedAt: number | undefined;
  isStarted: boolean;
  /** There is something to look at. */
  isDue = false;
  /** Somebody has joined, or a meeting has begun, and that is to be followed yet. */
  isAsked = false;
  /** It runs, and is looked at from time to time: what happens is looked at now. */
  isWatched = false;
  /** A start that may be the own doing of the bot that is there. */
  doubted: Parameters<Meeting['take']>[0] | undefined;
  /** The last sign of the meeting, on the monotonic clock. */
  signAt = 0;
  /** Since when it waits for a room that is leaving. */
  leavingSince: number | undefined;
  failures = 0;
  wake: AbortController = new AbortController();
  job: Promise<void> | undefined;

  constructor(kept?: FollowedState) {
    this.meeting = new Meeting(kept?.meeting);
    this.startedAt = kept?.startedAt;
    this.isStarted = kept?.isStarted ?? false;
  }

  get state(): FollowedState {
    const { meeting, startedAt, isStarted } = this;
    return { meeting: meeting.state, startedAt, isStarted };
  }

  /** A meeting begins or ends: whatever was waited for, it is another matter now. */
  turn(): void {
    this.isStarted = false;
    this.failures = 0;
    this.leavingSince = undefined;
    this.wake.abort();
  }
}
