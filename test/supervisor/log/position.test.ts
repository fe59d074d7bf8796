import { expect, test } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { formatPosition, PositionError, resolveEnd, resolveStart } from '../../../supervisor/log/position.ts';
import { entry, quietTelemetry, upTo } from './support.ts';

async function tenRecords() {
  const log = createMemoryLog({ clock: systemClock, telemetry: quietTelemetry() });
  await log.append(upTo(10).map((n) => entry(String(n), { receivedAt: n * 60_000 })));
  return log;
}

test('start, end and ages are always recovered', async () => {
  const log = await tenRecords();
  const now = 10 * 60_000;
  expect(await resolveStart(log, 'start', now)).toEqual({ after: 0, recovered: true });
  expect(await resolveStart(log, 'end', now)).toEqual({ after: 10, recovered: true });
  expect(await resolveStart(log, '3m', now)).toEqual({ after: 6, recovered: true, byTime: true });
  expect(await resolveStart(log, '1d', now)).toEqual({ after: 0, recovered: true, byTime: true });
  expect(await resolveStart(log, '0s', now + 1)).toEqual({ after: 10, recovered: true, byTime: true });
});

test('a position of this history resumes behind it', async () => {
  const log = await tenRecords();
  for (const offset of [0, 4, 10]) {
    const start = await resolveStart(log, formatPosition(log.epoch, offset), 0);
    expect(start).toEqual({ after: offset, recovered: true });
  }
});

test('a position of another history, or one that is not there yet, begins at the oldest record and says so', async () => {
  const log = await tenRecords();
  const lost = { after: 0, recovered: false };
  expect(await resolveStart(log, formatPosition(log.epoch, 11), 0)).toEqual(lost);
  expect(await resolveStart(log, formatPosition('other', 4), 0)).toEqual(lost);
  expect(await resolveStart(log, formatPosition(`${log.epoch}x`, 4), 0)).toEqual(lost);
});

test('a time begins with the first event received then or later', async () => {
  const log = await tenRecords();
  for (const [from, after] of [
    ['1970-01-01T00:03:00Z', 2],
    ['1970-01-01T00:03:00.001Z', 3],
    ['1970-01-01T02:03+02:00', 2],
    ['1969-12-31T23:59:59-00:01', 0],
    ['2100-01-01T00:00:00Z', 10],
  ] as const) {
    expect([from, await resolveStart(log, from, 0)]).toEqual([from, { after, recovered: true, byTime: true }]);
  }
});

test('an end is a position, included, or the last event before an age or a time', async () => {
  const log = await tenRecords();
  const now = 10 * 60_000;
  for (const [until, through] of [
    [formatPosition(log.epoch, 7), 7],
    ['3m', 6],
    ['1970-01-01T00:03:00Z', 2],
    ['start', 0],
    ['end', 10],
  ] as const) {
    expect([until, await resolveEnd(log, until, now)]).toEqual([until, through]);
  }
  for (const until of [formatPosition(log.epoch, 11), formatPosition('other', 4)]) {
    await expect(resolveEnd(log, until, now)).rejects.toThrow(`which ends at ${log.epoch}.10`);
  }
  await expect(resolveEnd(log, '2026-13-01T00:00:00Z', now)).rejects.toThrow(PositionError);
  await expect(resolveEnd(log, '2026-03-01T00:00:00', now)).rejects.toThrow(PositionError);
});

test('anything else is refused, with what was expected', async () => {
  const log = await tenRecords();
  for (const from of ['', '7', 'x.', '.7', 'a.b.7', 'x.-1', 'x.1e3', ' start', 'yesterday', 'x.1234567890123456']) {
    await expect(resolveStart(log, from, 0)).rejects.toThrow(PositionError);
  }
  await expect(resolveStart(log, 'never', 0)).rejects.toThrow(
    'expected a position EPOCH.OFFSET, a duration such as 10m',
  );
});
