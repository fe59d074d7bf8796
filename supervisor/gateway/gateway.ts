import { CHAT_TOPICS } from '../../spec/chat.ts';
import { type Envelope, isOf } from '../../spec/envelope.ts';
import { sleep } from '../../spec/runtime/clock.ts';
import type { Log, LogRecord } from '../log/port.ts';
import type { RoomState, RoomView } from '../room/api.ts';
import { refuse } from './acts.ts';
import type { Gateway, NotDone, Participant, Place } from './api.ts';
import { LocalRoom, type LocalRoomDeps } from './local-room.ts';
import { Seats } from './seats.ts';

const PAGE = 500;
const RETRY_MS = 1_000;
/** What a local room is made of. */
const TOPICS: ReadonlySet<string> = new Set([
  ...CHAT_TOPICS,
  'assistant.room.join.succeeded',
  'assistant.session.started',
  'assistant.session.ended',
  'assistant.session.failed',
  'supervisor.bot.started',
  'supervisor.bot.exited',
  'supervisor.room.state.changed',
]);
const FINAL: ReadonlySet<RoomState> = new Set<RoomState>(['stopped', 'failed', 'quarantined']);

export interface GatewayDeps extends Omit<LocalRoomDeps, 'seats' | 'problem' | 'seen'> {
  readonly log: Log;
  /** What seats are signed with: `openLocalKey` gives it. */
  readonly secret: Buffer;
}

/** All local rooms. One reader of the log, in its order, tells each what happens in it. */
export class LocalGateway implements Gateway {
  readonly #deps: GatewayDeps;
  readonly #parts: LocalRoomDeps;
  readonly #rooms = new Map<string, LocalRoom>();
  /** Rooms that somebody waits for. */
  readonly #opening = new Map<string, PromiseWithResolvers<LocalRoom | undefined>>();
  readonly #stopping = new AbortController();
  readonly #passing = new Set<{ readonly isDue: () => boolean; readonly resolve: () => void }>();
  #at: number;
  #reading: Promise<void> = Promise.resolve();

