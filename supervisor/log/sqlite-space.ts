import type { DatabaseSync, StatementSync } from 'node:sqlite';
import { DiskFullError } from './errors.ts';
import type { Ballast } from './sqlite-ballast.ts';

const FULL = 13;
const MIB = 2 ** 20;

/**
 * Lets the important things be written on a full disk. The first write that finds it full frees the ballast. From then
 * on documents and trims go through and records don't, until the ballast could be made again, or until retention has
 * made as much room inside the database; that may be used down to its half, so that records don't come and go.
 */
export class Space {
  readonly #db: DatabaseSync;
  readonly #ballast: Ballast;
  readonly #folder: string;
  readonly #size: number;
  readonly #changed: (held: number) => void;
  readonly #freePages: StatementSync;
  readonly #pageSize: number;
  #roomInside = false;

  /** `size`: of the ballast, whole. `changed` is told how much of it is there, whenever that changes. */
  constructor(db: DatabaseSync, ballast: Ballast, folder: string, size: number, changed: (held: number) => void) {
    this.#db = db;
    this.#ballast = ballast;
    this.#folder = folder;
    this.#size = size;
    this.#changed = changed;
    this.#freePages = db.prepare('PRAGMA freelist_count');
    this.#pageSize = Number(db.prepare('PRAGMA page_size').get()?.page_size);
  }

  /** Records wait for room. Throws DiskFullError when there is none. */
  writeRecords<T>(write: () => T): T {
    if (!this.#isRoom()) throw this.#full();
    try {
      return write();
    } catch (error) {
      if (!isFull(error)) throw error;
      this.#spend();
      throw this.#full();
    }
  }

  /** Documents and trims take what there is. Throws DiskFullError when even that is nothing. */
  write<T>(write: () => T): T {
    for (;;) {
      try {
        return write();
      } catch (error) {
        if (!isFull(error)) throw error;
        // Once at most: what was spent isn't there to be spent again.
        if (!this.#spend()) throw this.#full();
      }
    }
  }

  /** Makes the ballast again, or at last, when there is room. */
  restock(): boolean {
    const { held } = this.#ballast;
    const whole = this.#ballast.restore();
    if (this.#ballast.held !== held) this.#changed(this.#ballast.held);
    return whole;
  }

  #isRoom(): boolean {
    if (!this.#ballast.spent || this.restock()) return true;
    const inside = Number(this.#freePages.get()?.freelist_count) * this.#pageSize;
    this.#roomInside = inside >= (this.#roomInside ? this.#size / 2 : this.#size);
    return this.#roomInside;
  }

  #spend(): boolean {
    this.#roomInside = false;
    if (!this.#ballast.spend()) return false;
    this.#changed(0);
    try {
      // What the write-ahead log holds moves into the database, and its space is free too.
      this.#db.exec('PRAGMA wal_checkpoint(TRUNCATE)');
    } catch {
      // Then there is the ballast alone.
    }
    return true;
  }

  #full(): DiskFullError {
    const needed = this.#ballast.spent ? `, ${Math.ceil(this.#ballast.needed / MIB)} MiB are needed to go on` : '';
    const free = Math.floor(this.#ballast.free() / MIB);
    return new DiskFullError(
      `the disk is full: ${free} MiB are free in ${this.#folder}${needed}; make room there, or lower log.maxEventsPerRoom or log.maxAge`,
    );
  }
}

/** SQLite says so of a disk without space and of a database at its bound. */
export function isFull(error: unknown): boolean {
  return error instanceof Error && 'errcode' in error && (Number(error.errcode) & 0xff) === FULL;
}
