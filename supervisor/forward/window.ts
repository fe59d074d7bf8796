/** What finally became of an event. */
export const FATES = ['delivered', 'deadLettered', 'expired', 'local', 'sampledOut', 'pii'] as const;
export type Fate = (typeof FATES)[number];
export type Counts = Record<Fate, number>;

/** One event that was read and isn't settled. */
export interface Place {
  readonly offset: number;
  readonly bytes: number;
}

interface Node<T> {
  readonly item: T;
  before: Node<T> | undefined;
  after: Node<T> | undefined;
  /** What is settled between this one and the next unsettled one. */
  readonly settled: Counts;
}

/**
 * The events between the cursor and the point of reading. Holds the unsettled ones only, in the order of the log;
 * the settled ones between them are numbers. So its size doesn't grow while one entry waits and others pass it.
 */
export class Window<T extends Place> {
  /** The last offset read. */
  readTo: number;
  /** Unsettled bytes, as PutEvents counts. */
  bytes = 0;
  /** Settled, wherever they stand. */
  readonly total: Counts;
  /** Settled at or below the mark. */
  readonly passed: Counts;
  readonly #nodes = new Map<number, Node<T>>();
  #head: Node<T> | undefined;
  #tail: Node<T> | undefined;

  constructor(at: number, counts: Counts) {
    this.readTo = at;
    this.total = { ...counts };
    this.passed = { ...counts };
  }

  get size(): number {
    return this.#nodes.size;
  }

  get oldest(): T | undefined {
    return this.#head?.item;
  }

  /** Low-water mark: everything at or below it is settled. */
  get mark(): number {
    return this.#head === undefined ? this.readTo : this.#head.item.offset - 1;
  }

  /** The next event that was read, to be settled later. */
  add(item: T): void {
    const node: Node<T> = { item, before: this.#tail, after: undefined, settled: noCounts() };
    if (this.#tail === undefined) this.#head = node;
    else this.#tail.after = node;
    this.#tail = node;
    this.#nodes.set(item.offset, node);
    this.bytes += item.bytes;
    this.readTo = item.offset;
  }

  /** The next `count` events, settled as soon as they were read; `to` is the offset of the last. */
  skip(to: number, fate: Fate, count = 1): void {
    this.total[fate] += count;
    (this.#tail?.settled ?? this.passed)[fate] += count;
    this.readTo = to;
  }

  settle(item: T, fate: Fate): void {
    const node = this.#nodes.get(item.offset);
    if (node === undefined) throw new Error(`event at ${item.offset} was settled twice`);
    this.#nodes.delete(item.offset);
    this.bytes -= item.bytes;
    this.total[fate]++;
    const into = node.before?.settled ?? this.passed;
    into[fate]++;
    for (const each of FATES) into[each] += node.settled[each];
    if (node.before === undefined) this.#head = node.after;
    else node.before.after = node.after;
    if (node.after === undefined) this.#tail = node.before;
    else node.after.before = node.before;
  }
}

export function noCounts(): Counts {
  return { delivered: 0, deadLettered: 0, expired: 0, local: 0, sampledOut: 0, pii: 0 };
}
