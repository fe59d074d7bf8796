/** What finally became of an event. */
export type Fate = 'delivered' | 'deadLettered' | 'expired' | 'local' | 'sampledOut' | 'pii';
export type Counts = Record<Fate, number>;

/** One event that was read and isn't settled. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** How far reading and settling have got; small enough to be written down every second. */
export interface Progress {
  /** The last offset read. */
  readonly readTo: number;
  /** Offsets up to there that aren't settled, in order. */
  readonly open: readonly number[];
  /** What became of all the others. */
  readonly counts: Counts;
}

/** The events that were read and aren't settled, in the order of the log, and numbers for all the others. */
export class Window<T extends Place> {
  readTo: number;
  /** Unsettled bytes, as PutEvents counts. */
  bytes = 0;
  readonly counts: Counts;
  readonly #open = new Map<number, T>();

  constructor({ readTo, counts }: Omit<Progress, 'open'>) {
    this.readTo = readTo;
    this.counts = { ...counts };
  }

  get size(): number {
    return this.#open.size;
  }

  get oldest(): T | undefined {
    return this.#open.values().next().value;
  }

  /** Low-water mark: everything at or below it is settled. */
  get mark(): number {
    return markOf(this.readTo, this.oldest?.offset);
  }

  get progress(): Progress {
    return { readTo: this.readTo, open: [...this.#open.keys()], counts: { ...this.counts } };
  }

  /** The next event that was read, or one that had been left open, to be settled later. */
  add(item: T): void {
    this.#open.set(item.offset, item);
    this.bytes += item.bytes;
    this.readTo = Math.max(this.readTo, item.offset);
  }

  /** The same, settled at once: `count` events, `to` is the offset of the last. */
  skip(to: number, fate: Fate, count = 1): void {
    this.counts[fate] += count;
    this.readTo = Math.max(this.readTo, to);
  }

  settle(item: T, fate: Fate): void {
    if (!this.#open.delete(item.offset)) throw new Error(`event at ${item.offset} was settled twice`);
    this.bytes -= item.bytes;
    this.counts[fate]++;
  }
}

/** The low-water mark of what was read up to an offset, when `oldest` is the first that isn't settled. */
export function markOf(readTo: number, oldest: number | undefined): number {
  return oldest === undefined ? readTo : oldest - 1;
}

export function noCounts(): Counts {
  return { delivered: 0, deadLettered: 0, expired: 0, local: 0, sampledOut: 0, pii: 0 };
}
