import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import type { RoomRequest, Rooms, RoomView } from '../room/api.ts';
import { Followed } from './followed.ts';
import type { Happening } from './happening.ts';
import type { Kept } from './kept.ts';

/** A room is tried again so long after the last sign of its meeting; one that is live is a sign. */
const TRYING_MS = 3_600_000;
/** A room that is on its way out is waited for so long. */
const LEAVING_MS = 60_000;
const BACKOFF = { base: 250, max: 30_000 };
/** Of rooms of which something was told; beyond it those go of which nothing was told for longest. */
const MAX_ROOMS = 10_000;
const OVER: ReadonlySet<string> = new Set(['stopped', 'failed', 'quarantined']);
/** Whoever ended a room for one of these meant it: no more joining brings it back while the meeting lasts. */
const MEANT: ReadonlySet<string> = new Set(['requested', 'policy', 'refused', 'ejected']);
/** The exit code of a bot that could not get in, and may later, see spec/bot-protocol.md. */
const TRY_AGAIN = 75;

/** `isFirm`: nothing but a meeting that begins or ends cuts it short. */
interface Pause {
  readonly ms: number;
  readonly isFirm: boolean;
}

/** How a room that runs is looked at: it may fail before its meeting ends. */
const WATCH: Pause = { ms: 30_000, isFirm: false };

export interface FollowerDeps {
  readonly rooms: Pick<Rooms, 'spawn' | 'get' | 'stop'>;
  /** The name of a Daily room → what its meetings start; undefined: nothing. */
  readonly requestOf: (room: string) => RoomRequest | undefined;
  readonly kept: Kept;
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly telemetry: Pick<Telemetry, 'meetingFollowed' | 'internalError'>;
}

/** Keeps rooms as their meetings are: one that begins starts its room, one that ends stops the room that it had started. */
export class Follower {
  readonly #deps: FollowerDeps;
  readonly #rooms: Map<string, Followed>;
  #isStopping = false;

  /** `rooms`: what was kept. */
  constructor(deps: FollowerDeps, rooms: ReadonlyMap<string, Followed>) {
    this.#deps = deps;
    this.#rooms = new Map(rooms);
  }

