import type { RejectReason } from '../../spec/envelope.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export type RejectionSummary = Required<TopicPayloads['events.envelope.rejected']>;

const INTERVAL_MS = 1_000;

/** Sums rejected lines up, so that a bot that writes nothing but junk makes one event a second. */
export class Rejections {
  readonly #clock: Clock;
  readonly #publish: (summary: RejectionSummary) => void;
  #reasons = new Map<RejectReason, number>();
  #bytes = 0;
  #detail = '';
  #timer: Timer | undefined;

  constructor(clock: Clock, publish: (summary: RejectionSummary) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  /** The first is told at once, those of the next second together. */
  add(reason: RejectReason, bytes: number, detail: string): void {
    this.#reasons.set(reason, (this.#reasons.get(reason) ?? 0) + 1);
    this.#bytes += bytes;
    this.#detail = detail;
    if (this.#timer === undefined) this.#tell();
  }

  /** Tells what is left; nothing may be added after it. */
  finish(): void {
    this.#timer?.cancel();
    this.#flush();
  }

  #tell(): void {
    const told = this.#flush();
    this.#timer = told ? this.#clock.after(INTERVAL_MS, () => this.#tell()) : undefined;
  }

  #flush(): boolean {
    const sorted = [...this.#reasons].sort(([, a], [, b]) => b - a);
    const [most] = sorted;
    if (most === undefined) return false;
    const count = sorted.reduce((sum, [, n]) => sum + n, 0);
    const summary = {
      reason: most[0],
      bytes: this.#bytes,
      count,
      reasons: Object.fromEntries(sorted),
      detail: this.#detail,
    };
    this.#reasons = new Map();
    this.#bytes = 0;
    this.#publish(summary);
    return true;
  }
}
