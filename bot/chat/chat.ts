import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Bus } from '../../spec/runtime/bus.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Attention } from '../policy/attention.ts';
import type { Guard } from '../policy/guard.ts';
import type { Speech } from '../policy/speech.ts';
import type { Connector } from '../rooms/port.ts';
import { type Self, wordsFor } from './addressed.ts';
import { answerTo } from './answers.ts';
import { Greeter } from './greeter.ts';
import { Remembered } from './remembered.ts';
import { Roster } from './roster.ts';
import { Talk } from './talk.ts';

export interface ChatParts {
  readonly bus: Bus;
  readonly clock: Pick<Clock, 'monotonic'>;
  readonly room: Pick<Connector, 'past' | 'isChat' | 'calledAs'>;
  readonly attention: Attention;
  readonly guard: Guard;
  readonly speech: Speech;
  /** The bot's own id in the room. */
  readonly participantId: string;
  /** What it is called, where it has a name. */
  readonly name?: string | undefined;
  /** Whether it welcomes people. */
  readonly greet: boolean;
}

type Message = TopicPayloads['room.message.received'];

/** Of the bot's messages so many are known again when somebody replies to one. */
const MAX_SAID = 1_000;
const EXCUSE = 'I may not say that: the policy of this room keeps it out.';

/** The bot among people who write: it answers whoever addresses it, and welcomes who comes. */
export class Chat {
  readonly #parts: ChatParts;
  readonly #roster = new Roster();
  readonly #talk = new Talk();
  readonly #greeter: Greeter;
  readonly #said = new Remembered(MAX_SAID);
  readonly #self: Self;

  constructor(parts: ChatParts) {
    const { clock, attention, speech, participantId, name, room } = parts;
    this.#parts = parts;
    this.#self = {
      participantId,
      // The room may learn what the bot is called in it only when the bot is let in.
      get names() {
        return [...new Set([participantId, name, room.calledAs, 'bot'])].filter((each) => each !== undefined);
      },
      said: (messageId) => this.#said.has(messageId),
    };
    this.#greeter = new Greeter({
      monotonic: () => clock.monotonic(),
      mayAct: () => attention.take(),
      send: (text) => speech.send(text),
    });
  }

  /** Listens from now on. */
  begin(): void {
    this.#remember();
    this.#listen();
  }

  #remember(): void {
    const { room, clock } = this.#parts;
    const { past } = room;
    past?.on('room.participant.joined', (somebody) => {
      this.#roster.set(somebody);
      this.#greeter.knows(somebody.participantId);
    });
    past?.on('room.participant.updated', (somebody) => this.#roster.set(somebody));
    past?.on('room.participant.left', ({ participantId }) => this.#roster.left(participantId));
    past?.on('room.message.sent', ({ messageId }) => this.#said.add(messageId));
    past?.on('room.message.received', (message, ago) => void this.#heard(message, clock.monotonic() - ago));
  }

  #listen(): void {
    const { bus, clock, attention } = this.#parts;
    bus.subscribe('room.participant.joined', ({ payload: somebody }) => {
      this.#roster.set(somebody);
      const { greet, room } = this.#parts;
      if (!greet || !room.isChat || somebody.isBot) return;
      this.#greeter.joined(somebody.participantId, this.#roster.nameOf(somebody.participantId));
    });
    bus.subscribe('room.participant.updated', ({ payload: somebody }) => this.#roster.set(somebody));
    bus.subscribe('room.participant.left', ({ payload: { participantId } }) => this.#roster.left(participantId));
    bus.subscribe('room.message.sent', ({ payload: { messageId } }) => this.#said.add(messageId));
    bus.subscribe('room.message.received', ({ payload: message }) => {
      const words = this.#heard(message, clock.monotonic());
      if (words !== undefined) attention.answer(() => void this.#answer(words, message.messageId));
    });
  }

  /** What a message of somebody tells the bot, if it tells the bot anything; otherwise it is talk of the room. */
  #heard(message: Message, at: number): string | undefined {
    const { participantId } = message;
    // Bots that answer each other never end.
    if (participantId === this.#self.participantId || this.#roster.isBot(participantId)) return undefined;
    const words = wordsFor(message, this.#self);
    if (words === undefined) this.#talk.wrote(participantId, at);
    return words;
  }

  async #answer(words: string, replyTo: string): Promise<void> {
    const { speech, guard, clock } = this.#parts;
    const { text, repeats } = answerTo(words, {
      people: this.#roster.people,
      parts: this.#talk.parts(clock.monotonic()),
      nameOf: (participantId) => this.#roster.nameOf(participantId),
    });
    const sent = await speech.send(text, replyTo);
    // Whoever asked sees why nothing comes.
    if (!sent && repeats && guard.onlyWordsForbid(text)) await speech.send(EXCUSE, replyTo);
  }
}