  /** Returns at once; what follows happens behind. */
  take(happening: Happening): void {
    if (this.#isStopping) return;
    const { room } = happening;
    const followed = this.#find(room);
    if (followed === undefined) return;
    if (followed.startedAt !== undefined && followed.meeting.isDoubtful(happening)) {
      followed.meeting.doubt(happening);
      followed.doubted = happening;
    } else if (!this.#apply(followed, happening)) return;
    followed.isDue = true;
    if (followed.isWatched) followed.wake.abort();
    followed.job ??= this.#follow(room, followed);
  }

  /** Goes on where an earlier supervisor has left off: meetings that are on may have lost their rooms, or lose them yet. */
  begin(): void {
    for (const [room, followed] of this.#rooms) {
      if (followed.startedAt === undefined || !followed.meeting.isOn) continue;
      followed.signAt = this.#deps.clock.monotonic();
      followed.isDue = true;
      followed.job ??= this.#follow(room, followed);
    }
  }

  /** Follows no more; resolves when nothing is under way. Idempotent. */
  async stop(): Promise<void> {
    this.#isStopping = true;
    for (const { wake } of this.#rooms.values()) wake.abort();
    await Promise.all([...this.#rooms.values()].map(({ job }) => job));
  }

  /** Whether there is something to look at. */
  #apply(followed: Followed, happening: Happening): boolean {
    const { meeting } = followed;
    const { isOn, meetingId } = meeting;
    meeting.take(happening);
    if (meeting.isOn) followed.signAt = this.#deps.clock.monotonic();
    if (happening.kind !== 'ended') followed.isAsked = true;
    // The end of the one before may never be told.
    const isAnother = meeting.isOn && meetingId !== undefined && meeting.meetingId !== meetingId;
    if (meeting.isOn !== isOn || isAnother) followed.turn();
    this.#deps.kept.set(happening.room, followed.state);
    return meeting.isOn !== isOn || isAnother || happening.kind !== 'ended' || !meeting.isOn;
  }

  #find(room: string): Followed | undefined {
    const { requestOf, telemetry } = this.#deps;
    const known = this.#rooms.get(room);
    // A rule may have gone while its room runs on: that ends with its meeting all the same.
    if (known === undefined && requestOf(room) === undefined) {
      telemetry.meetingFollowed(room, 'no_rule');
      return undefined;
    }
    if (known === undefined && this.#rooms.size >= MAX_ROOMS && !this.#forgetOne()) {
      telemetry.meetingFollowed(room, 'too_many', `expected at most ${MAX_ROOMS} rooms that wait`);
      return undefined;
    }
    const followed = known ?? new Followed();
    this.#rooms.delete(room);
    this.#rooms.set(room, followed);
    return followed;
  }

  /** False when there is something under way in all of them. */
  #forgetOne(): boolean {
    for (const [room, { job }] of this.#rooms) {
      if (job !== undefined) continue;
      this.#deps.kept.set(room, undefined);
      return this.#rooms.delete(room);
    }
    return false;
  }

  /** One room, one thing at a time, until it is as its meeting is. Never rejects. */
  async #follow(room: string, followed: Followed): Promise<void> {
    while (followed.isDue && !this.#isStopping) {
      followed.isDue = false;
      const pause = await this.#look(room, followed);
      if (pause === undefined || (!pause.isFirm && followed.isDue)) continue;
      followed.isWatched = !pause.isFirm;
      // Something that has happened meanwhile is looked at now.
      if (!followed.wake.signal.aborted) await sleep(this.#deps.clock, pause.ms, followed.wake.signal);
      followed.isWatched = false;
      followed.isDue = true;
    }
    // In the same breath as the look at what is due: nothing can be told in between and be forgotten.
    followed.job = undefined;
  }

  /** How long until it is to be looked at again; undefined: it is as it should be, or there is nothing to be done. */
  async #look(room: string, followed: Followed): Promise<Pause | undefined> {
    followed.wake = new AbortController();
    try {
      const view = await this.#deps.rooms.get(room);
      const { doubted } = followed;
      followed.doubted = undefined;
      // Where no bot of ours is, or is about to come, none has begun it.
      const mayBegin = isOurs(followed, view) && view?.state !== 'stopping';
      if (doubted !== undefined && !mayBegin) this.#apply(followed, doubted);
      return await (followed.meeting.isOn ? this.#start(room, followed, view) : this.#end(room, followed, view));
    } catch (error) {
      this.#deps.telemetry.internalError('meeting at Daily', error);
      return this.#again(room, followed);
    }
  }

  async #start(room: string, followed: Followed, view: RoomView | undefined): Promise<Pause | undefined> {
    const { rooms, telemetry, requestOf } = this.#deps;
    if (followed.isStarted) {
      const { isAsked } = followed;
      if (view?.state === 'stopping' && isAsked) return this.#leaving(room, followed);
      if (view !== undefined && !OVER.has(view.state)) return this.#runs(followed, view);
      if (view !== undefined && view.startedAt === followed.startedAt) {
        if (hasFailedForNow(view)) return this.#failed(room, followed);
        if (view.stop !== null && MEANT.has(view.stop.reason)) return undefined;
      }
      if (!isAsked) return undefined;
    }
    const request = requestOf(room);
    if (request === undefined) return this.#settled(room, followed, 'no_rule');
    const result = await rooms.spawn(request);
    switch (result.kind) {
      case 'created':
        followed.startedAt = result.room.startedAt;
        return this.#settled(room, followed, 'started');
      case 'existing':
        return this.#settled(room, followed, isOurs(followed, result.room) ? 'running' : 'others');
      case 'conflict': {
        const there = await rooms.get(room);
        if (there === undefined || there.state === 'stopping' || OVER.has(there.state))
          return this.#leaving(room, followed);
        return this.#settled(room, followed, isOurs(followed, there) ? 'running' : 'others');
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

  /** Nothing more is to be done for this meeting, unless somebody joins or the room fails. */
  #settled(room: string, followed: Followed, outcome: string, detail?: string): Pause | undefined {
    followed.isStarted = true;
    followed.isAsked = false;
    followed.leavingSince = undefined;
    this.#deps.kept.set(room, followed.state);
    this.#deps.telemetry.meetingFollowed(room, outcome, detail);
    return outcome === 'started' || outcome === 'running' ? WATCH : undefined;
  }

  #runs(followed: Followed, view: RoomView): Pause | undefined {
    followed.isAsked = false;
    if (!isOurs(followed, view)) return undefined;
    if (view.state === 'live') {
      followed.failures = 0;
      followed.signAt = this.#deps.clock.monotonic();
    }
    return WATCH;
  }

  /** Daily, or the way to it, was away for longer than a room waits: it is another room's turn. */
  #failed(room: string, followed: Followed): Pause | undefined {
    followed.isStarted = false;
    return this.#again(room, followed);
  }

  #leaving(room: string, followed: Followed): Pause | undefined {
    const { clock, telemetry } = this.#deps;
    followed.leavingSince ??= clock.monotonic();
    if (clock.monotonic() - followed.leavingSince <= LEAVING_MS) return this.#again(room, followed);
    followed.leavingSince = undefined;
    telemetry.meetingFollowed(room, 'gave_up', `expected the room to stop within ${LEAVING_MS} ms, and it hasn't`);
    return undefined;
  }

  /** Undefined: it has been tried for long enough. */
  #again(room: string, followed: Followed, retryAfterSeconds = 0): Pause | undefined {
    const { clock, random, telemetry } = this.#deps;
    if (clock.monotonic() - followed.signAt > TRYING_MS) {
      telemetry.meetingFollowed(room, 'gave_up', `the room could not be started within ${TRYING_MS} ms`);
      return undefined;
    }
    const ceiling = Math.min(BACKOFF.max, BACKOFF.base * 2 ** Math.min(followed.failures++, 10));
    return { ms: Math.max(retryAfterSeconds * 1_000, ceiling) * (0.75 + random() / 2), isFirm: true };
  }

  async #end(room: string, followed: Followed, view: RoomView | undefined): Promise<undefined> {
    if (!isOurs(followed, view) || view?.state === 'stopping') return;
    await this.#deps.rooms.stop(room);
    this.#deps.telemetry.meetingFollowed(room, 'stopped');
  }
}

/** Whether it is there, and a meeting has started it. */
function isOurs(followed: Followed, view: RoomView | undefined): boolean {
  return view !== undefined && view.startedAt === followed.startedAt && !OVER.has(view.state);
}

/** Its bot never said that it has no chance, and was tried as often as may be. */
function hasFailedForNow({ state, stop }: RoomView): boolean {
  return state === 'failed' && stop?.code === TRY_AGAIN && ['join_failed', 'crash_loop'].includes(stop.reason);
}
