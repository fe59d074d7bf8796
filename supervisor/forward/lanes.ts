import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export interface Lined {
  /** Items of one lane keep their order: no two batches hold some of them at the same time. */
  readonly lane: string;
  /** As PutEvents counts. */
  readonly bytes: number;
  /** Leaves at once, and takes along what waits. */
  readonly high: boolean;
}

export interface BatchLimits {
  readonly entries: number;
  readonly waitMs: number;
  readonly bytes: number;
}

interface Lane<T> {
  readonly name: string;
  readonly waiting: { readonly item: T; readonly since: number }[];
  bytes: number;
  high: number;
  /** Items that were taken and not released. */
  out: number;
}

/**
 * Where items wait for their batch, a queue a lane. A batch is due when there is enough for a full one, when an item
 * is urgent, or when one has waited long enough. It takes from free lanes only; then those are busy until all that
 * was taken from them is released.
 */
export class Lanes<T extends Lined> {
  readonly #limits: BatchLimits;
  readonly #clock: Clock;
  readonly #due: () => void;
  readonly #lanes = new Map<string, Lane<T>>();
  /** Lanes to take from: none of theirs is out, and something waits. The one that was served last stands last. */
  readonly #free = new Set<Lane<T>>();
  readonly #urgent = new Set<Lane<T>>();
  #items = 0;
  #bytes = 0;
  #dueAt = Number.POSITIVE_INFINITY;
  #timer: Timer | undefined;
  #flushing = false;
  #turn = false;

  /** `due` is called when items have waited long enough, not when some were added: take then. */
  constructor(limits: BatchLimits, clock: Clock, due: () => void) {
    this.#limits = limits;
    this.#clock = clock;
    this.#due = due;
  }

  /** Items that can be taken, due or not. */
  get waiting(): number {
    return this.#items;
  }

  /** Items of a lane, taken or not, but for those that were released; and bytes of those that wait. */
  load(name: string): { readonly items: number; readonly bytes: number } {
    const lane = this.#lanes.get(name);
    return lane === undefined ? { items: 0, bytes: 0 } : { items: lane.waiting.length + lane.out, bytes: lane.bytes };
  }

  add(item: T): void {
    let lane = this.#lanes.get(item.lane);
    if (lane === undefined) {
      lane = { name: item.lane, waiting: [], bytes: 0, high: 0, out: 0 };
      this.#lanes.set(item.lane, lane);
    }
    if (lane.out === 0) this.#close(lane);
    lane.waiting.push({ item, since: this.#clock.monotonic() });
    lane.bytes += item.bytes;
    if (item.high) lane.high++;
    if (lane.out === 0) this.#open(lane);
  }

  /** A batch that is due, within the limits; undefined when none is. An item above the limit of bytes goes alone. */
  take(): T[] | undefined {
    const now = this.#clock.monotonic();
    const overdue = now >= this.#dueAt;
    if (this.#items === 0 || !(overdue || this.#isDue())) {
      this.#arm(now);
      return undefined;
    }
    const batch: T[] = [];
    // What is urgent comes first, but not for ever at the cost of what has waited too long.
    this.#turn = !this.#turn;
    if (!overdue || this.#turn) this.#fill(batch, this.#urgent);
    this.#fill(batch, this.#free);
    this.#dueAt = Number.POSITIVE_INFINITY;
    for (const lane of this.#free) this.#expect(lane);
    return batch;
  }

  /** An item that was taken holds its lane up no more. Once an item. */
  release({ lane: name }: T): void {
    const lane = this.#lanes.get(name);
    if (lane === undefined || --lane.out > 0) return;
    if (lane.waiting.length === 0) this.#lanes.delete(name);
    else this.#open(lane);
  }

  /** From now on nothing waits for company. */
  flush(): void {
    this.#flushing = true;
  }

  close(): void {
    this.#timer?.cancel();
  }

  #isDue(): boolean {
    const { entries, bytes } = this.#limits;
    return this.#flushing || this.#urgent.size > 0 || this.#items >= entries || this.#bytes >= bytes;
  }

  #fill(batch: T[], lanes: Iterable<Lane<T>>): void {
    const { entries, bytes: limit } = this.#limits;
    let bytes = batch.reduce((sum, item) => sum + item.bytes, 0);
    for (const lane of lanes) {
      if (batch.length >= entries) return;
      let count = 0;
      for (const { item } of lane.waiting) {
        if (batch.length >= entries || (batch.length > 0 && bytes + item.bytes > limit)) break;
        batch.push(item);
        bytes += item.bytes;
        count++;
      }
      if (count > 0) this.#takeFrom(lane, count);
    }
  }

  #takeFrom(lane: Lane<T>, count: number): void {
    this.#close(lane);
    for (const { item } of lane.waiting.splice(0, count)) {
      lane.bytes -= item.bytes;
      if (item.high) lane.high--;
    }
    lane.out = count;
  }

  #open(lane: Lane<T>): void {
    this.#free.add(lane);
    if (lane.high > 0) this.#urgent.add(lane);
    this.#items += lane.waiting.length;
    this.#bytes += lane.bytes;
    this.#expect(lane);
  }

  #close(lane: Lane<T>): void {
    if (!this.#free.delete(lane)) return;
    this.#urgent.delete(lane);
    this.#items -= lane.waiting.length;
    this.#bytes -= lane.bytes;
  }

  #expect(lane: Lane<T>): void {
    const since = lane.waiting[0]?.since;
    if (since !== undefined) this.#dueAt = Math.min(this.#dueAt, since + this.#limits.waitMs);
  }

  #arm(now: number): void {
    this.#timer?.cancel();
    this.#timer = this.#items === 0 ? undefined : this.#clock.after(Math.max(0, this.#dueAt - now), this.#due);
  }
}
