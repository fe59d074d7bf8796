import type { Log, Page, ReadQuery } from './port.ts';

const PAGE = 500;

/**
 * Reads on for ever from a position, until the signal aborts: yields a page whenever it holds records or a gap.
 * The reader pulls: one that is slow falls behind on disk, holds nothing in memory and slows nobody.
 * Throws LogClosedError when the log ends before the signal aborts.
 */
export async function* follow(log: Log, query: Omit<ReadQuery, 'limit'>, signal: AbortSignal): AsyncGenerator<Page> {
  let after = query.after;
  while (!signal.aborted) {
    const page = await log.read({ ...query, after, limit: PAGE });
    if (signal.aborted) return;
    after = page.next;
    if (page.records.length > 0 || page.gap) yield page;
    await log.changed(after, signal);
  }
}
