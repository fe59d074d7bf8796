import { rm } from 'node:fs/promises';
import { setImmediate } from 'node:timers/promises';
import type { Command } from '../../spec/command.ts';
import { sleep } from '../../spec/runtime/clock.ts';
import { canonicalJson } from '../../spec/version.ts';
import { admit, type Refusal } from './admission.ts';
import type { BotView, RoomPolicy, RoomRequest, Rooms, RoomView, SpawnResult, StopReason } from './api.ts';
import type { RoomPlan } from './plan.ts';
import { planRoom, type RoomsConfig } from './planning.ts';
import type { FoundRoom } from './recovery.ts';
import type { Past } from './resumable.ts';
import { Room, type RoomDeps } from './room.ts';
import { stderrFile } from './stderr-log.ts';
import { policyKey, roomKey } from './view.ts';

const STOPPED_AT_ONCE = 10;
/** How long force may take, and telling of it. */
const FORCE_MS = 2_000;

/** All rooms: at most one running room an id. Ended ones are read from the log's documents. */
export class Registry implements Rooms {
  readonly #deps: RoomDeps;
  readonly #config: RoomsConfig;
  readonly #rooms = new Map<string, Room>();
  /** The last call under way for each id. */
  readonly #turns = new Map<string, Promise<void>>();
  readonly #opened = Promise.withResolvers<void>();
  readonly #hurry = new AbortController();
  #drainingMs: number | undefined;

  constructor(deps: RoomDeps, config: RoomsConfig) {
    this.#deps = deps;
    this.#config = config;
  }

  /** Calls for rooms wait until then: what an earlier supervisor had comes first. */
  open(): void {
    this.#opened.resolve();
  }

  /** The running room of that id. */
  find(roomId: string): Room | undefined {
    return this.#rooms.get(roomId);
  }

  get draining(): boolean {
    return this.#drainingMs !== undefined;
  }

