import type { DatabaseSync, StatementSync } from 'node:sqlite';
import type { CommitRequest } from './sqlite-protocol.ts';
import { SPAN } from './sqlite-schema.ts';

const KNOWN_ROOMS = 10_000;

/**
 * Commits groups of records and documents, all or nothing. One that failed, even in its fsync, may be tried again in
 * place, though the kernel may have dropped its pages and call them clean. With synchronous = FULL (with NORMAL it would
 * not hold) SQLite counts frames of the write-ahead log only after they are synced, so the next transaction writes the
 * same places anew, and no checksum continues into what is left over. A checkpoint that failed isn't counted either:
 * its pages are read from that log, and all copied again, before it is reset. Killed in between, a transaction may stand
 * whole though nobody was told; never half, and never twice, because its offsets are in it.
 */
export class SqliteWriter {
  readonly #db: DatabaseSync;
  readonly #statements: Record<'event' | 'span' | 'put' | 'drop' | 'room' | 'addRoom', StatementSync>;
  readonly #rooms = new Map<string, number>();
  #last: number;

  constructor(db: DatabaseSync) {
    this.#db = db;
    this.#statements = {
      event: db.prepare('INSERT INTO events VALUES (?, ?, ?, ?, ?, ?, ?, ?)'),
      span: db.prepare(
        'INSERT INTO spans VALUES (?1, ?2, ?3) ON CONFLICT DO UPDATE SET oldest = min(oldest, ?2), newest = max(newest, ?3)',
      ),
      put: db.prepare('INSERT INTO documents VALUES (?1, ?2) ON CONFLICT DO UPDATE SET json = ?2'),
      drop: db.prepare('DELETE FROM documents WHERE key = ?'),
      room: db.prepare('SELECT room FROM rooms WHERE name = ?'),
      addRoom: db.prepare('INSERT INTO rooms (name) VALUES (?)'),
    };
    // The newest record may have been trimmed, and its offset must not come back.
    const head = db.prepare(
      'SELECT max(coalesce((SELECT max(offset) FROM events), 0), coalesce((SELECT max(trimmed) FROM rooms), 0)) AS last',
    );
    this.#last = Number(head.get()?.last);
  }

  /** Offset of the newest committed record. */
  get last(): number {
    return this.#last;
  }

  commit(group: CommitRequest): null {
    const count = group.json.length;
    if (count > 0 && group.first !== this.#last + 1) {
      throw new Error(`expected offset ${this.#last + 1} next, got ${group.first}`);
    }
    this.#db.exec('BEGIN IMMEDIATE');
    try {
      this.#insert(group, count);
      for (const [key, text] of group.documents) {
        if (text === null) this.#statements.drop.run(key);
        else this.#statements.put.run(key, text);
      }
      this.#db.exec('COMMIT');
    } catch (error) {
      // Rooms that this group introduced are gone with it.
      this.#rooms.clear();
      if (this.#db.isTransaction) this.#db.exec('ROLLBACK');
      throw error;
    }
    this.#last += count;
    return null;
  }

  #insert({ first, rooms, topics, ids, ts, receivedAt, json, telemetry }: CommitRequest, count: number): void {
    const { event, span } = this.#statements;
    for (let from = 0; from < count; ) {
      const start = Math.floor((first + from) / SPAN) * SPAN;
      const to = Math.min(count, start + SPAN - first);
      let oldest = Number.POSITIVE_INFINITY;
      let newest = Number.NEGATIVE_INFINITY;
      for (let i = from; i < to; i++) {
        const at = receivedAt[i] ?? 0;
        const room = this.#room(rooms[i] ?? '');
        const text = json[i] ?? '';
        event.run(first + i, room, topics[i] ?? '', ids[i] ?? '', ts[i] ?? 0, at, text, telemetry[i] ?? 0);
        if (at < oldest) oldest = at;
        if (at > newest) newest = at;
      }
      span.run(start, oldest, newest);
      from = to;
    }
  }

  #room(name: string): number {
    const known = this.#rooms.get(name);
    if (known !== undefined) return known;
    const room = Number(this.#statements.room.get(name)?.room ?? this.#statements.addRoom.run(name).lastInsertRowid);
    if (this.#rooms.size >= KNOWN_ROOMS) this.#rooms.clear();
    this.#rooms.set(name, room);
    return room;
  }
}
