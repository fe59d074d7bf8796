import type { Clock, Timer } from '../../spec/runtime/clock.ts';

/** A start that hasn't been heard of for so long makes place for the next. */
const LONGEST_MS = 10_000;
/** How much a new duration counts in the average. */
const WEIGHT = 0.2;
/** What a start is taken to last before any has. */
const FIRST_GUESS_MS = 100;

/** For whom a process starts: for a room, which somebody waits for, or to wait for one. */
export type Starter = 'room' | 'waiting';

export interface StartTicket {
  /** Resolves when the process may be started, or when the place was left before. */
  readonly turn: Promise<void>;
  /** The bot has spoken or gone, or isn't to be started any more. Idempotent. */
  leave(): void;
}

interface Start {
  readonly who: Starter;
  /** Monotonic milliseconds. */
  readonly at: number;
}

/**
 * So many processes at a time are between their start and their first word; the others queue, first come, first served.
 * A hundred that start at once would all be late, and what runs already would stand still meanwhile. Rooms go before
 * processes that are to wait, and half of the places is theirs alone, whatever hangs in the other.
 */
export class StartGate {
  readonly #clock: Clock;
  /** Processes that may start at a time. */
  readonly limit: number;
  /** So many of them at most are to wait for a room. */
  readonly waitingLimit: number;
  readonly #queues: Readonly<Record<Starter, (() => void)[]>> = { room: [], waiting: [] };
  readonly #underWay = new Set<Start>();
  /** Of rooms' starts: one that is to wait may hang for long, and says nothing of how long a room waits. */
  #averageMs = FIRST_GUESS_MS;

  constructor(clock: Clock, limit: number) {
    this.#clock = clock;
    this.limit = limit;
    this.waitingLimit = Math.max(1, Math.floor(limit / 2));
  }

  /** Processes between their start and their first word. */
  get starting(): number {
    return this.#underWay.size;
  }

  /** Those that haven't got their turn. */
  get queued(): number {
    return this.#queues.room.length + this.#queues.waiting.length;
  }

  /**
   * How long a room that came now would wait, in milliseconds: by what starts have lasted lately, and by what those under
   * way have lasted already.
   */
  get expectedWaitMs(): number {
    if (this.#underWay.size < this.limit) return 0;
    const now = this.#clock.monotonic();
    const ages = this.#of('room').map(({ at }) => now - at);
    const typical = Math.max(this.#averageMs, sum(ages) / Math.max(1, ages.length));
    const endingPerMs = sum([...this.#underWay].map(({ at }) => 1 / Math.max(typical, now - at)));
    return (this.#queues.room.length + 1) / endingPerMs;
  }

  enter(who: Starter = 'room'): StartTicket {
    const { promise: turn, resolve } = Promise.withResolvers<void>();
    const queue = this.#queues[who];
    let start: Start | undefined;
    let left = false;
    let longest: Timer | undefined;
    const leave = () => {
      if (left) return;
      left = true;
      longest?.cancel();
      resolve();
      if (start === undefined) queue.splice(queue.indexOf(begin), 1);
      else this.#end(start);
    };
    const begin = () => {
      start = { who, at: this.#clock.monotonic() };
      this.#underWay.add(start);
      longest = this.#clock.after(LONGEST_MS, leave);
      resolve();
    };
    queue.push(begin);
    this.#next();
    return { turn, leave };
  }

  /** Starts a process that is to wait for a room: does `work` in its turn, which lasts until it has resolved. */
  async pass(work: () => Promise<void>): Promise<void> {
    const ticket = this.enter('waiting');
    await ticket.turn;
    try {
      await work();
    } finally {
      ticket.leave();
    }
  }

  #end(start: Start): void {
    this.#underWay.delete(start);
    const lastedMs = this.#clock.monotonic() - start.at;
    if (start.who === 'room') this.#averageMs += WEIGHT * (lastedMs - this.#averageMs);
    this.#next();
  }

  #next(): void {
    const { room, waiting } = this.#queues;
    while (this.#underWay.size < this.limit) {
      const mayWait = this.#of('waiting').length < this.waitingLimit;
      const begin = room.shift() ?? (mayWait ? waiting.shift() : undefined);
      if (begin === undefined) return;
      begin();
    }
  }

  #of(who: Starter): Start[] {
    return [...this.#underWay].filter((start) => start.who === who);
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
