import { GATEWAY } from '../../spec/chat.ts';
import { type Envelope, isOf } from '../../spec/envelope.ts';
import type { Told } from '../room/api.ts';
import type { Participant } from './api.ts';
import { Messages } from './messages.ts';

/** Whether people in the room made it happen, or the gateway itself: nobody else can say so. */
export function isOfGateway({ meta }: Envelope): boolean {
  return meta?.by === GATEWAY;
}

/** What a room has seen: its people and its newest messages. Made of nothing but its events, in the order of the log. */
export class Seen {
  readonly people = new Map<string, Participant>();
  /** The events of their coming, by participant. */
  readonly #arrivals = new Map<string, Told>();
  readonly messages = new Messages();

  /** Whoever is there, as an event of their coming under the name that they have by now. */
  get arrivals(): (Told & { readonly payload: { readonly participantId: string } })[] {
    return [...this.people.values()].flatMap(({ participantId, name, isBot }) => {
      const told = this.#arrivals.get(participantId);
      return told === undefined ? [] : [{ ...told, payload: { participantId, name, isBot } }];
    });
  }

  see(envelope: Envelope): void {
    if (isOf(envelope, 'supervisor.room.state.changed')) {
      // Another room had the id before.
      if (envelope.payload.from === 'none') this.#forget();
    } else if (isOf(envelope, 'room.message.sent')) {
      const { messageId, participantId } = envelope.payload;
      this.messages.add(messageId, participantId, true, toldOf(envelope));
    } else if (isOfGateway(envelope)) this.#happened(envelope);
  }

  #happened(envelope: Envelope): void {
    if (isOf(envelope, 'room.participant.joined')) {
      const { participantId, name = participantId, isBot } = envelope.payload;
      this.people.set(participantId, { participantId, name, isBot, presence: 'here' });
      this.#arrivals.set(participantId, toldOf(envelope));
    } else if (isOf(envelope, 'room.participant.updated')) {
      this.#change(envelope.payload.participantId, { name: envelope.payload.name });
    } else if (isOf(envelope, 'room.presence.updated')) {
      this.#change(envelope.payload.participantId, { presence: envelope.payload.presence });
    } else if (isOf(envelope, 'room.participant.left')) {
      this.people.delete(envelope.payload.participantId);
      this.#arrivals.delete(envelope.payload.participantId);
    } else if (isOf(envelope, 'room.message.received')) {
      this.messages.add(envelope.payload.messageId, envelope.payload.participantId, false, toldOf(envelope));
    } else if (isOf(envelope, 'room.message.edited')) {
      const { messageId, text, mentions } = envelope.payload;
      this.messages.edit(messageId, { text, mentions });
    } else if (isOf(envelope, 'room.message.deleted')) {
      this.messages.delete(envelope.payload.messageId);
    } else if (isOf(envelope, 'room.reaction.added')) {
      const { messageId, emoji, participantId } = envelope.payload;
      this.messages.react(messageId, emoji, participantId);
    } else if (isOf(envelope, 'room.reaction.removed')) {
      const { messageId, emoji, participantId } = envelope.payload;
      this.messages.unreact(messageId, emoji, participantId);
    }
  }

  #change(participantId: string, change: { readonly [K in keyof Participant]?: Participant[K] | undefined }): void {
    const person = this.people.get(participantId);
    if (person === undefined) return;
    const { name = person.name, presence = person.presence } = change;
    this.people.set(participantId, { ...person, name, presence });
  }

  #forget(): void {
    this.people.clear();
    this.#arrivals.clear();
    this.messages.clear();
  }
}

/** As a bot is told of it. */
export function toldOf({ id, ts, topic, payload }: Envelope): Told {
  return { id, ts, topic, payload };
}
