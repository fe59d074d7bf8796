import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry, type Telemetry } from '../../../supervisor/base/telemetry.ts';
import type { Entry, Log, LogRecord } from '../../../supervisor/log/port.ts';
import { openSqliteLog, type SqliteLogDeps } from '../../../supervisor/log/sqlite-log.ts';

export function quietTelemetry(): Telemetry {
  return createTelemetry(pino({ level: 'silent' }), createMetrics());
}

/** The value of a counter or gauge of this telemetry. */
export async function metric(telemetry: Telemetry, name: string): Promise<number | undefined> {
  const found = await telemetry.metrics.registry.getSingleMetric(`roomd_${name}`)?.get();
  return found?.values[0]?.value;
}

export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roomd-log-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** Opens the log of a folder; closed with the test. */
export async function openLog(folder: string, deps: Partial<SqliteLogDeps> = {}): Promise<Log> {
  const log = await openSqliteLog(join(folder, 'log.db'), {
    clock: systemClock,
    telemetry: quietTelemetry(),
    onFatal: (error) => {
      throw error;
    },
    ...deps,
  });
  onTestFinished(() => log.close());
  return log;
}

export function entry(id: string, more: Partial<Entry> = {}): Entry {
  return { roomId: 'a', topic: 'test.one', id, ts: 1_000, receivedAt: 2_000, json: `{"id":"${id}"}`, ...more };
}

/** Entries `1` to `count`; with several rooms, they take turns. */
export function entries(count: number, rooms: readonly string[] = ['a'], more: Partial<Entry> = {}): Entry[] {
  return Array.from({ length: count }, (_, i) => entry(String(i + 1), { roomId: rooms[i % rooms.length], ...more }));
}

export const ids = (records: readonly LogRecord[]): string[] => records.map(({ id }) => id);
export const offsets = (records: readonly LogRecord[]): number[] => records.map(({ offset }) => offset);
export const upTo = (last: number, first = 1): number[] =>
  Array.from({ length: last - first + 1 }, (_, i) => first + i);

/** Reads page by page to the end, and asserts that pages go forward. */
export async function readAll(log: Log, query: { after?: number; roomId?: string; limit?: number } = {}) {
  const { after = 0, limit = 100, roomId } = query;
  const records: LogRecord[] = [];
  let gaps = 0;
  for (let from = after; ; ) {
    const page = await log.read({ after: from, limit, ...(roomId === undefined ? {} : { roomId }) });
    records.push(...page.records);
    if (page.gap) gaps += 1;
    if (page.next < from) throw new Error(`expected a page to go forward from ${from}, got ${page.next}`);
    if (page.next === from) return { records, gaps, next: from };
    from = page.next;
  }
}

export const never: AbortSignal = new AbortController().signal;
/** Retention that removes nothing. */
export const keepAll = { maxEventsPerRoom: 1e9, before: 0, passed: Number.MAX_SAFE_INTEGER };
