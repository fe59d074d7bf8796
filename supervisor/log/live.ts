import type { Log, Page, ReadQuery } from './port.ts';

const PAGE = 500;

/**
 * Reads on for ever from a position, until the signal aborts: yields a page whenever it holds records or a gap.
 * The reader pulls: one that is slow falls behind on disk, holds nothing in memory and slows nobody. `rest` is what it
 * waits for after a page, unless more than another page lies ahead.
 * Throws LogClosedError when the log ends before the signal aborts.
 */
export async function* follow(
  log: Log,
  query: Omit<ReadQuery, 'limit'>,
  signal: AbortSignal,
  rest: () => Promise<void> | undefined = () => undefined,
): AsyncGenerator<Page> {
  let after = query.after;
  while (!signal.aborted) {
    const page = await log.read({ ...query, after, limit: PAGE });
    if (signal.aborted) return;
    after = page.next;
    if (page.records.length > 0 || page.gap) yield page;
    if (log.last - after < PAGE) await rest();
    await log.changed(after, signal);
  }
}
