import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** A start that hasn't been heard of for so long makes place for the next. */
const LONGEST_MS = 10_000;
/** How much a new duration counts in the average. */
const WEIGHT = 0.2;
/** What a start is taken to last before any has. */
const FIRST_GUESS_MS = 100;

export interface StartTicket {
  /** Resolves when the process may be started, or when the place was left before. */
  readonly turn: Promise<void>;
  /** The bot has spoken or gone, or isn't to be started any more. Idempotent. */
  leave(): void;
}

/**
 * So many processes at a time are between their start and their first word; the others wait, first come, first served.
 * A hundred that start at once would all be late, and what runs already would stand still meanwhile.
 */
export class StartGate {
  readonly #clock: Clock;
  /** Processes that may start at a time. */
  readonly limit: number;
  readonly #waiting: (() => void)[] = [];
  #starting = 0;
  #averageMs = FIRST_GUESS_MS;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.limit = limit;
  }

  /** Processes between their start and their first word. */
  get starting(): number {
    return this.#starting;
  }

  get waiting(): number {
    return this.#waiting.length;
  }

  /** How long one who came now would wait, in milliseconds: by what starts have lasted lately. */
  get expectedWaitMs(): number {
    if (this.#starting < this.limit) return 0;
    return ((this.#waiting.length + 1) * this.#averageMs) / this.limit;
  }

  enter(): StartTicket {
    const { promise: turn, resolve } = Promise.withResolvers<void>();
    let beganAt: number | undefined;
    let left = false;
    let longest: Timer | undefined;
    const leave = () => {
      if (left) return;
      left = true;
      longest?.cancel();
      resolve();
      if (beganAt === undefined) {
        this.#waiting.splice(this.#waiting.indexOf(begin), 1);
        return;
      }
      this.#averageMs += WEIGHT * (this.#clock.monotonic() - beganAt - this.#averageMs);
      this.#starting--;
      this.#waiting.shift()?.();
    };
    const begin = () => {
      this.#starting++;
      beganAt = this.#clock.monotonic();
      longest = this.#clock.after(LONGEST_MS, leave);
      resolve();
    };
    if (this.#starting < this.limit) begin();
    else this.#waiting.push(begin);
    return { turn, leave };
  }

  /** Does `work` in its turn, which lasts until it has resolved. */
  async pass(work: () => Promise<void>): Promise<void> {
    const ticket = this.enter();
    await ticket.turn;
    try {
      await work();
    } finally {
      ticket.leave();
    }
  }
}
