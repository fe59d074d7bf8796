import { rm } from 'node:fs/promises';
import type { Command } from '../../spec/command.ts';
import type { Parsed } from '../../spec/envelope.ts';
import { canonicalJson } from '../../spec/version.ts';
import { newId } from '../base/ids.ts';
import { within } from '../base/within.ts';
import { Stamper } from '../intake/stamper.ts';
import { admit, type Refusal } from './admission.ts';
import type {
  BotView,
  Brought,
  LocalRooms,
  RoomPolicy,
  RoomRequest,
  RoomView,
  SpawnResult,
  StopReason,
  Told,
} from './api.ts';
import { endRooms } from './drain.ts';
import type { Quarantined } from './enforcement/quarantine.ts';
import { Reload } from './enforcement/reload.ts';
import type { RoomPlan } from './plan.ts';
import { layersOf, type Planned, planRoom, type RoomsConfig } from './planning.ts';
import type { FoundRoom } from './recovery.ts';
import type { Past } from './resumable.ts';
import { Room, type RoomDeps } from './room.ts';
import { stderrFile } from './stderr-log.ts';
import { Turns } from './turns.ts';
import { policyKey, roomKey } from './view.ts';

/** Whoever looks assistants up may be there again by then. */
const ASK_AGAIN_SECONDS = 5;
/** Of a reason in an event. */
const MAX_REASON = 1_024;
/** How long calls under way are waited for at the end. */
const TURNS_MS = 1_000;

/** All rooms: at most one running room an id. Ended ones are read from the log's documents. */
export class Registry implements LocalRooms {
  readonly #deps: RoomDeps;
  readonly #config: RoomsConfig;
  readonly #rooms = new Map<string, Room>();
  readonly #turns = new Turns();
  readonly #hurry = new AbortController();
  readonly #reload: Reload;
  #drainingMs: number | undefined;

