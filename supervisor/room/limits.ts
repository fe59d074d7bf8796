import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import { Watchdog } from './watchdog.ts';

/** Both in milliseconds. */
export interface Limits {
  readonly idleTimeout: number;
  readonly maxDuration: number;
}

/** How long a room may last, and how long it may be without anything but heartbeats. */
export class RoomLimits {
  readonly #idle: Watchdog;
  readonly #duration: Timer;

  constructor(clock: Clock, limits: Limits, onExceeded: (reason: 'idle' | 'max_duration') => void) {
    this.#idle = new Watchdog(clock, limits.idleTimeout, () => onExceeded('idle'));
    this.#duration = clock.after(limits.maxDuration, () => onExceeded('max_duration'));
  }

  onEvent(topic: string): void {
    if (topic !== 'bot.health.heartbeat') this.#idle.touch();
  }

  /** While the pipe isn't read, the idle clock stands still. */
  onPressure(high: boolean): void {
    if (high) this.#idle.suspend();
    else this.#idle.resume();
  }

  stop(): void {
    this.#idle.stop();
    this.#duration.cancel();
  }
}
