import type { Log, LogRecord, ReadQuery } from '../log/port.ts';

/** What of the log somebody reads, wherever it begins. */
export interface Selection extends Pick<ReadQuery, 'roomId' | 'topic'> {
  shows(record: LogRecord): boolean;
}

const CHUNK = 500;
/** The log is searched in growing spans of offsets, the newest first … */
const MAX_SPAN = 8_000;
/** … and no further back when so many pages have been read. */
const MAX_CHUNKS = 60;

/**
 * The offset before the last `count` selected events. Fewer lie behind it when there are no more, or when more would
 * have to be looked for too long: the newest 20,000 events are always looked at.
 */
export async function beforeRecent(log: Log, { shows, ...query }: Selection, count: number): Promise<number> {
  const oldest = await log.first();
  let upper = log.last;
  let wanted = count;
  let chunks = 0;
  for (let span = CHUNK; upper >= oldest && wanted > 0 && chunks < MAX_CHUNKS; span = Math.min(2 * span, MAX_SPAN)) {
    const lower = Math.max(oldest - 1, upper - span);
    const found: number[] = [];
    for (let after = lower; after < upper; chunks++) {
      const page = await log.read({ ...query, after, limit: CHUNK });
      for (const record of page.records) if (record.offset <= upper && shows(record)) found.push(record.offset);
      if (page.next === after) break;
      after = page.next;
    }
    const first = found.at(-wanted);
    if (first !== undefined) return first - 1;
    wanted -= found.length;
    upper = lower;
  }
  return upper;
}
