import type { Envelope } from '../../../spec/envelope.ts';
import type { TopicId } from '../../../spec/generated/topics.ts';
import type { Bus } from '../../../spec/runtime/bus.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import type { Handler } from '../../../spec/runtime/subscriptions.ts';
import type { Participant } from '../../gateway/api.ts';
import { Messages } from './messages.ts';
import { People } from './people.ts';
import type { ChatState } from './protocol.ts';

/** Whoever writes is told of once in a while; so long after the last time they are taken for having stopped. */
const TYPING_MS = 6_000;
/** What was told longer ago is the past, however wrong the clocks are. */
const PAST_MS = 60_000;

/** States of a room that has ended. */
const FINAL: readonly string[] = ['stopped', 'failed', 'quarantined'];

/** A room's chat as its events tell it, kept by subscribers of the bus. */
export class Chat {
  readonly #clock: Clock;
  readonly #people = new People();
  readonly #messages = new Messages();
  /** Who writes → when they were told of last. */
  readonly #typing = new Map<string, number>();
  #self: string | null = null;
  #ended = false;
  #changed = true;

  constructor(bus: Bus, clock: Clock) {
    this.#clock = clock;
    const on = <T extends TopicId>(topic: T, handler: (event: Envelope<T>) => void) => {
      const then: Handler<T> = (event) => {
        handler(event);
        this.#changed = true;
      };
      bus.subscribe(topic, then);
    };
    this.#followPeople(on);
    this.#followMessages(on);
    this.#followReactions(on);
  }

  #followPeople(on: On): void {
    const people = this.#people;
    on('room.participant.joined', ({ payload: { participantId, name, isBot } }) =>
      people.join(participantId, name, isBot),
    );
    on('room.participant.updated', ({ payload: { participantId, name } }) => people.rename(participantId, name));
    on('room.participant.left', ({ payload: { participantId } }) => {
      people.leave(participantId);
      this.#typing.delete(participantId);
    });
    on('supervisor.room.state.changed', ({ payload: { from, to } }) => {
      if (FINAL.includes(to)) this.#empty();
      // Another room of that name.
      if (from === 'none') this.#ended = false;
    });
    on('room.presence.updated', ({ payload: { participantId, presence } }) => people.turn(participantId, presence));
    on('room.typing.started', (event) => {
      if (this.#clock.now() - timeOf(event) > PAST_MS) return;
      this.#typing.set(event.payload.participantId, this.#clock.monotonic());
      // It ends without an event.
      this.#clock.after(TYPING_MS + 100, () => {
        this.#changed = true;
      });
    });
  }

  #followMessages(on: On): void {
    const messages = this.#messages;
    for (const topic of ['room.message.received', 'room.message.sent'] as const) {
      on(topic, (event) => {
        const { messageId, participantId, text, replyTo } = event.payload;
        const isBot = topic === 'room.message.sent';
        messages.say({ messageId, participantId, isBot, text, replyTo, ts: timeOf(event) });
        this.#typing.delete(participantId);
      });
    }
    on('room.transcript.received', (event) => {
      const { participantId, text, final } = event.payload;
      if (final) messages.say({ messageId: event.id, participantId, isBot: false, text, ts: timeOf(event) });
    });
    on('room.message.edited', ({ payload: { messageId, text } }) => messages.edit(messageId, text));
    on('room.message.deleted', ({ payload: { messageId } }) => messages.takeBack(messageId));
    on('room.message.moderated', (event) => {
      const { messageId, participantId, action, rules } = event.payload;
      if (action === 'redacted') messages.mask(messageId, rules);
      else messages.keepOut(messageId, participantId, rules, timeOf(event));
    });
  }

  #followReactions(on: On): void {
    const messages = this.#messages;
    on('room.reaction.added', ({ payload: { messageId, participantId, emoji } }) =>
      messages.react(messageId, participantId, emoji),
    );
    on('room.reaction.removed', ({ payload: { messageId, participantId, emoji } }) =>
      messages.unreact(messageId, participantId, emoji),
    );
  }

  /** What is watched has changed: all begins anew. */
  reset(): void {
    this.#people.clear();
    this.#messages.clear();
    this.#typing.clear();
    this.#ended = false;
    this.#changed = true;
  }

  /** The room has ended: nobody is in it, whatever of its past is still to come. */
  end(): void {
    this.#self = null;
    this.#ended = true;
    this.#empty();
  }

  #empty(): void {
    this.#people.empty();
    this.#typing.clear();
    this.#changed = true;
  }

  /** Who one is in the room; null: only watching. */
  be(self: string | null, participants?: readonly Participant[]): void {
    this.#self = self;
    if (self !== null) this.#ended = false;
    if (participants !== undefined) this.#people.set(participants);
    this.#changed = true;
  }

  /** The chat as it stands; undefined: as it was taken last. */
  take(): ChatState | undefined {
    if (!this.#changed) return undefined;
    this.#changed = false;
    const before = this.#clock.monotonic() - TYPING_MS;
    for (const [id, at] of this.#typing) {
      if (at <= before) this.#typing.delete(id);
    }
    return {
      participants: this.#ended ? [] : this.#people.list(),
      names: this.#people.names(),
      messages: this.#messages.list(),
      typing: [...this.#typing.keys()],
      self: this.#self,
      ended: this.#ended,
    };
  }
}

type On = <T extends TopicId>(topic: T, handler: (event: Envelope<T>) => void) => void;

/** Milliseconds since 1970 by the supervisor's clock. */
function timeOf({ ts, meta }: Envelope): number {
  return meta?.receivedAt ?? ts;
}
