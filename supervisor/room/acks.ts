import type { Clock, Timer } from '../../spec/runtime/clock.ts';

const INTERVAL_MS = 50;

/** Acknowledges at most so often; each acknowledgement covers the earlier ones, and the last is never left out. */
export class Acks {
  readonly #clock: Clock;
  readonly #send: (through: string) => void;
  #through: string | undefined;
  #timer: Timer | undefined;

  constructor(clock: Clock, send: (through: string) => void) {
    this.#clock = clock;
    this.#send = send;
  }

  committed(through: string): void {
    this.#through = through;
    if (this.#timer === undefined) this.#tell();
  }

  stop(): void {
    this.#timer?.cancel();
  }

  #tell(): void {
    const through = this.#through;
    this.#through = undefined;
    if (through !== undefined) this.#send(through);
    this.#timer = through === undefined ? undefined : this.#clock.after(INTERVAL_MS, () => this.#tell());
  }
}
