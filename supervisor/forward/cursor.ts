import { z } from 'zod';
import type { Log, LogRecord } from '../log/port.ts';
import { noCounts, type Progress } from './window.ts';

const count = z.int().min(0);
const progress = z.object({
  readTo: count,
  open: z.array(count),
  parked: z.array(z.object({ roomId: z.string(), after: count, count })),
  counts: z.object({
    delivered: count,
    deadLettered: count,
    expired: count,
    local: count,
    sampledOut: count,
    pii: count,
    /** A cursor of an older roomd has none. */
    specMismatch: count.default(0),
  }),
});
const document = progress.extend({
  epoch: z.string(),
  /** Where this cursor began: events up to here were never its business. */
  start: count,
  seen: progress.extend({ identity: z.string() }).nullable(),
});

/** Where a cursor stood when its bus was last seen, and which bus: what was sent later may have gone nowhere. */
export interface Seen extends Progress {
  /** Another one when the bus was made anew; empty when it can't be looked at. */
  readonly identity: string;
}

/** How far a target has got, as a document in the log: `cursor/TARGET`. */
export interface Cursor extends Progress {
  readonly epoch: string;
  readonly start: number;
  readonly seen: Seen | null;
}

export function cursorKey(target: string): string {
  return `cursor/${target}`;
}

/**
 * The saved cursor, or a new one. A cursor of another history says nothing about this one: reading then begins at
 * its beginning, because an event twice is better than an event skipped.
 */
export async function loadCursor(log: Log, target: string, startFrom: 'start' | 'end'): Promise<Cursor> {
  const saved = await log.document(cursorKey(target));
  const parsed = document.safeParse(saved);
  if (parsed.success && parsed.data.epoch === log.epoch && parsed.data.readTo <= log.last) return parsed.data;
  const isNew = saved === undefined || saved === null;
  const start = isNew && startFrom === 'end' ? log.last : 0;
  return { epoch: log.epoch, start, readTo: start, open: [], parked: [], counts: noCounts(), seen: null };
}

/** The records at these offsets, in order; undefined for one that is no longer kept. */
export async function* recordsAt(
  log: Log,
  offsets: readonly number[],
): AsyncGenerator<readonly [offset: number, record: LogRecord | undefined]> {
  let known: readonly LogRecord[] = [];
  let through = 0;
  for (const [index, offset] of offsets.entries()) {
    if (offset > through) {
      const page = await log.read({ after: offset - 1, limit: runLength(offsets, index) });
      known = page.records;
      through = page.next;
    }
    yield [offset, known.find((record) => record.offset === offset)];
  }
}

/** How many offsets follow each other without a hole from that index on. */
function runLength(offsets: readonly number[], index: number): number {
  let length = 1;
  while (offsets[index + length] === (offsets[index] ?? 0) + length) length++;
  return length;
}