  /** How many more there may be. */
  get places(): number {
    return Math.max(0, this.#config.max - this.#rooms.size);
  }

  /** Takes up a room of an earlier supervisor; a bot starts when the last one has `gone` and the room was `judged`. */
  resume({ plan, past }: FoundRoom, gone: Promise<void>, judged: (room: Room) => Promise<void>): void {
    const room = this.#add(plan, past);
    void gone.then(() => judged(room)).then(() => room.resume());
  }

  spawn(request: RoomRequest): Promise<SpawnResult> {
    return this.#inTurn(request.roomId, () => this.#open(request));
  }

  async get(roomId: string): Promise<RoomView | undefined> {
    const running = this.#rooms.get(roomId);
    return running?.view() ?? ((await this.#deps.log.document(roomKey(roomId))) as RoomView | undefined);
  }

  async list(): Promise<RoomView[]> {
    const views = new Map<string, RoomView>();
    for (const view of (await this.#deps.log.documents(roomKey(''))).values()) {
      views.set((view as RoomView).roomId, view as RoomView);
    }
    for (const room of this.#rooms.values()) views.set(room.plan.request.roomId, room.view());
    return [...views.values()].sort((a, b) => (a.roomId < b.roomId ? -1 : 1));
  }

  stop(roomId: string): Promise<RoomView | undefined> {
    return this.#inTurn(roomId, async () => {
      const room = this.#rooms.get(roomId);
      room?.stop('requested');
      return room?.view() ?? this.get(roomId);
    });
  }

  send(roomId: string, command: Command): Promise<'sent' | 'unknown' | 'ended'> {
    return this.#inTurn(roomId, async () => {
      const room = this.#rooms.get(roomId);
      if (room !== undefined) return room.send(command) ? 'sent' : 'ended';
      return (await this.get(roomId)) === undefined ? 'unknown' : 'ended';
    });
  }

  /** Of each room of which it is known. */
  *pssBytes(): Iterable<readonly [roomId: string, pssBytes: number]> {
    for (const [roomId, room] of this.#rooms) {
      const { usage } = room.view();
      if (usage !== null) yield [roomId, usage.pssBytes];
    }
  }

  bots(): BotView[] {
    return this.#deps.pools.view();
  }

  async policy(roomId: string): Promise<RoomPolicy | undefined> {
    const running = this.#rooms.get(roomId)?.policy;
    return running ?? ((await this.#deps.log.document(policyKey(roomId))) as RoomPolicy | undefined);
  }

  /**
   * Takes no new rooms and ends the others; those still there after `deadlineMs` are ended by force. Resolves when all
   * have ended and that is on disk, or shortly after the deadline when the disk takes nothing.
   */
  async drain(reason: StopReason, deadlineMs: number): Promise<void> {
    const { clock } = this.#deps;
    this.#drainingMs = deadlineMs;
    await Promise.allSettled(this.#turns.values());
    const rooms = [...this.#rooms.values()];
    for (const [i, room] of rooms.entries()) {
      // Hundreds at a stroke would stop everything else for a while, their own last words included.
      if (i % STOPPED_AT_ONCE === STOPPED_AT_ONCE - 1) await setImmediate();
      room.stop(reason);
    }
    const ended = Promise.all(rooms.map((room) => room.done));
    const over = new AbortController();
    void ended.then(() => over.abort());
    await sleep(clock, deadlineMs, AbortSignal.any([over.signal, this.#hurry.signal]));
    for (const room of this.#rooms.values()) room.kill(reason);
    await sleep(clock, FORCE_MS, over.signal);
  }

  /** Whoever drains waits no longer: what is still there is ended by force. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Drops what is kept of ended rooms of which the log keeps no event any more. */
  async forgetExpired(): Promise<void> {
    const { log, data } = this.#deps;
    for (const key of (await log.documents(roomKey(''))).keys()) {
      const roomId = key.slice(roomKey('').length);
      if (this.#isTaken(roomId) || (await log.newest(roomId)) !== undefined) continue;
      // A room of that id may have begun meanwhile.
      if (this.#isTaken(roomId)) continue;
      await log.append([], { [roomKey(roomId)]: null, [policyKey(roomId)]: null });
      await rm(stderrFile(data, roomId), { force: true });
    }
  }

  #isTaken(roomId: string): boolean {
    return this.#rooms.has(roomId) || this.#turns.has(roomId);
  }

  /** Calls for one id are answered in the order they came: two can't both start a bot, and a stop meets its start. */
  #inTurn<T>(roomId: string, work: () => Promise<T>): Promise<T> {
    const before = this.#turns.get(roomId) ?? this.#opened.promise;
    const mine = before.then(work);
    const over = mine.then(
      () => {},
      () => {},
    );
    this.#turns.set(roomId, over);
    void over.then(() => {
      if (this.#turns.get(roomId) === over) this.#turns.delete(roomId);
    });
    return mine;
  }

  async #open(request: RoomRequest): Promise<SpawnResult> {
    const running = this.#rooms.get(request.roomId);
    // An ended room keeps its id until its end is on disk.
    if (running?.ended) await running.done;
    else if (running !== undefined) {
      if (running.stopping) {
        return { kind: 'conflict', detail: `room ${request.roomId} is stopping; try again when it has ended` };
      }
      if (isSame(running.plan.asked, request)) return { kind: 'existing', room: running.view() };
      const detail = `room ${request.roomId} is running with another request; stop it first or choose another id`;
      return { kind: 'conflict', detail };
    }
    const refusal = this.#refusal();
    if (refusal !== undefined) return full(refusal);
    const planned = await planRoom(request, this.#config);
    if (!planned.ok) return { kind: 'invalid', detail: planned.detail };
    // Others may have come in, or the end of the daemon, while files were read.
    const late = this.#refusal();
    if (late !== undefined) return full(late);
    return { kind: 'created', room: this.#add(planned.plan).view() };
  }

  #add(plan: RoomPlan, past?: Past): Room {
    const room = new Room(this.#deps, plan, () => this.#forget(room), past);
    this.#rooms.set(plan.request.roomId, room);
    return room;
  }

  #refusal(): Refusal | undefined {
    if (this.#drainingMs !== undefined) {
      return {
        reason: 'draining',
        detail: 'the supervisor is stopping',
        retryAfterSeconds: Math.ceil(this.#drainingMs / 1_000),
      };
    }
    const { machine, log, telemetry } = this.#deps;
    const load = {
      rooms: this.#rooms.size,
      freeMemory: machine.freeMemory(),
      startWaitMs: machine.gate.expectedWaitMs,
      logProblem: log.problem,
    };
    const refusal = admit(load, { max: this.#config.max, ...this.#config.admission });
    if (refusal !== undefined) telemetry.roomRefused(refusal.reason, refusal.detail);
    return refusal;
  }

  #forget(room: Room): void {
    this.#rooms.delete(room.plan.request.roomId);
    this.#deps.telemetry.roomForgotten(room.view().state);
  }
}

/** Whether two calls ask for the same, whatever the order of their keys. */
function isSame(one: RoomRequest, other: RoomRequest): boolean {
  const [a, b] = [one, other].map((request) => canonicalJson(JSON.parse(JSON.stringify(request))));
  return a === b;
}

function full({ detail, retryAfterSeconds }: Refusal): SpawnResult {
  return { kind: 'full', detail, retryAfterSeconds };
}
