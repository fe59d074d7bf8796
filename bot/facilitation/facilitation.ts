import type { Bus } from '../../spec/runtime/bus.ts';
import type { Timer } from '../../spec/runtime/clock.ts';
import type { Behaviour } from '../options.ts';
import type { RoomClock } from '../rooms/room-clock.ts';
import { dominance } from './dominance.ts';
import { Interruptions } from './interruptions.ts';
import { Spoken } from './spoken.ts';

/** Most participants that a score can name; the schema's bound. */
const MAX_PARTICIPANTS = 1_000;

/** Listens to the raw events of a room on the bus and publishes what they amount to. */
export class Facilitation {
  readonly #bus: Bus;
  readonly #clock: RoomClock;
  readonly #behaviour: Behaviour;
  readonly #spoken: Spoken;
  readonly #interruptions = new Interruptions();
  readonly #timer: Timer;
  #lastScore: number | undefined;
  /** Whether anybody has spoken yet: people who write to each other have no score. */
  #heard = false;

  constructor(bus: Bus, clock: RoomClock, behaviour: Behaviour) {
    this.#bus = bus;
    this.#clock = clock;
    this.#behaviour = behaviour;
    this.#spoken = new Spoken(behaviour.window);
    this.#listen();
    this.#timer = clock.every(behaviour.scoreEvery, () => this.#score(false));
  }

  nameOf(participantId: string): string {
    return this.#spoken.nameOf(participantId);
  }

  /** The room is over, or left: one last score, if anybody was there and has spoken. */
  finish(): void {
    this.#timer.cancel();
    this.#score(true);
  }

  #listen(): void {
    this.#bus.subscribe('room.participant.joined', ({ payload: { participantId, isBot, name } }) =>
      this.#spoken.joined(participantId, isBot, name),
    );
    this.#bus.subscribe('room.participant.left', ({ payload: { participantId } }) =>
      this.#spoken.left(participantId, this.#at()),
    );
    this.#bus.subscribe('room.speaker.changed', ({ payload: { participantId, at, speaking } }) => {
      const everybody = speaking ?? (participantId === null ? [] : [participantId]);
      if (everybody.length > 0) this.#heard = true;
      this.#spoken.speaking(everybody, at);
      this.#interrupted(this.#interruptions.floor(participantId, everybody, at));
    });
    this.#bus.subscribe('room.transcript.received', ({ payload: { participantId, text, at, endAt, final } }) => {
      if (final) this.#interrupted(this.#interruptions.words(participantId, text, at, endAt));
    });
  }

  #interrupted(found: ReturnType<Interruptions['floor']>): void {
    for (const interruption of found) this.#bus.publish('room.interrupt.executed', interruption);
  }

  #score(last: boolean): void {
    const at = this.#at();
    const spoken = this.#spoken.within(at);
    const silent = [...spoken.values()].every((ms) => ms === 0);
    if (last ? !this.#heard || spoken.size === 0 || this.#lastScore === at : silent) return;
    this.#lastScore = at;
    const score = dominance(spoken);
    const participants = score.participants.slice(0, MAX_PARTICIPANTS);
    this.#bus.publish('room.dominance.score', { at, windowMs: this.#behaviour.window, ...score, participants });
  }

  #at(): number {
    return Math.floor(this.#clock.now());
  }
}
