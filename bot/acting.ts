import type { PolicySnapshot } from '../spec/policy.ts';
import type { Bus } from '../spec/runtime/bus.ts';
import type { Clock } from '../spec/runtime/clock.ts';
import type { Environment } from './environment.ts';
import { Facilitation } from './facilitation/facilitation.ts';
import { Facilitator } from './facilitation/facilitator.ts';
import { readBehaviour } from './options.ts';
import { Guard } from './policy/guard.ts';
import { Speech } from './policy/speech.ts';
import type { Connector } from './rooms/port.ts';

export interface ActingParts {
  readonly environment: Environment;
  readonly bus: Bus;
  readonly clock: Clock;
  /** One line for people. */
  readonly say: (line: string) => void;
}

/** What the bot does in its room: it listens, keeps score, and now and then says something, within its policy. */
export class Acting {
  readonly #bus: Bus;
  readonly #room: Connector;
  readonly #speech: Speech;
  readonly #facilitation: Facilitation;
  readonly #facilitator: Facilitator;
  #finished = false;

  /** To be made before the room is joined: then everything listens before its first event. Throws an OptionsError. */
  constructor({ environment, bus, clock, say }: ActingParts, snapshot: PolicySnapshot, room: Connector) {
    const monotonic = () => clock.monotonic();
    const behaviour = readBehaviour(environment.options);
    const guard = new Guard({
      snapshot,
      runId: environment.runId,
      monotonic,
      onViolation: (violation) => bus.publish('conversation.policy.violation', violation),
    });
    this.#bus = bus;
    this.#room = room;
    this.#speech = new Speech({ bus, guard, room, participantId: environment.assistantId ?? 'bot', say });
    this.#facilitation = new Facilitation(bus, room.clock, behaviour);
    this.#facilitator = new Facilitator({
      behaviour,
      cooldown: snapshot.policy.attention?.cooldown ?? 0,
      monotonic,
      nameOf: (participantId) => this.#facilitation.nameOf(participantId),
      send: (text) => this.#speech.send(text),
    });
    this.#listen(guard);
  }

  /** Says something that it was asked to say. */
  message(text: string): void {
    void this.#speech.send(text);
  }

  warned(): void {
    this.#facilitator.warned(this.#room.clock.now());
  }

  /** The room is over, or about to be left. */
  finish(): void {
    this.#finished = true;
    this.#facilitation.finish();
  }

  #listen(guard: Guard): void {
    this.#bus.subscribe('room.transcript.received', () => guard.heard());
    this.#bus.subscribe('room.speaker.changed', ({ payload: { participantId } }) => {
      if (participantId !== null) guard.heard();
    });
    this.#bus.subscribe('room.dominance.score', ({ payload }) => {
      // Nobody is there any more to hear what the last score might call for.
      if (!this.#finished) this.#facilitator.scored(payload);
    });
  }
}
