import { GATEWAY } from '../../spec/chat.ts';
import { type Envelope, isOf, type Parsed } from '../../spec/envelope.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { eventOf } from '../base/event.ts';
import { newId } from '../base/ids.ts';
import type { Moderation } from '../base/moderation.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { Turn } from '../base/turn.ts';
import type { LocalRooms, RoomView } from '../room/api.ts';
import { type Circumstances, perform, refuse, settleName } from './acts.ts';
import type { Act, Done, NotDone, Participant, Place } from './api.ts';
import { BotSeat } from './bot-seat.ts';
import type { Seat, Seats } from './seats.ts';
import { Seen } from './seen.ts';
import { REMEMBERED_MS, Visitor } from './visitor.ts';

/** Whoever loses the connection has so long to come back. */
const GRACE_MS = 20_000;
/** When that somebody has left couldn't be written down. */
const RETRY_MS = 1_000;
const MAX_PEOPLE = 100;

export interface LocalRoomDeps {
  readonly rooms: LocalRooms;
  readonly clock: Clock;
  readonly telemetry: Telemetry;
  readonly moderation: Moderation;
  readonly seats: Seats;
  /** Why the log commits nothing at the moment. */
  readonly problem: () => string | undefined;
  /** Resolves when every room has seen what is in the log up to that offset. */
  readonly seen: (offset: number) => Promise<void>;
}

/**
 * One room that people are in. What people do goes into its log, and comes back from there: what it has seen changes by
 * events alone, in their order. Who comes and goes is dealt with in turn, and so is what each person does.
 */
export class LocalRoom {
  readonly #deps: LocalRoomDeps;
  readonly #roomId: string;
  readonly #startedAt: number;
  readonly #seen = new Seen();
  readonly #bot: BotSeat;
  readonly #visitors = new Map<string, Visitor>();
  readonly #doors = new Turn();
  readonly #over = Promise.withResolvers<void>();
  /** Whether the bot is there, as was heard last; what waits at the door is one thing at most, whatever was heard. */
  #botIsThere = false;
  #botWaits = false;
  #botRetry: Timer | undefined;
  #ended = false;
  /** It is told what an earlier supervisor has seen: nothing follows from that. */
  #past: boolean;

