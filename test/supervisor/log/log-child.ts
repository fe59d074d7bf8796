// Opens the log of a folder and does what lines on its stdin say, one call each; answers and happenings go to stdout, in
// the order in which they came about. What it owns, a test can put on a bad disk and kill.
import { writeSync } from 'node:fs';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import pino from 'pino';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import type { Documents, Entry, Retention } from '../../../supervisor/log/port.ts';
import { openSqliteLog } from '../../../supervisor/log/sqlite-log.ts';

const [folder = '.', ballast = '0'] = process.argv.slice(2);
const say = (message: object) => writeSync(1, `${JSON.stringify(message)}\n`);

const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
const log = await openSqliteLog(join(folder, 'log.db'), {
  clock: systemClock,
  telemetry: {
    ...telemetry,
    commitFailed: (reason) => say({ happened: 'failed', reason }),
    commitRecovered: () => say({ happened: 'recovered' }),
    ballastChanged: (held) => say({ happened: 'ballast', held }),
  },
  ballast: Number(ballast),
  recent: { records: 1, bytes: 0 },
});

function numbered(first: number, count: number, bytes: number): Entry[] {
  return Array.from({ length: count }, (_, i) => {
    const n = first + i;
    const json = JSON.stringify({ n, text: 'x'.repeat(bytes) });
    return { roomId: `room-${n % 3}`, topic: 'test.one', id: String(n), ts: 1, receivedAt: n, json };
  });
}

async function everyId(): Promise<string[]> {
  const ids: string[] = [];
  for (let after = 0; ; ) {
    const page = await log.read({ after, limit: 1_000 });
    if (page.gap) ids.push('gap');
    for (const { id, offset, json } of page.records) ids.push(JSON.parse(json).n === offset ? id : `wrong ${offset}`);
    if (page.next === after) return ids;
    after = page.next;
  }
}

const calls = {
  append: (first: number, count: number, bytes: number, documents?: Documents) =>
    log.append(numbered(first, count, bytes), documents),
  documents: (documents: Documents) => log.append([], documents),
  document: (key: string) => log.document(key),
  state: () => ({ last: log.last, pending: log.pending.records, problem: log.problem ?? null }),
  everyId,
  trim: (retention: Retention) => log.trim(retention),
  close: () => log.close(),
};
export type ChildCalls = typeof calls;

say({ happened: 'opened', last: log.last });
createInterface({ input: process.stdin }).on('line', async (line) => {
  const { n, call, args } = JSON.parse(line);
  try {
    say({ n, value: (await (calls[call as keyof ChildCalls] as (...args: unknown[]) => unknown)(...args)) ?? null });
  } catch (error) {
    say({ n, error: String(error) });
  }
  if (call === 'close') process.stdin.destroy();
});
