import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Clock } from '../../spec/runtime/clock.ts';

const INTERVAL_MS = 10_000;
const LONG_MS = 5_000;

type Held = TopicPayloads['supervisor.bot.held_back'];

/** Sums up how often and how long a run's pipe was not read, and tells it every ten seconds at most, a long one at once. */
export class Holds {
  readonly #clock: Clock;
  readonly #publish: (held: Held) => void;
  #since: number | undefined;
  #count = 0;
  #heldMs = 0;
  #toldAt = Number.NEGATIVE_INFINITY;

  constructor(clock: Clock, publish: (held: Held) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  begin(): void {
    this.#since = this.#clock.monotonic();
    this.#count++;
    if (this.#since - this.#toldAt >= INTERVAL_MS) this.#tell();
  }

  end(): void {
    if (this.#since === undefined) return;
    const ms = this.#clock.monotonic() - this.#since;
    this.#heldMs += ms;
    this.#since = undefined;
    // Before what was held comes in: whoever judges it has to know.
    if (ms >= LONG_MS) this.#tell();
  }

  /** The run is over: tells what is left. */
  finish(): void {
    this.end();
    if (this.#count > 0) this.#tell();
  }

  #tell(): void {
    this.#publish({ count: this.#count, heldMs: Math.round(this.#heldMs) });
    this.#toldAt = this.#clock.monotonic();
    this.#count = 0;
    this.#heldMs = 0;
  }
}
