import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { Retention } from './port.ts';
import type { TrimReply } from './sqlite-protocol.ts';
import { SPAN } from './sqlite-schema.ts';

/** Bounds of one step, so that it holds up a commit for a few milliseconds only. */
const STEP_RECORDS = 500;
const STEP_ROOMS = 10;
const STEP_PLAN = 10_000;
/** So many doomed offsets are held in memory at most. */
const PLAN = 200_000;

/** What is left of a log that was too large, as a share of the size that is allowed. */
const KEPT = 0.9;

type Expiring = 'oldSpan' | 'expire' | 'left' | 'dropSpan' | 'narrow';
type Capping = 'nextRoom' | 'nextTelemetryRoom' | 'drop';
type Name = Expiring | Capping | 'oldest' | 'pages' | 'freePages' | 'pageSize' | 'trimmed';
/** What is gone. */
interface Step {
  readonly offsets: readonly number[];
  readonly telemetry: number;
}
const NOTHING: Step = { offsets: [], telemetry: 0 };

/** How the events of one class in a room are found: from the newest on, and from the oldest. */
interface Class {
  readonly cut: StatementSync;
  readonly excess: StatementSync;
}

/** Forgets old records in small transactions, one a step, so that commits get in between. */
export class SqliteTrimmer {
  readonly #db: DatabaseSync;
  readonly #statements: Record<Name, StatementSync>;
  readonly #authoritative: Class;
  readonly #telemetry: Class;
  #steps: Iterator<Step> | undefined;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = {
      oldSpan: db.prepare('SELECT start FROM spans WHERE oldest < ? ORDER BY start LIMIT 1'),
      expire: db.prepare(
        'DELETE FROM events WHERE offset >= ? AND offset < ? AND received_at < ? RETURNING offset, room, telemetry',
      ),
      left: db.prepare('SELECT min(received_at) AS oldest FROM events WHERE offset >= ? AND offset < ?'),
      dropSpan: db.prepare('DELETE FROM spans WHERE start = ?'),
      narrow: db.prepare('UPDATE spans SET oldest = ? WHERE start = ?'),
      nextRoom: db.prepare('SELECT min(room) AS room FROM events WHERE room > ? AND telemetry = 0'),
      nextTelemetryRoom: db.prepare('SELECT min(room) AS room FROM events WHERE room > ? AND telemetry = 1'),
      drop: db.prepare('DELETE FROM events WHERE offset = ? RETURNING offset, room, telemetry'),
      oldest: db.prepare(
        'DELETE FROM events WHERE offset IN (SELECT offset FROM events ORDER BY offset LIMIT ?) RETURNING offset, room, telemetry',
      ),
      pages: db.prepare('PRAGMA page_count'),
      freePages: db.prepare('PRAGMA freelist_count'),
      pageSize: db.prepare('PRAGMA page_size'),
      trimmed: db.prepare('UPDATE rooms SET trimmed = max(trimmed, ?) WHERE room = ?'),
    };
    this.#authoritative = classOf(db, 0);
    this.#telemetry = classOf(db, 1);
  }

  /** Begins with a retention, goes on without one. After an error it has to begin anew. */
  step(retention: Retention | undefined): TrimReply {
    if (retention !== undefined) this.#steps = this.#trim(retention);
    const { value, done } = this.#steps?.next() ?? { value: undefined, done: true };
    return done === true ? { ...NOTHING, done } : { ...value, done: false };
  }

  *#trim(retention: Retention): Generator<Step, undefined> {
    yield* this.#expire(retention.before);
    yield* this.#cap(retention);
    if (retention.maxBytes !== undefined) yield* this.#shrink(retention.maxBytes);
  }

  *#expire(before: number): Generator<Step> {
    const { oldSpan, expire, left, dropSpan, narrow } = this.#statements;
    for (let span = oldSpan.get(before); span !== undefined; span = oldSpan.get(before)) {
      const start = Number(span.start);
      yield this.#remove(() => {
        const rows = expire.all(start, start + SPAN, before);
        const oldest = left.get(start, start + SPAN)?.oldest ?? null;
        if (oldest === null) dropSpan.run(start);
        else narrow.run(oldest, start);
        return rows;
      });
    }
  }

  /** Oldest first, whatever the room: neighbours on disk go together, and every room keeps its newest. */
  *#cap(retention: Retention): Generator<Step> {
    const { drop } = this.#statements;
    for (;;) {
      const doomed = yield* this.#plan(retention);
      doomed.sort((a, b) => a - b);
      for (let i = 0; i < doomed.length; i += STEP_RECORDS) {
        yield this.#remove(() => doomed.slice(i, i + STEP_RECORDS).flatMap((offset) => drop.all(offset)));
      }
      if (doomed.length < PLAN) return;
    }
  }

  /** The offsets beyond the cap, PLAN of them at most. */
  *#plan({ maxEventsPerRoom, maxTelemetryPerRoom, passed }: Retention): Generator<Step, number[]> {
    const { nextRoom, nextTelemetryRoom } = this.#statements;
    const doomed: number[] = [];
    yield* this.#excess(nextRoom, this.#authoritative, maxEventsPerRoom, passed, doomed);
    if (maxTelemetryPerRoom !== undefined) {
      yield* this.#excess(nextTelemetryRoom, this.#telemetry, maxTelemetryPerRoom, passed, doomed);
    }
    return doomed;
  }

  /** Of one class, room by room, until there are PLAN of them. */
  *#excess(nextRoom: StatementSync, of: Class, cap: number, passed: number, doomed: number[]): Generator<Step> {
    let rooms = 0;
    for (let room = nextRoom.get(-1)?.room; typeof room === 'number'; room = nextRoom.get(room)?.room) {
      const through = Math.min(Number(of.cut.get(room, cap)?.offset ?? 0), passed);
      for (let after = 0, more = true; more; ) {
        const wanted = Math.min(STEP_PLAN, PLAN - doomed.length);
        const offsets = of.excess.all(room, through, after, wanted).map((row) => Number(row.offset));
        for (const offset of offsets) doomed.push(offset);
        if (doomed.length === PLAN) return;
        after = offsets.at(-1) ?? after;
        more = offsets.length === wanted;
        if (more) yield NOTHING;
      }
      rooms += 1;
      if (rooms % STEP_ROOMS === 0) yield NOTHING;
    }
  }

  *#shrink(maxBytes: number): Generator<Step> {
    if (this.#used() <= maxBytes) return;
    // Documents never go, and no record is to go in their place.
    const documents = this.#usedByDocuments();
    if (this.#used() - documents <= maxBytes) return;
    for (let gone = 1; gone > 0 && this.#used() - documents > maxBytes * KEPT; ) {
      const step = this.#remove(() => this.#statements.oldest.all(STEP_RECORDS));
      gone = step.offsets.length;
      yield step;
    }
  }

  /** Bytes of the database that hold something. */
  #used(): number {
    const { pages, freePages, pageSize } = this.#statements;
    const count = Number(pages.get()?.page_count) - Number(freePages.get()?.freelist_count);
    return count * Number(pageSize.get()?.page_size);
  }

  /**
   * Whole pages, which may be several times the text: one of 2.5 KB takes one to itself. Looks at each of them, at
   * some GB a second; prepared only now, because not every build of SQLite has this table.
   */
  #usedByDocuments(): number {
    const size = this.#db.prepare("SELECT pgsize FROM dbstat WHERE name = 'documents' AND aggregate = TRUE");
    return Number(size.get()?.pgsize);
  }

  /** Deletes in a transaction that also remembers, for each room, how far its records are gone. */
  #remove(remove: () => ReturnType<StatementSync['all']>): Step {
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      const highest = new Map<number, number>();
      let telemetry = 0;
      const offsets = remove().map((row) => {
        const [offset, room] = [Number(row.offset), Number(row.room)];
        telemetry += Number(row.telemetry);
        highest.set(room, Math.max(offset, highest.get(room) ?? 0));
        return offset;
      });
      for (const [room, offset] of highest) this.#statements.trimmed.run(offset, room);
      this.#db.exec('COMMIT');
      return { offsets, telemetry };
    } catch (error) {
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
  }
}

/** The number stands in the text: for a parameter SQLite wouldn't take the index of the class. */
function classOf(db: DatabaseSync, telemetry: 0 | 1): Class {
  const from = `SELECT offset FROM events WHERE room = ? AND telemetry = ${telemetry}`;
  return {
    cut: db.prepare(`${from} ORDER BY offset DESC LIMIT 1 OFFSET ?`),
    excess: db.prepare(`${from} AND offset <= ? AND offset > ? ORDER BY offset LIMIT ?`),
  };
}
