import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** The supervisor may have been held up itself: what lies in the pipes is read before anybody is judged. */
const LOOK_AGAIN_MS = 100;

/**
 * Calls back once when nothing has touched it for a time, and for a moment more, in which what came before is still
 * read. While suspended its clock stands still. Milliseconds.
 */
export class Watchdog {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onExpired: () => void;
  #touchedAt: number;
  /** What was left of the timeout when it was suspended. */
  #left: number | undefined;
  #timer: Timer | undefined;
  #stopped = false;

  constructor(clock: Clock, timeoutMs: number, onExpired: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onExpired = onExpired;
    this.#touchedAt = clock.monotonic();
    this.#arm();
  }

  /** Cheap: the timer is moved only when it fires. */
  touch(): void {
    if (this.#left === undefined) this.#touchedAt = this.#clock.monotonic();
    else this.#left = this.#timeoutMs;
  }

  suspend(): void {
    if (this.#left !== undefined) return;
    this.#left = this.#remaining();
    this.#timer?.cancel();
  }

  resume(): void {
    if (this.#left === undefined) return;
    this.#touchedAt = this.#clock.monotonic() - this.#timeoutMs + this.#left;
    this.#left = undefined;
    this.#arm();
  }

  stop(): void {
    this.#stopped = true;
    this.#timer?.cancel();
  }

  #remaining(): number {
    return this.#touchedAt + this.#timeoutMs - this.#clock.monotonic();
  }

  #arm(): void {
    if (this.#stopped) return;
    const left = this.#remaining();
    if (left > 0) this.#timer = this.#clock.after(left, () => this.#arm());
    else this.#lookAgain(-left);
  }

  #lookAgain(lateMs: number): void {
    const touchedAt = this.#touchedAt;
    // Whatever kept the supervisor away may have kept the bot from speaking too.
    const waitMs = Math.max(LOOK_AGAIN_MS, Math.min(lateMs, this.#timeoutMs / 2));
    this.#timer = this.#clock.after(waitMs, () => {
      if (this.#touchedAt !== touchedAt) {
        this.#arm();
        return;
      }
      this.#stopped = true;
      this.#onExpired();
    });
  }
}
