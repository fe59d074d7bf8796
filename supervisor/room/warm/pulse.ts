import type { Clock } from '../../../spec/runtime/clock.ts';
import { Watchdog } from '../watchdog.ts';

/** Whether a process is heard of: calls back once when it wasn't for too long. Milliseconds, by the monotonic clock. */
export class Pulse {
  readonly #clock: Clock;
  readonly #watchdog: Watchdog;
  #heardAt = -Infinity;

  constructor(clock: Clock, timeoutMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#watchdog = new Watchdog(clock, timeoutMs, onSilence);
  }

  beat(): void {
    this.#heardAt = this.#clock.monotonic();
    this.#watchdog.touch();
  }

  /** Infinity before the first beat. */
  silentFor(now: number): number {
    return now - this.#heardAt;
  }

  stop(): void {
    this.#watchdog.stop();
  }
}
