import type { Clock, Timer } from '../spec/runtime/clock.ts';
import type { Line, QueueLimits } from './line-queue.ts';

/** How long a supervisor that takes every line may leave a full house without an acknowledgement. */
const PATIENCE_MS = 5_000;

/**
 * Authoritative lines that were handed over and may not be in the supervisor's log yet. An acknowledgement names one
 * of them and means all before it, too. At the bound nothing more is handed over until acknowledgements come;
 * when they fail to come for too long, or for good, the oldest lines are let go instead: the bot lives on.
 */
export class Unacknowledged {
  readonly #clock: Clock;
  readonly #limits: QueueLimits;
  readonly #lines = new Map<string, Line>();
  readonly #emptied: (() => void)[] = [];
  #bytes = 0;
  /** Acknowledgements are on their way, as far as is known. */
  #expecting = true;
  #patience: Timer | undefined;
  #onRoom: () => void = () => {};

  /** `limits` may be overstepped by what one write hands over. */
  constructor(clock: Clock, limits: QueueLimits) {
    this.#clock = clock;
    this.#limits = limits;
  }

  /** Oldest first. */
  get lines(): Line[] {
    return [...this.#lines.values()];
  }

  /** Nothing more may be handed over until there is room. */
  get blocked(): boolean {
    return this.#expecting && this.#full;
  }

  /** Called when there is room again. */
  whenRoom(onRoom: () => void): void {
    this.#onRoom = onRoom;
  }

  add(lines: readonly Line[]): void {
    for (const line of lines) {
      if (line.telemetry) continue;
      this.#lines.set(line.id, line);
      this.#bytes += line.bytes;
    }
    if (!this.#expecting) this.#letGo();
    else if (this.#full) this.#patience ??= this.#clock.after(PATIENCE_MS, () => this.expectNoMore());
  }

  /** An id that isn't known, because it was let go or never was, says nothing. */
  acknowledge(through: string): void {
    if (!this.#lines.has(through)) return;
    for (const [id, line] of this.#lines) {
      this.#forget(line);
      if (id === through) break;
    }
    this.#expecting = true;
    this.#roomMade();
  }

  /** The supervisor has gone, or behaves as if it never acknowledged. What is kept stays; what is added displaces it. */
  expectNoMore(): void {
    this.#expecting = false;
    this.#roomMade();
  }

  /** Resolves when everything is acknowledged or nothing more will be, at most `ms` from now. */
  async settled(ms: number): Promise<void> {
    if (this.#isSettled) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#emptied.push(resolve);
    const timer = this.#clock.after(ms, resolve);
    await promise;
    timer.cancel();
  }

  get #full(): boolean {
    return this.#lines.size >= this.#limits.lines || this.#bytes >= this.#limits.bytes;
  }

  get #isSettled(): boolean {
    return !this.#expecting || this.#lines.size === 0;
  }

  #roomMade(): void {
    if (this.#isSettled) for (const resolve of this.#emptied.splice(0)) resolve();
    if (this.blocked) return;
    this.#patience?.cancel();
    this.#patience = undefined;
    this.#onRoom();
  }

  #letGo(): void {
    for (const line of this.#lines.values()) {
      if (!this.#full) return;
      this.#forget(line);
    }
  }

  #forget(line: Line): void {
    this.#lines.delete(line.id);
    this.#bytes -= line.bytes;
  }
}
