import type { DeadLetter, DeadLetterPage } from '../forward/api.ts';
import { type Client, createClient } from './client.ts';
import { deadLetterSheet, deadLetterTable } from './dead-letters-view.ts';
import { columnsOf, type Io, painter, print, wantsJson } from './io.ts';

export interface FilterOptions {
  room?: string;
  topic?: string;
  reason?: string;
}

export interface LsOptions extends FilterOptions {
  limit: number;
  json?: boolean;
}

const PAGE = 1_000;

/** `roomd dead-letters ls`: what could not be delivered, one a line; whether there is more is told on stderr. */
export async function lsDeadLetters({ limit, json, ...filter }: LsOptions, io: Io): Promise<number> {
  const paint = painter(io.out, io.env);
  const asJson = wantsJson(io, json);
  const letters: DeadLetter[] = [];
  let hasMore = false;
  for await (const letter of read(createClient(io), filter, Math.min(PAGE, limit + 1))) {
    hasMore = letters.length === limit;
    if (hasMore) break;
    letters.push(letter);
    if (asJson) print(io.out, JSON.stringify(letter));
  }
  if (!asJson && letters.length === 0) {
    print(io.out, Object.keys(filter).length === 0 ? 'no dead letters' : 'no dead letters that match');
  } else if (!asJson) {
    for (const line of deadLetterTable(letters, io.clock.now(), columnsOf(io.out), paint)) print(io.out, line);
  }
  if (hasMore) {
    print(io.err, painter(io.err, io.env)('dim', `the oldest ${limit}; there are more, --limit takes a larger number`));
  }
  return 0;
}

/** `roomd dead-letters show ID`: all there is to know of one. */
export async function showDeadLetter(id: string, options: { json?: boolean }, io: Io): Promise<number> {
  const path = `/v1/dead-letters/${encodeURIComponent(id)}`;
  // As text: parsed, the large numbers of the event would be others.
  const text = await (await createClient(io).open(path, { accept: 'application/json' })).text();
  if (wantsJson(io, options.json)) print(io.out, text);
  else for (const line of deadLetterSheet(text, io.clock.now(), painter(io.out, io.env))) print(io.out, line);
  return 0;
}

/** One after the other, page by page as they are taken. */
async function* read(client: Client, { room, topic, reason }: FilterOptions, size: number): AsyncGenerator<DeadLetter> {
  const filter = Object.entries({ roomId: room, topic, reason }).filter(([, value]) => value !== undefined);
  for (let from = ''; ; ) {
    const query = new URLSearchParams([...(filter as [string, string][]), ['from', from], ['limit', String(size)]]);
    const { deadLetters, next } = (await client.json('GET', `/v1/dead-letters?${query}`)) as DeadLetterPage;
    yield* deadLetters;
    if (next === from) return;
    from = next;
  }
}
