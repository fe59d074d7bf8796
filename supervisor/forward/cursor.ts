import { z } from 'zod';
import type { Log } from '../log/port.ts';
import { type Counts, noCounts } from './window.ts';

const count = z.int().min(0);
const document = z.object({
  epoch: z.string(),
  /** Where this cursor began: events up to here were never its business. */
  start: count,
  /** Low-water mark: everything up to here is settled. */
  offset: count,
  /** What became of the events between the two. */
  counts: z.object({
    delivered: count,
    deadLettered: count,
    expired: count,
    local: count,
    sampledOut: count,
    pii: count,
  }),
});

/** How far a target has got, as a document in the log: `cursor/TARGET`. */
export type Cursor = z.infer<typeof document> & { counts: Counts };

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
  if (parsed.success && parsed.data.epoch === log.epoch && parsed.data.offset <= log.last) return parsed.data;
  const isNew = saved === undefined || saved === null;
  const start = isNew && startFrom === 'end' ? log.last : 0;
  return { epoch: log.epoch, start, offset: start, counts: noCounts() };
}
