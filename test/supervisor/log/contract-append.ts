import { describe, expect, test } from 'vitest';
import { LogClosedError } from '../../../supervisor/log/errors.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { entries, entry, ids, never, offsets, readAll, upTo } from './support.ts';

/** What goes into a log, and when it counts as there. */
export function describeAppending(name: string, open: () => Promise<Log>): void {
  describe(`${name}: appending`, () => {
    test('an empty log has no records, and 0 is its end', async () => {
      const log = await open();
      expect(log.last).toBe(0);
      expect(await log.first()).toBe(1);
      expect(await log.read({ after: 0, limit: 10 })).toEqual({ records: [], next: 0, gap: false });
      expect(await log.newest('a')).toBeUndefined();
      expect(await log.offsetBefore(0)).toBe(0);
      expect(log.problem).toBeUndefined();
    });

    test('gives back what was appended, to the last character', async () => {
      const log = await open();
      const json = `{"text":${JSON.stringify('naïve 🎉 \u0000 "\\" \u2028')},"big":9007199254740993}`;
      const written = entry('x', { roomId: '', topic: 'a.b', ts: 1_730_000_000_123.5, receivedAt: 2 ** 52, json });
      await log.append([written]);
      const { records } = await log.read({ after: 0, limit: 1 });
      expect(records).toEqual([{ offset: 1, ...written }]);
    });

    test('offsets follow the order of appends, from 1, without a hole', async () => {
      const log = await open();
      const appended = upTo(300).map((n) => log.append([entry(`${n}a`), entry(`${n}b`)]));
      expect(await Promise.all(appended)).toEqual(upTo(300).map((n) => 2 * n));
      expect(log.last).toBe(600);
      const { records } = await readAll(log);
      expect(offsets(records)).toEqual(upTo(600));
      expect(ids(records)).toEqual(upTo(300).flatMap((n) => [`${n}a`, `${n}b`]));
    });

    test('one append may be larger than a group', async () => {
      const log = await open();
      expect(await log.append(entries(12_000))).toBe(12_000);
      expect((await readAll(log, { limit: 1_000 })).records).toHaveLength(12_000);
    });

    test('what is appended later does not resolve earlier', async () => {
      const log = await open();
      const order: number[] = [];
      const sizes = [6_000, 1, 0, 3, 5_000, 1];
      await Promise.all(sizes.map((size, i) => log.append(entries(size)).then(() => order.push(i))));
      expect(order).toEqual([0, 1, 2, 3, 4, 5]);
    });

    test('counts what is pending until it is committed', async () => {
      const log = await open();
      const done = log.append([entry('1', { json: '{"a":1}' }), entry('2', { json: '{"b":2}' })]);
      expect(log.pending).toEqual({ records: 2, bytes: 14 });
      expect(log.last).toBe(0);
      await done;
      expect(log.pending).toEqual({ records: 0, bytes: 0 });
    });

    test('is not visible before it resolves, and visible at once when it does', async () => {
      const log = await open();
      const done = log.append(entries(3));
      expect((await log.read({ after: 0, limit: 10 })).records.length).toBeLessThanOrEqual(log.last);
      expect((await log.read({ after: 0, limit: 10 })).next).toBeLessThanOrEqual(log.last);
      await done;
      expect((await log.read({ after: 0, limit: 10 })).next).toBe(3);
    });
  });

  describe(`${name}: documents`, () => {
    test('are replaced, deleted by null, and listed by prefix', async () => {
      const log = await open();
      expect(await log.document('room/a')).toBeUndefined();
      await log.append([], { 'room/a': { n: 1 }, 'room/b': [2], cursor: 'x', 'roomy/c': false, 'room/%': 0 });
      expect(await log.document('room/a')).toEqual({ n: 1 });
      expect(await log.document('roomy/c')).toBe(false);
      const inRooms = await log.documents('room/');
      expect([...inRooms].sort()).toEqual([
        ['room/%', 0],
        ['room/a', { n: 1 }],
        ['room/b', [2]],
      ]);
      expect((await log.documents('')).size).toBe(5);
      await log.append([], { 'room/a': null, 'room/b': { n: 2 }, absent: null });
      expect(await log.documents('room/')).toEqual(
        new Map<string, unknown>([
          ['room/%', 0],
          ['room/b', { n: 2 }],
        ]),
      );
    });

    test('come in pages, in the order of their keys', async () => {
      const log = await open();
      const keys = ['d/10', 'd/2', 'd/\u{1f600}', 'd/\uffee', 'd/', 'd/a'];
      await log.append([], { ...Object.fromEntries(keys.map((key) => [key, key])), c: 0, e: 0, d0: 0 });
      const inOrder = ['d/', 'd/10', 'd/2', 'd/a', 'd/\uffee', 'd/\u{1f600}'];
      expect([...(await log.documents('d/')).keys()]).toEqual(inOrder);
      const found: string[] = [];
      for (let after = ''; ; ) {
        const page = await log.documents('d/', { after, limit: 4 });
        found.push(...page.keys());
        if (page.size === 0) break;
        expect(page.size).toBe(found.length === 4 ? 4 : 2);
        after = found.at(-1) ?? '';
      }
      expect(found).toEqual(inOrder);
      expect([...(await log.documents('d/', { after: 'd/15' })).values()]).toEqual(inOrder.slice(2));
      expect(await log.documents('d/', { after: 'd0' })).toEqual(new Map());
    });

    test('are taken as they were when they were appended', async () => {
      const log = await open();
      const view = { n: 1 };
      const done = log.append([entry('1')], { view });
      view.n = 2;
      await done;
      const read = (await log.document('view')) as { n: number };
      expect(read).toEqual({ n: 1 });
      read.n = 3;
      expect(await log.document('view')).toEqual({ n: 1 });
    });

    test('commit together with their entries, the later of two wins, and alone they take no offset', async () => {
      const log = await open();
      const both = [log.append([entry('1')], { key: 'old' }), log.append([entry('2')], { key: 'new' })];
      expect(await Promise.all(both)).toEqual([1, 2]);
      expect(await log.document('key')).toBe('new');
      expect(await log.append([], { key: 'newest' })).toBe(2);
      expect(await log.append([entry('3')])).toBe(3);
    });
  });

  describe(`${name}: closing`, () => {
    test('commits what is pending first, and may be repeated', async () => {
      const log = await open();
      const done = log.append(entries(3));
      const closed = [log.close(), log.close()];
      await Promise.all(closed);
      expect(await done).toBe(3);
      await log.close();
    });

    test('answers what was asked before', async () => {
      const log = await open();
      await log.append(entries(3), { key: 1 });
      const asked = [log.first(), log.document('key'), log.offsetBefore(0), log.newest('a')] as const;
      await log.close();
      expect(await Promise.all(asked)).toMatchObject([1, 1, 0, { offset: 3 }]);
    });

    test('afterwards everything is refused, and nobody waits any more', async () => {
      const log = await open();
      const waiting = log.changed(0, never);
      await log.close();
      await waiting;
      await expect(log.append([entry('1')])).rejects.toThrow(LogClosedError);
      await expect(log.read({ after: 0, limit: 1 })).rejects.toThrow(LogClosedError);
      await expect(log.document('key')).rejects.toThrow(LogClosedError);
    });
  });
}
