import type { LogRecord } from './port.ts';

/** What commits in one transaction. A document without text is deleted. */
export interface Group {
  readonly records: readonly LogRecord[];
  readonly documents: readonly (readonly [key: string, text: string | null])[];
}

/** One call of append on its way to disk. */
export interface Append extends Group {
  /** Of the records' JSON. */
  readonly bytes: number;
  /** The same, and of the documents. */
  readonly size: number;
  /** Of the newest record appended so far. */
  readonly offset: number;
  readonly resolve: (offset: number) => void;
  readonly reject: (error: Error) => void;
}

const GROUP_RECORDS = 5_000;
const GROUP_BYTES = 4 * 2 ** 20;

/** Appends in their order. What is asked for stays queued until it is removed: when it is durable. */
export class AppendQueue {
  #queue: Append[] = [];

  push(append: Append): void {
    this.#queue.push(append);
  }

  /** The first appends that make a group; one, however large it is. */
  next(): readonly Append[] {
    return firstGroup(this.#queue);
  }

  /**
   * The next group of appends that bring documents alone, of those that may go before the others: none that has a
   * key in common with one that stays behind, so that the order holds for each document.
   */
  nextOvertaking(): readonly Append[] {
    const behind = new Set<string>();
    const overtaking = this.#queue.filter(({ records, documents }) => {
      const goes = records.length === 0 && documents.length > 0 && documents.every(([key]) => !behind.has(key));
      if (!goes) for (const [key] of documents) behind.add(key);
      return goes;
    });
    return firstGroup(overtaking);
  }

  /** Takes out what one of the others gave. */
  remove(group: readonly Append[]): void {
    // In its place at the front, as a rule.
    if (this.#queue[group.length - 1] === group.at(-1)) {
      this.#queue.splice(0, group.length);
    } else {
      const gone = new Set(group);
      this.#queue = this.#queue.filter((append) => !gone.has(append));
    }
  }

  clear(): readonly Append[] {
    const all = this.#queue;
    this.#queue = [];
    return all;
  }
}

function firstGroup(appends: readonly Append[]): readonly Append[] {
  let records = 0;
  let size = 0;
  const beyond = appends.findIndex((append, index) => {
    records += append.records.length;
    size += append.size;
    return index > 0 && (records > GROUP_RECORDS || size > GROUP_BYTES);
  });
  return appends.slice(0, beyond === -1 ? undefined : beyond);
}
