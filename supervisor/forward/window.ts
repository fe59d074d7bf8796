/** What finally became of an event. */
export type Fate = 'delivered' | 'deadLettered' | 'expired' | 'local' | 'sampledOut' | 'pii' | 'specMismatch';
export type Counts = Record<Fate, number>;

/** One event that was read and isn't settled. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

/** Events of a room that were read past, to be read again when its earlier ones have gone. */
export interface Parked {
  readonly roomId: string;
  /** They lie beyond this offset. */
  readonly after: number;
  readonly count: number;
}

/** How far reading and settling have got; small enough to be written down several times a second. */
export interface Progress {
  /** The last offset read. */
  readonly readTo: number;
  /** Offsets up to there that aren't settled, in order. */
  readonly open: readonly number[];
  readonly parked: readonly Parked[];
  /** What became of all the others. */
  readonly counts: Counts;
}

/** The events that were read and aren't settled, what was read past, and numbers for all the others. */
export class Window<T extends Place> {
  readTo: number;
  /** Unsettled bytes, as PutEvents counts. */
  bytes = 0;
  readonly counts: Counts;
  readonly #open = new Map<number, T>();
  readonly #parked: Map<string, Parked>;

  /** What was left open has to be added. */
  constructor({ readTo, parked, counts }: Omit<Progress, 'open'>) {
    this.readTo = readTo;
    this.counts = { ...counts };
    this.#parked = new Map(parked.map((each) => [each.roomId, each]));
  }

  get size(): number {
    return this.#open.size;
  }

  get oldest(): T | undefined {
    let oldest: T | undefined;
    for (const item of this.#open.values()) if (item.offset < (oldest?.offset ?? Infinity)) oldest = item;
    return oldest;
  }

  /** By room; the one that was looked after last stands last. */
  get parked(): ReadonlyMap<string, Parked> {
    return this.#parked;
  }

  get progress(): Progress {
    return {
      readTo: this.readTo,
      open: [...this.#open.keys()].sort((a, b) => a - b),
      parked: [...this.#parked.values()],
      counts: { ...this.counts },
    };
  }

  /** The next event that was read, or one that had been left open or parked, to be settled later. */
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

  /** The next event was read, and left for later. */
  park(offset: number, roomId: string): void {
    const { after, count } = this.#parked.get(roomId) ?? { after: offset - 1, count: 0 };
    this.#parked.set(roomId, { roomId, after, count: count + 1 });
    this.readTo = offset;
  }

  /** `taken` of a room's parked events, up to an offset, are parked no more. */
  unpark(roomId: string, to: number, taken: number): void {
    const count = (this.#parked.get(roomId)?.count ?? 0) - taken;
    this.#parked.delete(roomId);
    if (to < this.readTo) this.#parked.set(roomId, { roomId, after: to, count });
    // What isn't found any more is no longer kept.
    else if (count > 0) this.counts.expired += count;
  }

  settle(item: T, fate: Fate): void {
    if (!this.#open.delete(item.offset)) throw new Error(`event at ${item.offset} was settled twice`);
    this.bytes -= item.bytes;
    this.counts[fate]++;
  }
}

/** Low-water mark: everything at or below it is settled. */
export function markOf({ readTo, open, parked }: Progress): number {
  return Math.min(readTo, (open[0] ?? Infinity) - 1, ...parked.map(({ after }) => after));
}

/** Not settled yet, of what was read. */
export function unsettled({ open, parked }: Progress): number {
  return open.length + sumOf(parked);
}

export function sumOf(parked: Iterable<Parked>): number {
  let sum = 0;
  for (const { count } of parked) sum += count;
  return sum;
}

export function noCounts(): Counts {
  return { delivered: 0, deadLettered: 0, expired: 0, local: 0, sampledOut: 0, pii: 0, specMismatch: 0 };
}
