import type { LogRecord, Page, ReadQuery } from './port.ts';

export interface RecentLimits {
  readonly records: number;
  /** Of JSON, in UTF-16 units. */
  readonly bytes: number;
}

interface Slot {
  readonly offset: number;
  readonly roomId: string;
  /** Absent when retention has removed it: a reader that comes by is told of a gap. */
  readonly record: LogRecord | undefined;
}

/** The newest records in memory, without a hole, so that caught-up readers never touch the disk. */
export class Recent {
  readonly #limits: RecentLimits;
  readonly #slots: Slot[];
  #first: number;
  #last: number;
  /** How far the records of each room are gone, as the file's own index of rooms has it. */
  readonly #trimmed = new Map<string, number>();
  #bytes = 0;

  /** `last`: offset of the newest record that exists already and isn't in memory. */
  constructor(last: number, limits: RecentLimits) {
    this.#limits = limits;
    this.#slots = new Array(limits.records);
    this.#first = last + 1;
    this.#last = last;
  }

  get first(): number {
    return this.#first;
  }

  add(records: readonly LogRecord[]): void {
    for (const record of records) {
      if (record.offset - this.#first >= this.#limits.records) this.#evict();
      this.#slots[record.offset % this.#limits.records] = { offset: record.offset, roomId: record.roomId, record };
      this.#last = record.offset;
      this.#bytes += record.json.length;
      while (this.#bytes > this.#limits.bytes) this.#evict();
    }
  }

  #evict(): void {
    const index = this.#first % this.#limits.records;
    const slotRoom = this.#slots[index]?.roomId;
    this.#bytes -= this.#slots[index]?.record?.json.length ?? 0;
    delete this.#slots[index];
    if (slotRoom !== undefined && (this.#trimmed.get(slotRoom) ?? 0) <= this.#first) this.#trimmed.delete(slotRoom);
    this.#first += 1;
  }

  forget(offsets: Iterable<number>): void {
    for (const offset of offsets) {
      const slot = this.#slots[offset % this.#limits.records];
      if (slot?.offset !== offset || slot.record === undefined) continue;
      this.#bytes -= slot.record.json.length;
      this.#trimmed.set(slot.roomId, Math.max(offset, this.#trimmed.get(slot.roomId) ?? 0));
      this.#slots[offset % this.#limits.records] = { offset, roomId: slot.roomId, record: undefined };
    }
  }

  /** The page, or undefined when it begins before what memory holds. */
  read(query: ReadQuery): Page | undefined {
    if (query.after + 1 < this.#first) return undefined;
    const records: LogRecord[] = [];
    let gap = query.roomId !== undefined && (this.#trimmed.get(query.roomId) ?? 0) > query.after;
    let examined = 0;
    for (let offset = query.after + 1; offset <= this.#last; offset++) {
      const slot = this.#slots[offset % this.#limits.records];
      if (slot === undefined || (query.roomId !== undefined && slot.roomId !== query.roomId)) continue;
      if (slot.record === undefined) {
        gap = true;
        continue;
      }
      if (query.topic === undefined || query.topic(slot.record.topic)) records.push(slot.record);
      examined += 1;
      if (examined >= query.limit) return { records, next: offset, gap };
    }
    return { records, next: Math.max(query.after, this.#last), gap };
  }
}