  /** `past`: its events up to now are told first, then `takenUp` is called. */
  constructor({ roomId, startedAt, assistantId }: RoomView, deps: LocalRoomDeps, past: boolean) {
    this.#deps = deps;
    this.#roomId = roomId;
    this.#startedAt = startedAt;
    this.#past = past;
    this.#bot = new BotSeat(
      { assistantId },
      {
        seen: this.#seen,
        tell: (runId, told, isPast) => deps.rooms.tell(roomId, runId, told, isPast),
        onPresence: (present) => this.#botIs(present),
      },
    );
  }

  /** In the order of their coming. */
  get participants(): readonly Participant[] {
    return [...this.#seen.people.values()];
  }

  /** How many people. */
  get size(): number {
    return this.participants.filter(({ isBot }) => !isBot).length;
  }

  /** An event of this room, in the order of the log. */
  see(envelope: Envelope): void {
    this.#seen.see(envelope);
    if (!this.#past) this.#bot.see(envelope);
  }

  /** All that an earlier supervisor has seen is known: whoever is there has to come back, and the bot has gone. */
  takenUp(): void {
    this.#past = false;
    const people = this.participants.filter(({ isBot }) => !isBot).map(({ participantId }) => participantId);
    this.#deps.rooms.present(this.#roomId, people);
    for (const participantId of people) this.#awaitReturn(participantId, GRACE_MS);
    this.#botIs(false);
  }

  /** The room has ended, or the supervisor stops. Idempotent. */
  end(): void {
    this.#ended = true;
    for (const { grace } of this.#visitors.values()) grace?.cancel();
    this.#botRetry?.cancel();
    this.#over.resolve();
  }

  enter(who: { readonly name: string; readonly seat?: string | undefined }): Promise<Place | NotDone> {
    return this.#counted(
      'enter',
      this.#doors.take(() => this.#enter(who)),
    );
  }

  async #enter({ name: wanted, seat }: { name: string; seat?: string | undefined }): Promise<Place | NotDone> {
    if (this.#ended) return refuse('ended', `room ${this.#roomId} has ended`);
    const kept = seat === undefined ? undefined : this.#seatOf(seat);
    if (kept !== undefined && this.#seen.people.has(kept.participantId)) return this.#place(kept.participantId);
    if (this.size >= MAX_PEOPLE)
      return refuse('full', `expected at most ${MAX_PEOPLE} people in a room; try again later`);
    const participantId = kept?.participantId ?? `p-${newId().slice(-12)}`;
    const room = this.#circumstances();
    const settled = settleName(wanted, participantId, room);
    if ('done' in settled) return this.#carryOut(settled.events, settled.done as NotDone);
    const { name, audit } = settled;
    const joined = eventOf('room.participant.joined', { participantId, name, isBot: false }, room.now);
    const refused = await this.#carryOut([joined, ...audit], undefined);
    return refused ?? this.#place(participantId);
  }

  /** Of a room that had this one's id before it is none. */
  #seatOf(text: string): Seat | undefined {
    const seat = this.#deps.seats.read(text);
    return seat?.roomId === this.#roomId && seat.since >= this.#startedAt ? seat : undefined;
  }

  #place(participantId: string): Place {
    const { clock, seats } = this.#deps;
    const visitor = this.#visitor(participantId);
    visitor.grace?.cancel();
    const connection = {};
    visitor.places.add(connection);
    const { name = '' } = this.#seen.people.get(participantId) ?? {};
    // Once for each connection; whoever is still there by another one stays.
    const isLast = () => visitor.places.delete(connection) && visitor.places.size === 0;
    return {
      kind: 'place',
      participantId,
      seat: seats.write({ roomId: this.#roomId, participantId, name, since: clock.now() }),
      participants: this.participants,
      over: this.#over.promise,
      act: (act) => this.#counted(act.type, this.#act(participantId, visitor, act)),
      leave: async () => {
        if (isLast()) await this.#doors.take(() => this.#leave(participantId));
      },
      lost: () => {
        if (isLast()) this.#awaitReturn(participantId, GRACE_MS);
      },
    };
  }

  #act(participantId: string, visitor: Visitor, act: Act): Promise<Done> {
    const now = this.#deps.clock.monotonic();
    if (act.type === 'typing' && visitor.isTypingKnown(now)) return Promise.resolve({ kind: 'done' });
    if (visitor.isTooQuick(now)) {
      return Promise.resolve(refuse('too-many', 'expected at most 20 acts in 10 seconds; try again in a moment'));
    }
    const work = async () => {
      const person = this.#seen.people.get(participantId);
      if (person === undefined) return refuse('ended', 'you have left this room');
      const { events, done } = perform(act, person, this.#circumstances());
      return (await this.#carryOut(events, undefined)) ?? done;
    };
    // Names are given out one at a time.
    return visitor.inTurn(act.type === 'rename' ? () => this.#doors.take(work) : work);
  }

  async #counted<T extends Done | Place>(what: string, outcome: Promise<T>): Promise<T> {
    const result = await outcome;
    this.#deps.telemetry.localAct(what, result.kind === 'refused' ? result.reason : result.kind);
    return result;
  }

  #awaitReturn(participantId: string, ms: number): void {
    if (this.#ended) return;
    const visitor = this.#visitor(participantId);
    visitor.grace?.cancel();
    visitor.grace = this.#deps.clock.after(ms, () => void this.#doors.take(() => this.#leave(participantId)));
  }

  async #leave(participantId: string): Promise<void> {
    const person = this.#seen.people.get(participantId);
    // The seat may have been taken again meanwhile.
    if (person === undefined || this.#visitor(participantId).places.size > 0) return;
    const { name } = person;
    const left = eventOf('room.participant.left', { participantId, name, isBot: false }, this.#deps.clock.now());
    const refused = await this.#carryOut([left], undefined);
    if (refused !== undefined) this.#awaitReturn(participantId, RETRY_MS);
    else this.#forget(participantId);
  }

  /** Whoever has left and comes back at once has done what they have done. */
  #forget(participantId: string): void {
    if (this.#ended) return;
    const visitor = this.#visitor(participantId);
    visitor.grace?.cancel();
    visitor.grace = this.#deps.clock.after(REMEMBERED_MS, () => {
      if (visitor.places.size === 0) this.#visitors.delete(participantId);
    });
  }

  #botIs(present: boolean): void {
    this.#botIsThere = present;
    if (this.#botWaits || this.#ended) return;
    this.#botWaits = true;
    void this.#doors.take(() => this.#tellBot());
  }

  async #tellBot(): Promise<void> {
    this.#botWaits = false;
    this.#botRetry?.cancel();
    const { participantId, names } = this.#bot;
    const isThere = this.#botIsThere;
    if (this.#seen.people.has(participantId) === isThere) return;
    const payload = { participantId, name: names[0]?.name ?? participantId, isBot: true };
    const topic = isThere ? 'room.participant.joined' : 'room.participant.left';
    const refused = await this.#carryOut([eventOf(topic, payload, this.#deps.clock.now())], undefined);
    if (refused === undefined || this.#ended) return;
    this.#botRetry = this.#deps.clock.after(RETRY_MS, () => this.#botIs(this.#botIsThere));
  }

  /** Resolves when the events are in the log and the room has seen them: with `done`, or with why they aren't there. */
  async #carryOut<T>([first, ...following]: readonly Parsed[], done: T): Promise<T | NotDone> {
    if (this.#ended) return refuse('ended', `room ${this.#roomId} has ended`);
    if (first === undefined) return done;
    const { rooms, problem, seen, telemetry } = this.#deps;
    const reason = problem();
    if (reason !== undefined) return refuse('busy', `nothing that happens could be kept: ${reason}; try again later`);
    // It rejects when the log closes first: then the supervisor is at its end.
    const brought = await rooms
      .bring(this.#roomId, first, GATEWAY, following)
      .catch(() => ({ kind: 'ended' as const }));
    if (brought.kind === 'busy') return refuse('busy', 'the log lags behind this room; try again in a moment');
    if (brought.kind !== 'brought') return refuse('ended', `room ${this.#roomId} has ended`);
    await seen(brought.offset);
    for (const { envelope } of [first, ...following]) {
      if (!isOf(envelope, 'room.message.moderated')) continue;
      telemetry.moderated(this.#roomId, 'person', envelope.payload.action);
    }
    return done;
  }

  #visitor(participantId: string): Visitor {
    const known = this.#visitors.get(participantId);
    if (known !== undefined) return known;
    const visitor = new Visitor(this.#deps.clock.monotonic());
    this.#visitors.set(participantId, visitor);
    return visitor;
  }

  #circumstances(): Circumstances {
    const now = this.#deps.clock.now();
    const at = Math.max(0, now - this.#startedAt);
    return { seen: this.#seen, moderation: this.#deps.moderation, now, at, bot: this.#bot.names };
  }
}
