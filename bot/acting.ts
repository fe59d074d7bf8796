import type { PolicySnapshot } from '../spec/policy.ts';
import type { Bus } from '../spec/runtime/bus.ts';
import type { Clock } from '../spec/runtime/clock.ts';
import { Chat } from './chat/chat.ts';
import type { Environment } from './environment.ts';
import { Facilitation } from './facilitation/facilitation.ts';
import { Facilitator } from './facilitation/facilitator.ts';
import { readBehaviour } from './options.ts';
import { Attention } from './policy/attention.ts';
import { Guard } from './policy/guard.ts';
import { Speech } from './policy/speech.ts';
import type { Connector } from './rooms/port.ts';
import { type Telling, tellingInto } from './telling.ts';

export interface ActingParts {
  readonly environment: Environment;
  readonly bus: Bus;
  readonly clock: Clock;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** Somebody else has spoken. */
const HEARD = ['room.transcript.received', 'room.message.received'] as const;

/** What the bot does in its room: it listens, keeps score, answers, and now and then says something, within its policy. */
export class Acting {
  readonly #bus: Bus;
  readonly #room: Connector;
  readonly #guard: Guard;
  readonly #attention: Attention;
  readonly #speech: Speech;
  readonly #facilitation: Facilitation;
  readonly #facilitator: Facilitator;
  readonly #telling: Telling | undefined;
  #finished = false;

  /** To be made before the room is joined: then everything listens before its first event. Throws an OptionsError. */
  constructor({ environment, bus, clock, say }: ActingParts, snapshot: PolicySnapshot, room: Connector) {
    // In a replay the policy's limits run in room time too.
    const pace = room.replay ?? clock;
    const behaviour = readBehaviour(environment.options);
    const guard = new Guard({
      snapshot,
      runId: environment.runId,
      clock: pace,
      onViolation: (violation) => bus.publish('conversation.policy.violation', violation),
    });
    this.#bus = bus;
    this.#room = room;
    this.#guard = guard;
    const participantId = environment.assistantId ?? 'bot';
    const speech = new Speech({ bus, clock, guard, room, participantId, say });
    const attention = new Attention({ policy: () => guard.policy.attention, clock: pace, room: room.clock });
    this.#attention = attention;
    this.#speech = speech;
    this.#facilitation = new Facilitation(bus, room.clock, behaviour);
    this.#facilitator = new Facilitator({
      behaviour,
      mayAct: () => attention.take(),
      nameOf: (participantId) => this.#facilitation.nameOf(participantId),
      send: (text) => speech.send(text),
    });
    this.#listen();
    const { greet } = behaviour;
    const name = environment.assistantName;
    new Chat({ bus, clock: pace, room, attention, guard, speech, participantId, name, greet }).begin();
    this.#telling = tellingInto(room, { bus, clock, options: environment.options });
  }

  /** Whether the bot is in its room now. */
  present(inRoom: boolean): void {
    this.#telling?.present(inRoom);
  }

  /** Says something that it was asked to say. */
  message(text: string): void {
    void this.#speech.send(text);
  }

  /** A warning comes when it comes: in a replay it must change nothing. */
  warned(): void {
    if (this.#room.replay !== undefined) return;
    this.#attention.warned();
  }

  /**
   * Keeps to another policy as soon as no message is on its way, in a second at the latest, and calls `kept` then: what
   * is published before it is under the old policy, what is published after it under the new one.
   */
  renew(snapshot: PolicySnapshot, kept: () => void): void {
    this.#speech.between(() => {
      this.#guard.renew(snapshot);
      kept();
    });
  }

  /** Not a word more, and no breach untold. Idempotent. */
  silence(): void {
    this.#telling?.stop();
    this.#attention.stop();
    this.#speech.stop();
    this.#guard.flush();
  }

  /** The room is over, or about to be left. */
  finish(): void {
    this.#finished = true;
    this.silence();
    this.#facilitation.finish();
  }

  #listen(): void {
    // Before anybody answers what has been heard.
    for (const topic of HEARD) this.#bus.subscribe(topic, () => this.#guard.heard());
    this.#bus.subscribe('room.speaker.changed', ({ payload: { participantId } }) => {
      if (participantId !== null) this.#guard.heard();
    });
    this.#bus.subscribe('room.dominance.score', ({ payload }) => {
      // Nobody is there any more to hear what the last score might call for.
      if (!this.#finished) this.#facilitator.scored(payload);
    });
  }
}
