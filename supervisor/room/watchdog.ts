import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** Calls back once when nothing has touched it for a time. While suspended its clock stands still. */
export class Watchdog {
  readonly #clock: Clock;
  readonly #timeoutMs: number;
  readonly #onExpired: () => void;
  #touchedAt: number;
  #suspendedAt: number | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, timeoutMs: number, onExpired: () => void) {
    this.#clock = clock;
    this.#timeoutMs = timeoutMs;
    this.#onExpired = onExpired;
    this.#touchedAt = clock.monotonic();
    this.#arm();
  }

  /** Cheap: the timer is moved only when it fires. */
  touch(): void {
    this.#touchedAt = this.#clock.monotonic();
  }

  suspend(): void {
    this.#suspendedAt ??= this.#clock.monotonic();
  }

  resume(): void {
    if (this.#suspendedAt === undefined) return;
    this.#touchedAt += this.#clock.monotonic() - this.#suspendedAt;
    this.#suspendedAt = undefined;
  }

  stop(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    const now = this.#suspendedAt ?? this.#clock.monotonic();
    const left = this.#touchedAt + this.#timeoutMs - now;
    if (left <= 0) {
      this.stop();
      this.#onExpired();
    } else {
      this.#timer = this.#clock.after(left, () => this.#arm());
    }
  }
}
