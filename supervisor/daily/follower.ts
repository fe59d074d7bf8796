import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { RoomRequest, Rooms, RoomView } from '../room/api.ts';
import type { Happening } from './happening.ts';
import { Meeting } from './meeting.ts';
import type { Owned } from './owned.ts';

/** A room that is on its way out is waited for so long. */
const LEAVING_MS = 60_000;
/** And one that can't be started is tried so long after the last sign of its meeting. */
const TRYING_MS = 3_600_000;
const BACKOFF = { base: 250, max: 30_000 };
/** Of rooms of which something was told; beyond it those go of which nothing was told for longest. */
const MAX_ROOMS = 10_000;
const OVER: ReadonlySet<string> = new Set(['stopped', 'failed', 'quarantined']);
/** Whoever ended a room for one of these meant it: no more joining brings it back while the meeting lasts. */
const MEANT: ReadonlySet<string> = new Set(['requested', 'policy', 'refused']);

export interface FollowerDeps {
  readonly rooms: Pick<Rooms, 'spawn' | 'get' | 'stop'>;
  /** The name of a Daily room → what its meetings start; undefined: nothing. */
  readonly requestOf: (room: string) => RoomRequest | undefined;
  readonly owned: Owned;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly telemetry: Pick<Telemetry, 'meetingFollowed' | 'internalError'>;
}

interface Followed {
  readonly meeting: Meeting;
  readonly request: RoomRequest;
  /** For this meeting it has been started. */
  isStarted: boolean;
  /** There is something to look at. */
  isDue: boolean;
  /** The last sign of the meeting, on the monotonic clock. */
  signAt: number;
  /** Since when it waits for a room that is leaving. */
  leavingSince: number | undefined;
  failures: number;
  wake: AbortController;
  job: Promise<void> | undefined;
}

/** Keeps rooms as their meetings are: one that begins starts its room, one that ends stops the room that it had started. */
export class Follower {
  readonly #deps: FollowerDeps;
  readonly #rooms = new Map<string, Followed>();
  #isStopping = false;

  constructor(deps: FollowerDeps) {
    this.#deps = deps;
  }

  /** Returns at once; what follows happens behind. */
  take(happening: Happening): void {
    if (this.#isStopping) return;
    const followed = this.#find(happening.room);
    if (followed === undefined) return;
    const { meeting } = followed;
    const was = meeting.isOn;
    meeting.take(happening);
    if (meeting.isOn) followed.signAt = this.#deps.clock.monotonic();
    if (meeting.isOn !== was) {
      followed.isStarted = false;
      followed.failures = 0;
      followed.leavingSince = undefined;
      followed.wake.abort();
    } else if (happening.kind === 'ended' && meeting.isOn) return;
    followed.isDue = true;
    followed.job ??= this.#follow(happening.room, followed);
  }

  /** Follows no more; resolves when nothing is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { wake } of this.#rooms.values()) wake.abort();
    await Promise.all([...this.#rooms.values()].map(({ job }) => job));
  }

  #find(room: string): Followed | undefined {
    const known = this.#rooms.get(room);
    const request = known?.request ?? this.#deps.requestOf(room);
    if (request === undefined) {
      this.#deps.telemetry.meetingFollowed(room, 'no_rule');
      return undefined;
    }
    if (known === undefined && this.#rooms.size >= MAX_ROOMS && !this.#forgetOne()) {
      this.#deps.telemetry.meetingFollowed(room, 'too_many', `expected at most ${MAX_ROOMS} rooms that wait`);
      return undefined;
    }
    const followed = known ?? newFollowed(request);
    this.#rooms.delete(room);
    this.#rooms.set(room, followed);
    return followed;
  }

  /** False when there is something under way in all of them. */
  #forgetOne(): boolean {
    for (const [room, { job }] of this.#rooms) if (job === undefined) return this.#rooms.delete(room);
    return false;
  }

  /** One room, one thing at a time, until it is as its meeting is. Never rejects. */
  async #follow(room: string, followed: Followed): Promise<void> {
    while (followed.isDue && !this.#isStopping) {
      followed.isDue = false;
      const pauseMs = await this.#look(room, followed);
      if (pauseMs === undefined) continue;
      // Something that has happened meanwhile is looked at now.
      if (!followed.wake.signal.aborted) await sleep(this.#deps.clock, pauseMs, followed.wake.signal);
      followed.isDue = true;
    }
    // In the same breath as the look at what is due: nothing can be told in between and be forgotten.
    followed.job = undefined;
  }

  /** Milliseconds until it is to be looked at again; undefined: it is as it should be, or there is nothing to be done. */
  async #look(room: string, followed: Followed): Promise<number | undefined> {
    followed.wake = new AbortController();
    try {
      return await (followed.meeting.isOn ? this.#start(room, followed) : this.#end(room));
    } catch (error) {
      this.#deps.telemetry.internalError('meeting at Daily', error);
      return this.#again(room, followed);
    }
  }

  async #start(room: string, followed: Followed): Promise<number | undefined> {
    const { rooms, telemetry, owned } = this.#deps;
    if (followed.isStarted) {
      const view = await rooms.get(room);
      if (view?.state === 'stopping') return this.#leaving(room, followed);
      if (view !== undefined && !this.#wantsAnother(view)) return undefined;
    }
    const result = await rooms.spawn(followed.request);
    switch (result.kind) {
      case 'created':
      case 'existing':
        owned.add(room, result.room.startedAt);
        return this.#settled(room, followed, result.kind === 'created' ? 'started' : 'running');
      case 'conflict': {
        const view = await rooms.get(room);
        if (view === undefined || view.state === 'stopping' || OVER.has(view.state))
          return this.#leaving(room, followed);
        return this.#settled(room, followed, owned.has(room, view.startedAt) ? 'running' : 'others');
      }
      case 'full':
      case 'unavailable':
        telemetry.meetingFollowed(room, result.kind, result.detail);
        return this.#again(room, followed, result.retryAfterSeconds);
      case 'quarantined':
      case 'invalid':
        return this.#settled(room, followed, result.kind, result.detail);
    }
  }

  /** Nothing more is to be done for this meeting, unless somebody joins. */
  #settled(room: string, followed: Followed, outcome: string, detail?: string): undefined {
    followed.isStarted = true;
    followed.failures = 0;
    followed.leavingSince = undefined;
    this.#deps.telemetry.meetingFollowed(room, outcome, detail);
  }

