import type { Clock, Timer } from '../../../spec/runtime/clock.ts';
import { Watchdog } from '../watchdog.ts';

/** The supervisor may have been held up itself: what lies in the pipe is read before anybody is taken for dead. */
const LOOK_AGAIN_MS = 100;

/** Whether a process is heard of: calls back once when it wasn't for too long. Milliseconds, by the monotonic clock. */
export class Pulse {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onSilence: () => void;
  #beats = 0;
  #heardAt = -Infinity;
  #watchdog: Watchdog;
  #lookAgain: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, onSilence: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onSilence = onSilence;
    this.#watchdog = this.#watch();
  }

  beat(): void {
    this.#beats++;
    this.#heardAt = this.#clock.monotonic();
    this.#watchdog.touch();
  }

  /** Infinity before the first beat. */
  silentFor(now: number): number {
    return now - this.#heardAt;
  }

  stop(): void {
    this.#watchdog.stop();
    this.#lookAgain?.cancel();
  }

  #watch(): Watchdog {
    return new Watchdog(this.#clock, this.#timeoutMs, () => {
      const beats = this.#beats;
      this.#lookAgain = this.#clock.after(LOOK_AGAIN_MS, () => {
        if (this.#beats === beats) this.#onSilence();
        else this.#watchdog = this.#watch();
      });
    });
  }
}
