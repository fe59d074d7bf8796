import type { DatabaseSync, SQLOutputValue, StatementSync } from 'node:sqlite';
import type { Calls, ReadReply, ReadRequest } from './sqlite-protocol.ts';
import { SPAN } from './sqlite-schema.ts';

const PAGE_BYTES = 4 * 2 ** 20;

const RECORD = 'SELECT offset, name, topic, id, ts, received_at, json FROM events CROSS JOIN rooms USING (room)';

/** A room's offsets after one of them, out of two indexes that are merged as they are read. */
const OF_ROOM = `
  SELECT offset FROM events WHERE room = ?1 AND telemetry = 0 AND offset > ?2
  UNION ALL SELECT offset FROM events WHERE room = ?1 AND telemetry = 1 AND offset > ?2`;
const NEWEST = `
  SELECT max(offset) AS offset FROM events WHERE room = ?1 AND telemetry = 0
  UNION ALL SELECT max(offset) FROM events WHERE room = ?1 AND telemetry = 1
  ORDER BY offset DESC LIMIT 1`;

type Name = 'all' | 'ofRoom' | 'newest' | 'room' | 'first' | 'spans' | 'inSpan' | 'document' | 'documents';

/** Answers questions about what is committed. */
export class SqliteReader {
  readonly #statements: Record<Name, StatementSync>;
  readonly #head: { readonly last: number };

  constructor(db: DatabaseSync, head: { readonly last: number }) {
    this.#head = head;
    this.#statements = {
      all: db.prepare(`${RECORD} WHERE offset > ? ORDER BY offset LIMIT ?`),
      ofRoom: db.prepare(`
        WITH found AS MATERIALIZED (${OF_ROOM} ORDER BY offset LIMIT ?3)
        SELECT events.offset, name, topic, id, ts, received_at, json
        FROM found CROSS JOIN events ON events.offset = found.offset CROSS JOIN rooms USING (room)
        ORDER BY found.offset`),
      newest: db.prepare(`${RECORD} WHERE offset = (${NEWEST})`),
      room: db.prepare('SELECT room, trimmed FROM rooms WHERE name = ?'),
      first: db.prepare('SELECT min(offset) AS first FROM events'),
      spans: db.prepare('SELECT start FROM spans WHERE newest >= ? ORDER BY start'),
      inSpan: db.prepare(
        'SELECT min(offset) AS found FROM events WHERE offset >= ? AND offset < ? AND received_at >= ?',
      ),
      document: db.prepare('SELECT key, json FROM documents WHERE key = ?'),
      documents: db.prepare(
        'SELECT key, json FROM documents WHERE key >= ? AND key < ? AND key > ? ORDER BY key LIMIT ?',
      ),
    };
  }

  read({ after, limit, roomId }: ReadRequest): ReadReply {
    if (roomId === undefined) {
      const page = this.#page(this.#statements.all.iterate(after, limit), after, limit);
      // Offsets have no holes but those that retention made.
      return { ...page, gap: page.next - after > page.offsets.length };
    }
    const room = this.#statements.room.get(roomId);
    if (room === undefined) return { ...this.#page([], after, limit), gap: false };
    const rows = this.#statements.ofRoom.iterate(Number(room.room), after, limit);
    // Retention takes the oldest of a room, and of its telemetry: what is authoritative lies before the first that is kept.
    return { ...this.#page(rows, after, limit), gap: Number(room.trimmed) > after };
  }

  newest(roomId: string): ReadReply {
    const room = this.#statements.room.get(roomId);
    const rows = room === undefined ? [] : this.#statements.newest.iterate(Number(room.room));
    return { ...this.#page(rows, 0, 1), gap: false };
  }

  first(): number {
    return Number(this.#statements.first.get()?.first ?? this.#head.last + 1);
  }

  offsetBefore(time: number): number {
    for (const span of this.#statements.spans.iterate(time)) {
      const start = Number(span.start);
      const found = this.#statements.inSpan.get(start, start + SPAN, time)?.found;
      // A span's bounds are as wide as they were before retention: the one that matched may be gone.
      if (typeof found === 'number') return found - 1;
    }
    return this.#head.last;
  }

  documents(which: Calls['documents']['request']): [string, string][] {
    return this.#documents(which).map(({ key, json }) => [String(key), String(json)]);
  }

  #documents(which: Calls['documents']['request']) {
    const { document, documents } = this.#statements;
    if ('key' in which) return document.all(which.key);
    const { prefix, after = '', limit = -1 } = which;
    return documents.all(prefix, beyond(prefix), after, limit);
  }

  #page(rows: Iterable<Record<string, SQLOutputValue>>, after: number, limit: number): Omit<ReadReply, 'gap'> {
    const offsets: number[] = [];
    const columns = {
      rooms: [] as string[],
      topics: [] as string[],
      ids: [] as string[],
      ts: [] as number[],
      receivedAt: [] as number[],
      json: [] as string[],
    };
    let bytes = 0;
    let next = Math.max(after, this.#head.last);
    for (const row of rows) {
      const offset = Number(row.offset);
      const json = String(row.json);
      offsets.push(offset);
      columns.rooms.push(String(row.name));
      columns.topics.push(String(row.topic));
      columns.ids.push(String(row.id));
      columns.ts.push(Number(row.ts));
      columns.receivedAt.push(Number(row.received_at));
      columns.json.push(json);
      bytes += json.length;
      if (offsets.length >= limit || bytes >= PAGE_BYTES) {
        next = offset;
        break;
      }
    }
    return { offsets, ...columns, next };
  }
}

/** The end of the keys that begin with the prefix. */
function beyond(prefix: string): string {
  return `${prefix}\u{10ffff}`;
}