  constructor(deps: GatewayDeps) {
    this.#deps = deps;
    this.#parts = {
      ...deps,
      seats: new Seats(deps.secret),
      problem: () => deps.log.problem,
      seen: (offset) => this.#until(() => this.#at >= offset),
    };
    this.#at = deps.log.last;
    deps.telemetry.localPeople(() => [...this.#rooms.values()].reduce((sum, { size }) => sum + size, 0));
  }

  /** To be called when the rooms of an earlier supervisor are there again, and before any other begins. */
  start(): void {
    this.#reading = this.#read();
  }

  /** Idempotent, and legal before `start`. */
  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#wake();
    for (const { resolve } of this.#opening.values()) resolve(undefined);
    for (const room of this.#rooms.values()) room.end();
    await this.#reading;
  }

  async enter(roomId: string, who: { name: string; seat?: string | undefined }): Promise<Place | NotDone> {
    const view = await this.#deps.rooms.get(roomId);
    if (view === undefined) return refuse('no-room', `there is no room "${roomId}"`);
    if (view.connector !== 'local') return refuse('not-local', `room "${roomId}" is not one that people can enter`);
    if (isOver(view)) return refuse('ended', `room "${roomId}" has ended`);
    const { problem } = this.#deps.log;
    if (problem !== undefined) return refuse('busy', `nothing that happens could be kept: ${problem}`);
    const room = await this.#upToDate(roomId);
    return room === undefined ? refuse('ended', `room "${roomId}" has ended`) : await room.enter(who);
  }

  async participants(roomId: string): Promise<readonly Participant[] | undefined> {
    return (await this.#upToDate(roomId))?.participants;
  }

  async #read(): Promise<void> {
    const { log, clock, telemetry } = this.#deps;
    const { signal } = this.#stopping;
    let takenUp = false;
    while (!signal.aborted) {
      try {
        if (!takenUp) await this.#takeUp(signal);
        takenUp = true;
        if (this.#at >= log.last) await log.changed(this.#at, signal);
        if (!signal.aborted) await this.#page();
      } catch (error) {
        telemetry.internalError('local rooms', error);
        await sleep(clock, RETRY_MS, signal);
      }
    }
  }

  /** The rooms that an earlier supervisor had, as they stood in the log when this one began to read. */
  async #takeUp(signal: AbortSignal): Promise<void> {
    const { rooms, log } = this.#deps;
    const known = new Map<string, LocalRoom>();
    for (const view of await rooms.list()) {
      const { roomId } = view;
      if (view.connector !== 'local' || isOver(view)) continue;
      const room = new LocalRoom(view, this.#parts, true);
      for (let after = 0; after < this.#at && !signal.aborted; ) {
        const page = await log.read({ after, limit: PAGE, roomId, topic: isOfRooms });
        for (const record of page.records) if (record.offset <= this.#at) room.see(envelopeOf(record));
        if (page.next === after) break;
        after = page.next;
      }
      known.set(roomId, room);
    }
    // Together: from here on people have their time to come back, and until here nobody could.
    for (const [roomId, room] of known) {
      room.takenUp();
      this.#add(roomId, room);
    }
    this.#wake();
  }

  async #page(): Promise<void> {
    const page = await this.#deps.log.read({ after: this.#at, limit: PAGE, topic: isOfRooms });
    for (const record of page.records) {
      await this.#see(record);
      this.#at = record.offset;
    }
    this.#at = Math.max(this.#at, page.next);
    this.#wake();
  }

  /** One that can't be dealt with holds up no other. */
  async #see(record: LogRecord): Promise<void> {
    const { roomId, topic } = record;
    const isMove = topic === 'supervisor.room.state.changed';
    if (!isMove && !this.#rooms.has(roomId)) return;
    try {
      const envelope = envelopeOf(record);
      const { from, to } = isOf(envelope, 'supervisor.room.state.changed') ? envelope.payload : {};
      if (from === 'none') await this.#open(roomId);
      this.#rooms.get(roomId)?.see(envelope);
      if (to !== undefined && FINAL.has(to as RoomState)) this.#close(roomId);
    } catch (error) {
      this.#deps.telemetry.internalError('local rooms', error);
    }
  }

  async #open(roomId: string): Promise<void> {
    const view = await this.#deps.rooms.get(roomId);
    if (view?.connector === 'local') this.#add(roomId, new LocalRoom(view, this.#parts, false));
  }

  #add(roomId: string, room: LocalRoom): void {
    this.#rooms.set(roomId, room);
    this.#opening.get(roomId)?.resolve(room);
    this.#opening.delete(roomId);
  }

  #close(roomId: string): void {
    this.#rooms.get(roomId)?.end();
    this.#rooms.delete(roomId);
    // It may have ended before anybody saw it begin.
    this.#opening.get(roomId)?.resolve(undefined);
    this.#opening.delete(roomId);
  }

  /** The room, when it has seen what its log has by now; undefined: it has ended, or the supervisor stops. */
  async #upToDate(roomId: string): Promise<LocalRoom | undefined> {
    const { last } = this.#deps.log;
    await this.#until(() => this.#at >= last);
    const known = this.#rooms.get(roomId);
    if (known !== undefined) return known;
    const view = await this.#deps.rooms.get(roomId);
    if (view?.connector !== 'local' || isOver(view)) return undefined;
    return this.#rooms.get(roomId) ?? (await this.#opened(roomId));
  }

  /** A room that runs, and isn't known yet: its beginning is on its way, or that is read still. Undefined at the end. */
  #opened(roomId: string): Promise<LocalRoom | undefined> {
    if (this.#stopping.signal.aborted) return Promise.resolve(undefined);
    const opening = this.#opening.get(roomId) ?? Promise.withResolvers();
    this.#opening.set(roomId, opening);
    return opening.promise;
  }

  /** Resolves when that is so, or at the end. */
  #until(isDue: () => boolean): Promise<void> {
    if (isDue() || this.#stopping.signal.aborted) return Promise.resolve();
    return new Promise((resolve) => this.#passing.add({ isDue, resolve }));
  }

  #wake(): void {
    for (const waiter of this.#passing) {
      if (!waiter.isDue() && !this.#stopping.signal.aborted) continue;
      this.#passing.delete(waiter);
      waiter.resolve();
    }
  }
}

function isOfRooms(topic: string): boolean {
  return TOPICS.has(topic);
}

function envelopeOf({ json }: LogRecord): Envelope {
  return JSON.parse(json) as Envelope;
}

function isOver({ stop, state }: RoomView): boolean {
  return stop !== null || state === 'stopping' || FINAL.has(state);
}
