import { describe, expect, test } from 'vitest';
import type { Log } from '../../../supervisor/log/port.ts';
import { entries, entry, ids, never, offsets, upTo } from './support.ts';

/** What readers of a log are given. */
export function describeReading(name: string, open: () => Promise<Log>): void {
  describe(`${name}: reading`, () => {
    test('pages hold at most `limit`, and `next` is the last offset examined', async () => {
      const log = await open();
      await log.append(entries(25));
      const page = await log.read({ after: 5, limit: 10 });
      expect(offsets(page.records)).toEqual(upTo(15, 6));
      expect(page).toMatchObject({ next: 15, gap: false });
      expect(await log.read({ after: 20, limit: 10 })).toMatchObject({ next: 25, gap: false });
      expect(await log.read({ after: 25, limit: 10 })).toEqual({ records: [], next: 25, gap: false });
      expect(await log.read({ after: 99, limit: 10 })).toEqual({ records: [], next: 99, gap: false });
    });

    test('a room is read alone, and at its end the reader stands at the end of the log', async () => {
      const log = await open();
      await log.append(entries(9, ['a', 'b', 'c']));
      const page = await log.read({ after: 0, limit: 2, roomId: 'b' });
      expect(offsets(page.records)).toEqual([2, 5]);
      expect(page.next).toBe(5);
      expect(await log.read({ after: 5, limit: 2, roomId: 'b' })).toMatchObject({ next: 9, gap: false });
      expect(await log.read({ after: 0, limit: 2, roomId: 'nobody' })).toEqual({ records: [], next: 9, gap: false });
      expect(await log.read({ after: 0, limit: 2, roomId: '' })).toEqual({ records: [], next: 9, gap: false });
    });

    test('records whose topic does not pass count as examined', async () => {
      const log = await open();
      await log.append(upTo(10).map((n) => entry(String(n), { topic: n % 5 === 0 ? 'wanted' : 'other' })));
      const topic = (name: string) => name === 'wanted';
      expect(await log.read({ after: 0, limit: 4, topic })).toEqual({ records: [], next: 4, gap: false });
      const page = await log.read({ after: 4, limit: 4, topic });
      expect(ids(page.records)).toEqual(['5']);
      expect(page.next).toBe(8);
    });

    test('finds the newest record of a room', async () => {
      const log = await open();
      await log.append(entries(7, ['a', 'b']));
      expect(await log.newest('a')).toMatchObject({ offset: 7, id: '7', roomId: 'a' });
      expect(await log.newest('b')).toMatchObject({ offset: 6 });
      expect(await log.newest('c')).toBeUndefined();
    });

    test('finds the offset before a time, also when the clock went back in between', async () => {
      const log = await open();
      const times = [100, 200, 50, 60, 300, ...upTo(3_000).map((n) => 300 + n)];
      await log.append(times.map((receivedAt, i) => entry(String(i), { receivedAt })));
      const first = (time: number) => times.findIndex((at) => at >= time);
      for (const time of [0, 55, 100, 101, 201, 300, 1_500, 3_300]) {
        expect([time, await log.offsetBefore(time)]).toEqual([time, first(time)]);
      }
      expect(await log.offsetBefore(3_301)).toBe(times.length);
    });
  });

  describe(`${name}: waiting`, () => {
    test('changed() resolves when the log grows beyond the offset, and not before', async () => {
      const log = await open();
      await log.append(entries(2));
      await log.changed(1, never);
      let woken = 0;
      const waiting = [log.changed(2, never), log.changed(3, never)].map((done) => done.then(() => (woken += 1)));
      await log.append([entry('3')]);
      await waiting[0];
      expect(woken).toBe(1);
      await log.append([entry('4')]);
      await waiting[1];
    });

    test('changed() resolves when the signal aborts, also one that is aborted already', async () => {
      const log = await open();
      const abort = new AbortController();
      const done = log.changed(0, abort.signal);
      abort.abort();
      await done;
      await log.changed(0, abort.signal);
    });

    test('documents alone wake nobody', async () => {
      const log = await open();
      const abort = new AbortController();
      let woken = false;
      const done = log.changed(0, abort.signal).then(() => {
        woken = true;
      });
      await log.append([], { key: 1 });
      expect(woken).toBe(false);
      abort.abort();
      await done;
    });
  });
}
