import type { Bus } from '../../../spec/runtime/bus.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { type Past, publishPresent } from '../past.ts';
import type { RoomClock } from '../room-clock.ts';
import { isTold, readAppMessage } from './app-messages.ts';
import { callError } from './failures.ts';
import { Floods } from './floods.ts';
import { Floor } from './floor.ts';
import { type Change, People } from './people.ts';
import type { CallEvent, Person } from './protocol.ts';
import { Renames } from './renames.ts';
import { cut } from './texts.ts';

export interface CallEventsParts {
  readonly bus: Bus;
  readonly clock: Clock;
  readonly newId: () => string;
  readonly room: RoomClock;
  readonly past: Past;
  /** One line for people. */
  readonly say: (line: string) => void;
}

type Of<A extends CallEvent['action']> = Extract<CallEvent, { readonly action: A }>;

const MAX_TEXT = 65_536;
const MAX_KIND = 64;
const MAX_WARNINGS = 10;

/** What happens in a call → facts on the bus. */
export class CallEvents {
  readonly #parts: CallEventsParts;
  readonly #people = new People();
  readonly #floods: Floods;
  readonly #floor: Floor;
  readonly #renames: Renames;
  #own: string | undefined;
  #warnings = 0;

  constructor(parts: CallEventsParts) {
    this.#parts = parts;
    this.#floods = new Floods({ monotonic: () => parts.clock.monotonic(), say: parts.say });
    this.#renames = new Renames(parts.room, (person) => this.#changed(this.#people.seen(person)));
    this.#floor = new Floor(parts.room, (participantId) => {
      const speaking = participantId === null ? [] : [participantId];
      parts.bus.publish('room.speaker.changed', { participantId, at: this.#at(), speaking });
    });
  }

  /** The bot has come in, for the first time or again, and these are there. */
  begin(people: readonly Person[]): void {
    this.#own = people.find(({ local }) => local)?.sessionId;
    for (const change of this.#people.are(people)) {
      if (change.topic !== 'room.participant.joined') this.#changed(change);
      else publishPresent(this.#parts, change.payload);
    }
  }

  /** The call can't be heard any more. */
  interrupted(): void {
    this.#renames.forgetAll();
    this.#floor.free();
  }

  /** The page has said something that no page says. */
  nonsense(): void {
    this.#warn('a line of the browser page made no sense');
  }

  happened(event: CallEvent): void {
    switch (event.action) {
      case 'participant-joined':
      case 'participant-updated':
        this.#seen(event.person);
        break;
      case 'participant-left':
        this.#changed(this.#people.left(event.person.sessionId));
        break;
      case 'active-speaker-change':
        if (event.sessionId === null || event.sessionId === this.#own) this.#floor.free();
        else this.#floor.has(event.sessionId);
        break;
      case 'app-message':
        this.#message(event);
        break;
      case 'transcription-message':
        this.#transcript(event);
        break;
      case 'network-connection':
        this.#connection(event);
        break;
      case 'nonfatal-error':
        this.#warn(`the call goes on after an error: ${callError(event.type, event.message).message}`);
    }
  }

  #seen(person: Person): void {
    const { sessionId } = person;
    if (sessionId === this.#own || this.#renames.replace(person) || this.#people.change(person) === undefined) return;
    if (this.#people.has(sessionId) && !this.#floods.admits(sessionId)) this.#renames.hold(person);
    else this.#changed(this.#people.seen(person));
  }

  #changed(change: Change | undefined): void {
    if (change === undefined) return;
    const { topic, payload } = change;
    if (topic === 'room.participant.left') {
      this.#floods.forget(payload.participantId);
      this.#renames.forget(payload.participantId);
      if (this.#floor.speaker === payload.participantId) this.#floor.free();
    }
    this.#parts.bus.publish(topic, payload);
  }

  #message({ from, data }: Of<'app-message'>): void {
    if (from === this.#own || (this.#people.isBot(from) && isTold(data))) return;
    if (!this.#floods.admits(this.#people.has(from) ? from : '')) return;
    const { bus, newId } = this.#parts;
    const message = readAppMessage(data);
    const frame = { participantId: from, at: this.#at() };
    if (message === undefined) this.#floods.dropped('one is too long, or too deep');
    else if (message.topic === 'room.message.received') {
      bus.publish(message.topic, { messageId: newId(), ...frame, ...message.payload });
    } else if (message.topic === 'room.command.received') {
      bus.publish(message.topic, { ...frame, ...message.payload });
    } else bus.publish(message.topic, { ...frame, ...message.payload });
  }

  #transcript({ sessionId: participantId, text: words, timestamp }: Of<'transcription-message'>): void {
    const text = cut(words.trim(), MAX_TEXT);
    if (text === '' || participantId === this.#own) return;
    if (this.#floor.speaker === participantId) this.#floor.has(participantId);
    const at = this.#at(timestamp);
    this.#parts.bus.publish('room.transcript.received', { participantId, text, at, endAt: at, final: true });
  }

  #connection({ kind, event }: Of<'network-connection'>): void {
    if (event !== 'interrupted' && event !== 'connected') return;
    const payload = { state: event, ...(kind !== '' && { kind: cut(kind, MAX_KIND) }), at: this.#at() } as const;
    this.#parts.bus.publish('room.connection.changed', payload);
  }

  #warn(line: string): void {
    if (this.#warnings++ < MAX_WARNINGS) this.#parts.say(line);
  }

  /** Room time: now, or of a moment that has passed. */
  #at(timestamp: string | null = null): number {
    const { room, clock } = this.#parts;
    const now = clock.now();
    const then = timestamp === null ? now : Date.parse(timestamp) || now;
    return Math.floor(Math.max(0, room.now() - Math.max(0, now - then)));
  }
}
