import type { Clock, Timer } from '../../../spec/runtime/clock.ts';

/** A bot says that it keeps to a new snapshot within so long. */
const ACK_MS = 5_000;

/** Waits for a bot's word that it keeps to its new policy. While its pipe isn't read, nothing can be expected. */
export class Acknowledgement {
  readonly #clock: Clock;
  readonly #isRead: () => boolean;
  readonly #onMissing: () => void;
  #timer: Timer | undefined;

  constructor(clock: Clock, isRead: () => boolean, onMissing: () => void) {
    this.#clock = clock;
    this.#isRead = isRead;
    this.#onMissing = onMissing;
  }

  /** From now on; what was expected before is forgotten. */
  expect(): void {
    this.#timer?.cancel();
    this.#timer = this.#clock.after(ACK_MS, () => {
      if (!this.#isRead()) return this.expect();
      this.#timer = undefined;
      this.#onMissing();
    });
  }

  /** It has come, or nobody is there to give it. */
  settle(): void {
    this.#timer?.cancel();
    this.#timer = undefined;
  }
}