  constructor(deps: RoomDeps, config: RoomsConfig) {
    this.#deps = deps;
    this.#config = config;
    this.#reload = new Reload({
      rooms: () => this.#rooms.values(),
      layersOf: (room) => layersOf(room.plan.request, config.policies),
      telemetry: deps.telemetry,
    });
    config.policies.onChange(() => this.#reload.all());
  }

  /** Calls for rooms wait until then: what an earlier supervisor had comes first. */
  open(): void {
    // What was planned for the rooms that come back may have changed since.
    this.#reload.all();
    this.#turns.open();
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

  /**
   * Takes up a room of an earlier supervisor. A bot starts when it is `ready`: nothing of the last one is left (`gone`),
   * and what that one did has been judged.
   */
  resume({ plan, past }: Omit<FoundRoom, 'runId'>, gone: Promise<void>, ready: Promise<void>): void {
    const room = this.#add(plan, { ...past, gone });
    void ready.then(() => room.resume());
  }

  spawn(request: RoomRequest): Promise<SpawnResult> {
    return this.#turns.take(request.roomId, () => this.#open(request));
  }

  async get(roomId: string): Promise<RoomView | undefined> {
    const running = this.#rooms.get(roomId);
    const view = running?.view() ?? ((await this.#deps.log.document(roomKey(roomId))) as RoomView | undefined);
    return view && this.#withQuarantine(view);
  }

  async list(): Promise<RoomView[]> {
    const views = new Map<string, RoomView>();
    for (const view of (await this.#deps.log.documents(roomKey(''))).values()) {
      views.set((view as RoomView).roomId, view as RoomView);
    }
    for (const room of this.#rooms.values()) views.set(room.plan.request.roomId, room.view());
    return [...views.values()].sort((a, b) => (a.roomId < b.roomId ? -1 : 1)).map((view) => this.#withQuarantine(view));
  }

  stop(roomId: string): Promise<RoomView | undefined> {
    return this.#turns.take(roomId, async () => {
      const room = this.#rooms.get(roomId);
      room?.stop('requested');
      return room?.view() ?? this.get(roomId);
    });
  }

  send(roomId: string, command: Command): Promise<'sent' | 'unknown' | 'ended'> {
    return this.#turns.take(roomId, async () => {
      const room = this.#rooms.get(roomId);
      if (room !== undefined) return room.send(command) ? 'sent' : 'ended';
      return (await this.get(roomId)) === undefined ? 'unknown' : 'ended';
    });
  }

  async bring(roomId: string, parsed: Parsed, by: string, following?: readonly Parsed[]): Promise<Brought> {
    const room = this.#rooms.get(roomId);
    if (room !== undefined) return await room.bring(parsed, by, following);
    return { kind: (await this.get(roomId)) === undefined ? 'unknown' : 'ended' };
  }

  tell(roomId: string, runId: string, told: Told, past?: true): void {
    this.#rooms.get(roomId)?.tell(runId, told, past);
  }

  present(roomId: string, participantIds: Iterable<string>): void {
    this.#rooms.get(roomId)?.present(participantIds);
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
    const kept = running ?? ((await this.#deps.log.document(policyKey(roomId))) as RoomPolicy | undefined);
    // An older roomd didn't know of the latter two.
    return kept && { ...kept, acknowledged: kept.acknowledged ?? null, restrictions: kept.restrictions ?? [] };
  }

  release(roomId: string): Promise<boolean> {
    return this.#turns.take(roomId, async () => {
      const { quarantine, log, clock, telemetry } = this.#deps;
      const quarantined = quarantine.of(roomId);
      if (quarantined === undefined) return false;
      const { until } = quarantined;
      telemetry.quarantineLifted(roomId);
      const entry = new Stamper({ roomId, runId: newId() }).own('supervisor.quarantine.lifted', { until }, clock.now());
      await log.append([entry], quarantine.lift(roomId));
      return true;
    });
  }

  /**
   * Takes no new rooms and ends the others; those still there after `deadlineMs` are ended by force. Resolves when all
   * have ended and that is on disk, or shortly after the deadline when the disk takes nothing.
   */
  async drain(reason: StopReason, deadlineMs: number): Promise<void> {
    this.#drainingMs = deadlineMs;
    const { clock } = this.#deps;
    const hurry = this.#hurry.signal;
    // What is let in later is refused: a call that waits for a disk must not hold up the end.
    await within(clock, TURNS_MS, this.#turns.settled(), hurry);
    await endRooms([...this.#rooms.values()], { clock, reason, deadlineMs, hurry });
  }

  /** Whoever drains waits no longer: what is still there is ended by force. */
  hurry(): void {
    this.#hurry.abort();
  }

  /** Drops what is kept of ended rooms of which the log keeps no event any more. */
  async forgetExpired(): Promise<void> {
    const { log, data, quarantine } = this.#deps;
    for (const roomId of quarantine.expired()) await log.append([], quarantine.lift(roomId));
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
    return this.#rooms.has(roomId) || this.#turns.isTaken(roomId);
  }

  async #open(request: RoomRequest): Promise<SpawnResult> {
    const running = this.#rooms.get(request.roomId);
    const quarantined = this.#deps.quarantine.of(request.roomId);
    if (quarantined !== undefined) return this.#quarantined(request.roomId, quarantined);
    if (running === undefined || running.ended) {
      const refusal = this.#refusal(request);
      if (refusal !== undefined) return full(refusal);
      // An ended room keeps its id until its end is on disk, and all it did has been judged: it may be quarantined for it.
      await running?.done;
      const late = this.#deps.quarantine.of(request.roomId);
      if (late !== undefined) return this.#quarantined(request.roomId, late);
    } else {
      if (running.stopping) {
        return { kind: 'conflict', detail: `room ${request.roomId} is stopping; try again when it has ended` };
      }
      if (isSame(running.plan.asked, request)) return { kind: 'existing', room: running.view() };
      const detail = `room ${request.roomId} is running with another request; stop it first or choose another id`;
      return { kind: 'conflict', detail };
    }
    const { changes } = this.#reload;
    const planned = await planRoom(request, this.#config);
    if (!planned.ok) return this.#unplanned(request, planned);
    // Others may have come in, or the end of the daemon, while files were read.
    const late = this.#refusal(request);
    if (late !== undefined) return full(late);
    const room = this.#add(planned.plan);
    // Its layers may have been read before they changed.
    if (changes !== this.#reload.changes) this.#reload.all();
    return { kind: 'created', room: room.view() };
  }

  /** That there is no session for want of an assistant's record is in the log, whoever asked for the room. */
  async #unplanned(
    { roomId, assistantId, tenantId }: RoomRequest,
    { detail, assistant }: Extract<Planned, { ok: false }>,
  ): Promise<SpawnResult> {
    if (assistant === undefined) return { kind: 'invalid', detail };
    const { log, clock, telemetry } = this.#deps;
    const { retryable } = assistant;
    telemetry.roomRefused('assistant', `${roomId}: ${detail}`);
    const stamper = new Stamper({ roomId, runId: newId(), assistantId, tenantId });
    const reason = detail.slice(0, MAX_REASON);
    await log.append([stamper.own('assistant.session.failed', { reason, retryable }, clock.now())]);
    if (!retryable) return { kind: 'invalid', detail };
    return { kind: 'unavailable', detail, retryAfterSeconds: ASK_AGAIN_SECONDS };
  }

  #withQuarantine(view: RoomView): RoomView {
    const quarantined = this.#deps.quarantine.of(view.roomId);
    return { ...view, quarantine: quarantined === undefined ? null : { until: quarantined.until } };
  }

  #quarantined(roomId: string, { until, rule }: Quarantined): SpawnResult {
    const retryAfterSeconds = Math.max(1, Math.ceil((until - this.#deps.clock.now()) / 1_000));
    const detail = `room ${roomId} is in quarantine until ${new Date(until).toISOString()}, because of ${rule}; DELETE /v1/rooms/${roomId}/quarantine lifts it`;
    this.#deps.telemetry.roomRefused('quarantined', `${roomId}: ${rule}`);
    return { kind: 'quarantined', detail, retryAfterSeconds };
  }

  #add(plan: RoomPlan, past?: Past): Room {
    const room = new Room(this.#deps, plan, () => this.#forget(room), past);
    this.#rooms.set(plan.request.roomId, room);
    return room;
  }

  #refusal(request: RoomRequest): Refusal | undefined {
    const refusal = this.#judge(request);
    if (refusal !== undefined) this.#deps.telemetry.roomRefused(refusal.reason, refusal.detail);
    return refusal;
  }

  #judge({ roomId, bot }: RoomRequest): Refusal | undefined {
    if (this.#drainingMs !== undefined) {
      const retryAfterSeconds = Math.max(1, Math.ceil(this.#drainingMs / 1_000));
      return { reason: 'draining', detail: 'the supervisor is stopping', retryAfterSeconds };
    }
    const { machine, log, pools, isLeft } = this.#deps;
    if (isLeft(roomId)) {
      const detail = `the bot that an earlier supervisor had in room ${roomId} is still leaving; try again in a second`;
      return { reason: 'leaving', detail, retryAfterSeconds: 1 };
    }
    const load = {
      // One that has ended has left its place to this one.
      rooms: this.#rooms.size - (this.#rooms.has(roomId) ? 1 : 0),
      freeMemory: machine.freeMemory(),
      // Whoever finds a waiting bot doesn't wait.
      startWaitMs: pools.hasReady(bot) ? 0 : machine.gate.expectedWaitMs,
      logProblem: log.problem,
    };
    return admit(load, { max: this.#config.max, ...this.#config.admission });
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
