import { describe, expect, test } from 'vitest';
import type { Log } from '../../../supervisor/log/port.ts';
import { entries, entry, keepAll, offsets, readAll, upTo } from './support.ts';

/** What a log forgets, and how it says so. */
export function describeRetention(name: string, open: () => Promise<Log>): void {
  describe(`${name}: retention`, () => {
    test('keeps the newest records of each room', async () => {
      const log = await open();
      await log.append(entries(30, ['a', 'b', 'a']));
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 4 })).toBe(22);
      expect(offsets((await readAll(log, { roomId: 'a' })).records)).toEqual([25, 27, 28, 30]);
      expect(offsets((await readAll(log, { roomId: 'b' })).records)).toEqual([20, 23, 26, 29]);
      expect(await log.first()).toBe(20);
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 4 })).toBe(0);
      expect(await log.trim(keepAll)).toBe(0);
    });

    test('telemetry has a cap of its own, and pushes nothing else out', async () => {
      const log = await open();
      const heartbeat = { topic: 'bot.health.heartbeat' };
      await log.append([...entries(6, ['a', 'b']), ...entries(20, ['a', 'b'], heartbeat), ...entries(2, ['a'])]);
      const caps = { maxEventsPerRoom: 4, maxTelemetryPerRoom: 3 };
      expect(await log.trim({ ...keepAll, ...caps, passed: 8 })).toBe(3);
      expect(await log.trim({ ...keepAll, ...caps })).toBe(12);
      expect(offsets((await readAll(log, { roomId: 'a' })).records)).toEqual([3, 5, 21, 23, 25, 27, 28]);
      expect(offsets((await readAll(log, { roomId: 'b', limit: 2 })).records)).toEqual([2, 4, 6, 22, 24, 26]);
      expect((await log.newest('a'))?.offset).toBe(28);
      expect((await log.newest('b'))?.offset).toBe(26);
      expect(
        await Promise.all([4, 19, 25].map(async (after) => (await log.read({ after, limit: 9, roomId: 'a' })).gap)),
      ).toEqual([true, false, false]);
      // Wherever the page ends.
      expect((await log.read({ after: 1, limit: 1, roomId: 'a' })).gap).toBe(true);
      expect((await log.read({ after: 0, limit: 1, roomId: 'b' })).gap).toBe(true);
      expect(await log.trim({ ...keepAll, ...caps })).toBe(0);
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 4 })).toBe(0);
    });

    test('the cap spares what the forwarder has not passed', async () => {
      const log = await open();
      await log.append(entries(10));
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 2, passed: 5 })).toBe(5);
      expect(await log.first()).toBe(6);
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 2, passed: 9 })).toBe(3);
      expect(await log.first()).toBe(9);
    });

    test('a log that is too large loses its oldest, passed or not, and a bit more than it must', async () => {
      const log = await open();
      const json = JSON.stringify('x'.repeat(250));
      await log.append(entries(20_000, ['a', 'b', 'c'], { json }), { document: 1 });
      const size = 20_000 * json.length;
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: 3 * size })).toBe(0);
      const gone = await log.trim({ ...keepAll, passed: 0, maxBytes: size / 2 });
      expect(gone).toBeGreaterThan(10_000);
      expect(gone).toBeLessThan(20_000);
      expect(await log.first()).toBe(gone + 1);
      expect(offsets((await readAll(log, { limit: 1_000 })).records)).toEqual(upTo(20_000, gone + 1));
      expect((await log.read({ after: 0, limit: 1, roomId: 'b' })).gap).toBe(true);
      expect(await log.document('document')).toBe(1);
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: (size / 2) * 0.91 })).toBe(0);
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: 1 })).toBe(20_000 - gone);
      expect(await log.append([entry('20001')])).toBe(20_001);
    });

    test('documents take nothing of what the records may have', async () => {
      const log = await open();
      const json = JSON.stringify('x'.repeat(250));
      const dead = Object.fromEntries(upTo(2_000).map((n) => [`dead/${n}`, 'x'.repeat(2_500)]));
      await log.append(entries(5_000, ['a', 'b', 'c'], { json }), dead);
      const size = 5_000 * json.length;
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: 2 * size })).toBe(0);
      const gone = await log.trim({ ...keepAll, passed: 0, maxBytes: size });
      expect(gone).toBeLessThan(3_000);
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: size })).toBe(0);
      expect(await log.first()).toBe(gone + 1);
      expect(await log.trim({ ...keepAll, passed: 0, maxBytes: size / 4 })).toBeGreaterThan(1_000);
      expect((await log.documents('dead/')).size).toBe(2_000);
    });

    test('age takes what is older, passed or not, and nothing else', async () => {
      const log = await open();
      await log.append(upTo(5_000).map((n) => entry(String(n), { receivedAt: n })));
      expect(await log.trim({ ...keepAll, before: 4_500, passed: 0 })).toBe(4_499);
      expect(await log.first()).toBe(4_500);
      expect(await log.offsetBefore(0)).toBe(4_499);
      expect(await log.trim({ ...keepAll, before: 4_500, passed: 0 })).toBe(0);
    });

    test('age takes older records that lie behind newer ones', async () => {
      const log = await open();
      await log.append([100, 50, 100, 40, 100].map((receivedAt, i) => entry(String(i), { receivedAt })));
      expect(await log.trim({ ...keepAll, before: 100 })).toBe(2);
      expect(offsets((await log.read({ after: 0, limit: 9 })).records)).toEqual([1, 3, 5]);
    });

    test('age finds what came late into a stretch of newer records', async () => {
      const log = await open();
      for (const receivedAt of [100, 50, 100]) await log.append([entry(String(receivedAt), { receivedAt })]);
      expect(await log.trim({ ...keepAll, before: 100 })).toBe(1);
      expect(offsets((await log.read({ after: 0, limit: 9 })).records)).toEqual([1, 3]);
    });

    test('a time is not found in records that are gone', async () => {
      const log = await open();
      await log.append([9_999, 10, 20, 30].map((receivedAt, i) => entry(String(i), { receivedAt })));
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 2 })).toBe(2);
      expect(await log.offsetBefore(0)).toBe(2);
      expect(await log.offsetBefore(5_000)).toBe(4);
    });

    test('forgets many records of many rooms', async () => {
      const log = await open();
      const rooms = upTo(45).map((n) => `room-${n}`);
      await log.append(entries(9_000, rooms));
      expect(await log.trim({ ...keepAll, maxEventsPerRoom: 20 })).toBe(9_000 - 45 * 20);
      expect(offsets((await readAll(log, { limit: 1_000 })).records)).toEqual(upTo(9_000, 9_000 - 45 * 20 + 1));
    });

    test('offsets are never used again, even when every record is gone', async () => {
      const log = await open();
      await log.append(entries(5));
      expect(await log.trim({ ...keepAll, before: 1e15 })).toBe(5);
      expect(log.last).toBe(5);
      expect(await log.first()).toBe(6);
      expect(await log.read({ after: 0, limit: 9 })).toEqual({ records: [], next: 5, gap: true });
      expect(await log.append([entry('6')])).toBe(6);
    });

    test('a reader is told of a gap exactly when something for it is gone', async () => {
      const log = await open();
      await log.append(entries(4, ['a', 'b']));
      await log.append(entries(8, ['b']));
      await log.trim({ ...keepAll, maxEventsPerRoom: 3 }); // of b, 2 to 9 go; of a, nothing
      const gap = async (after: number, roomId?: string, limit = 1) =>
        (await log.read({ after, limit, ...(roomId === undefined ? {} : { roomId }) })).gap;
      expect(await Promise.all([0, 3, 8].map((after) => gap(after, 'a')))).toEqual([false, false, false]);
      expect(await Promise.all([0, 8, 9, 11].map((after) => gap(after, 'b')))).toEqual([true, true, false, false]);
      // Among all rooms: 1 is kept, 2 is gone, 3 is kept, 4 to 9 are gone, 10 to 12 are kept.
      expect(await Promise.all([0, 1, 2, 3, 8, 9, 12].map((after) => gap(after)))).toEqual([
        false,
        true,
        false,
        true,
        true,
        false,
        false,
      ]);
      expect(await gap(0, undefined, 2)).toBe(true);
    });
  });
}