  /** Somebody has joined a meeting whose room was started once: it may have ended by itself. */
  #wantsAnother({ roomId, state, startedAt, stop }: RoomView): boolean {
    const isMeant = stop !== null && MEANT.has(stop.reason) && this.#deps.owned.has(roomId, startedAt);
    return OVER.has(state) && !isMeant;
  }

  #leaving(room: string, followed: Followed): number | undefined {
    const { clock, telemetry } = this.#deps;
    followed.leavingSince ??= clock.monotonic();
    if (clock.monotonic() - followed.leavingSince <= LEAVING_MS) return this.#again(room, followed);
    followed.leavingSince = undefined;
    telemetry.meetingFollowed(room, 'gave_up', `expected the room to stop within ${LEAVING_MS} ms, and it hasn't`);
    return undefined;
  }

  /** Milliseconds; undefined: it has been tried for long enough. */
  #again(room: string, followed: Followed, retryAfterSeconds = 0): number | undefined {
    const { clock, random, telemetry } = this.#deps;
    if (clock.monotonic() - followed.signAt > TRYING_MS) {
      telemetry.meetingFollowed(room, 'gave_up', `the room could not be started within ${TRYING_MS} ms`);
      return undefined;
    }
    const ceiling = Math.min(BACKOFF.max, BACKOFF.base * 2 ** Math.min(followed.failures++, 10));
    return Math.max(retryAfterSeconds * 1_000, ceiling) * (0.75 + random() / 2);
  }

  async #end(room: string): Promise<undefined> {
    const { rooms, owned, telemetry } = this.#deps;
    const view = await rooms.get(room);
    if (view !== undefined && owned.has(room, view.startedAt) && !OVER.has(view.state)) {
      await rooms.stop(room);
      telemetry.meetingFollowed(room, 'stopped');
    }
    owned.delete(room);
  }
}

function newFollowed(request: RoomRequest): Followed {
  return {
    meeting: new Meeting(),
    request,
    isStarted: false,
    isDue: false,
    signAt: 0,
    leavingSince: undefined,
    failures: 0,
    wake: new AbortController(),
    job: undefined,
  };
}
