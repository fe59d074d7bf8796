import { type Envelope, isOf } from '../../spec/envelope.ts';
import type { RoomView, Told } from '../room/api.ts';
import type { Named } from './mentions.ts';
import { isOfGateway, type Seen, toldOf } from './seen.ts';

/** What may be told at the beginning, in UTF-16 units: a bot that begins hasn't much room in its standard input. */
const MAX_PAST = 65_536;

export interface BotSeatParts {
  readonly seen: Seen;
  /** Hands something to the bot of that run. */
  readonly tell: (runId: string, told: Told, past?: true) => void;
  /** The bot is in the room, or isn't any more. */
  readonly onPresence: (present: boolean) => void;
}

const JOINS: ReadonlySet<string> = new Set(['assistant.room.join.succeeded', 'assistant.session.started']);
const LEAVES: ReadonlySet<string> = new Set([
  'assistant.session.ended',
  'assistant.session.failed',
  'supervisor.bot.exited',
]);

/** A room's bot as the gateway knows it: which run it is, whether it is there, and what it is told. */
export class BotSeat {
  readonly participantId: string;
  /** It answers to both; the first is shown. */
  readonly names: readonly Named[];
  readonly #parts: BotSeatParts;
  /** The run that is told of the room; what others have left behind is history. */
  #runId: string | undefined;

  constructor({ assistantId }: Pick<RoomView, 'assistantId'>, parts: BotSeatParts) {
    this.participantId = assistantId ?? 'bot';
    this.names = [...new Set([this.participantId, 'bot'])].map((name) => ({ participantId: this.participantId, name }));
    this.#parts = parts;
  }

  /** In the order of the log, when the room has seen it. */
  see(envelope: Envelope): void {
    const { topic, meta } = envelope;
    if (isOf(envelope, 'supervisor.bot.started')) {
      this.#runId = meta?.runId;
      this.#begin();
    } else if (isOfGateway(envelope)) {
      if (this.#runId !== undefined && this.#isNews(envelope)) this.#parts.tell(this.#runId, toldOf(envelope));
    } else if (meta?.runId === this.#runId) {
      if (JOINS.has(topic)) this.#parts.onPresence(true);
      if (LEAVES.has(topic)) this.#parts.onPresence(false);
      if (topic === 'supervisor.bot.exited') this.#runId = undefined;
    }
  }

  /** Who is there, and the newest messages, as many as fit. */
  #begin(): void {
    const { seen } = this.#parts;
    for (const told of seen.arrivals) if (told.payload.participantId !== this.participantId) this.#tell(told);
    const messages: Told[] = [];
    let room = MAX_PAST;
    for (const told of seen.messages.recent.toReversed()) {
      room -= JSON.stringify(told).length;
      if (room < 0) break;
      messages.unshift(told);
    }
    for (const told of messages) this.#tell(told);
  }

  #tell(told: Told): void {
    if (this.#runId !== undefined) this.#parts.tell(this.#runId, told, true);
  }

  /** Of what it does itself it knows, but for what the room's rules have made of that. */
  #isNews({ topic, payload }: Envelope): boolean {
    return (
      topic === 'room.message.moderated' ||
      !('participantId' in payload) ||
      payload.participantId !== this.participantId
    );
  }
}
