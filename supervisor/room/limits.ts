import type { Envelope } from '../../spec/envelope.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { Watchdog } from './watchdog.ts';

export interface Limits {
  /** Milliseconds. */
  readonly idleTimeout: number;
  /** Milliseconds. */
  readonly maxDuration: number;
  /** Bytes. */
  readonly memory: number;
}

/** Of a room's people so many are kept in mind. Where there are more, somebody is always there. */
const MAX_PEOPLE = 10_000;

/**
 * How long a room may last, and how long it may be idle: nobody but bots is there, and nothing but heartbeats comes.
 * People who say nothing are no reason to leave them.
 */
export class RoomLimits {
  readonly #idle: Watchdog;
  readonly #duration: Timer;
  readonly #people = new Map<string, 'told' | 'brought'>();
  /** The clock stands still while the pipe isn't read, and while people are there. */
  #held = false;

  /** `lastedMs`: how long the room has lasted by now, when it was brought back. */
  constructor(
    clock: Clock,
    { idleTimeout, maxDuration }: Limits,
    onExceeded: (reason: 'idle' | 'max_duration') => void,
    lastedMs = 0,
  ) {
    this.#idle = new Watchdog(clock, idleTimeout, () => onExceeded('idle'));
    const left = Math.min(maxDuration, Math.max(0, maxDuration - lastedMs));
    this.#duration = clock.after(left, () => onExceeded('max_duration'));
  }

  /** `source`: whether the bot told of it, or the room itself did. */
  onEvent({ topic, payload }: Envelope, source: 'told' | 'brought' = 'told'): void {
    if (topic === 'bot.health.heartbeat') return;
    this.#idle.touch();
    if (topic === 'room.participant.joined') {
      const { participantId, isBot } = payload as TopicPayloads['room.participant.joined'];
      if (!isBot && this.#people.size < MAX_PEOPLE) this.#people.set(participantId, source);
    } else if (topic === 'room.participant.left') {
      this.#people.delete((payload as TopicPayloads['room.participant.left']).participantId);
    } else return;
    this.#apply();
  }

  /** They are there, as the log has it. */
  present(participantIds: Iterable<string>): void {
    for (const person of participantIds) if (this.#people.size < MAX_PEOPLE) this.#people.set(person, 'brought');
    this.#apply();
  }

  onPressure(high: boolean): void {
    this.#held = high;
    this.#apply();
  }

  /** Another bot comes: it will say who is there, where the room itself doesn't. */
  onRestart(): void {
    for (const [person, source] of this.#people) if (source === 'told') this.#people.delete(person);
    this.#apply();
  }

  stop(): void {
    this.#idle.stop();
    this.#duration.cancel();
  }

  #apply(): void {
    if (this.#held || this.#people.size > 0) this.#idle.suspend();
    else this.#idle.resume();
  }
}
