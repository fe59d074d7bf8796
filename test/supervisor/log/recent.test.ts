import { expect, test } from 'vitest';
import { Recent } from '../../../supervisor/log/recent.ts';
import { entry, offsets, upTo } from './support.ts';

const record = (offset: number, json = 'x'.repeat(10)) => ({ offset, ...entry(String(offset), { json }) });

test('holds the newest records, bounded in number and in bytes', () => {
  const recent = new Recent(0, { records: 5, bytes: 45 });
  recent.add(upTo(3).map((offset) => record(offset)));
  expect(recent.first).toBe(1);
  recent.add([record(4), record(5)]);
  expect(recent.first).toBe(2);
  recent.add(upTo(20, 6).map((offset) => record(offset, 'x')));
  expect(recent.first).toBe(16);
  recent.add([record(21, 'x'.repeat(45))]);
  expect(recent.first).toBe(21);
  recent.add([record(22, 'x'.repeat(46))]);
  expect(recent.first).toBe(23);
  expect(recent.read({ after: 22, limit: 1 })).toEqual({ records: [], next: 22, gap: false });
});

test('what is forgotten frees its bytes once, and stays known as a gap', () => {
  const recent = new Recent(100, { records: 5, bytes: 45 });
  recent.add(upTo(104, 101).map((offset) => record(offset)));
  recent.forget([99, 102, 102, 200]);
  recent.add([record(105)]);
  expect(recent.first).toBe(101);
  const page = recent.read({ after: 100, limit: 9 });
  expect(offsets(page?.records ?? [])).toEqual([101, 103, 104, 105]);
  expect(page?.gap).toBe(true);
});

test('does not answer for what it does not hold', () => {
  const recent = new Recent(100, { records: 5, bytes: 1_000 });
  expect(recent.read({ after: 99, limit: 1 })).toBeUndefined();
  expect(recent.read({ after: 100, limit: 1 })).toEqual({ records: [], next: 100, gap: false });
});

test('of a room, what is gone beyond a place is a gap wherever the page ends, until its places are forgotten', () => {
  const recent = new Recent(0, { records: 6, bytes: 1_000 });
  const of = (offset: number) => ({ offset, ...entry(String(offset), { roomId: offset % 2 ? 'odd' : 'even' }) });
  recent.add(upTo(6).map(of));
  recent.forget([3, 5]);
  const gap = (after: number, roomId: string) => recent.read({ after, limit: 1, roomId })?.gap;
  expect([gap(0, 'odd'), gap(4, 'odd'), gap(5, 'odd'), gap(0, 'even')]).toEqual([true, true, false, false]);
  recent.add(upTo(11, 7).map(of));
  expect([gap(5, 'odd'), gap(6, 'odd'), gap(5, 'even')]).toEqual([false, false, false]);
});
