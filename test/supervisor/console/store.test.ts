import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { nameMatcher } from '../../../spec/runtime/match.ts';
import type { Kept } from '../../../supervisor/console/worker/matching.ts';
import { MAX_CHARS, Store } from '../../../supervisor/console/worker/store.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const TOPICS = ['room.message.sent', 'room.message.received', 'bot.health.heartbeat'];
const PATTERNS = ['**', 'room.**', 'room.message.sent', 'none.such'];

function event(number: number, topic: string, text = ''): Kept {
  const row = { position: `epoch.${number}`, ts: number, topic, roomId: 'r', summary: `said ${number}`, tone: 'plain' };
  const json = `{"id":"id-${number}","topic":"${topic}","payload":{"text":${JSON.stringify(text)}},"meta":{"runId":"run"}}`;
  return { row, id: `id-${number}`, json } as Kept;
}

const step = fc.oneof(
  { weight: 8, arbitrary: fc.record({ add: fc.constantFrom(...TOPICS), times: fc.integer({ min: 1, max: 900 }) }) },
  fc.record({ topic: fc.constantFrom(...PATTERNS) }),
  fc.record({ paused: fc.boolean() }),
);

describe('the store of the timeline', () => {
  it('lists what fits the filter, whatever comes, goes, and is paused', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 40 }), (steps) => {
        const clock = new FakeClock();
        const store = new Store(clock, () => {}, 2_000);
        const all: Kept[] = [];
        let pattern = '**';
        let pausedAt: number | undefined;
        let before = { version: -1, lines: new Map<number, string>() };
        for (const one of steps) {
          if ('add' in one) {
            for (let i = 0; i < one.times; i++) {
              const next = event(all.length, one.add);
              all.push(next);
              store.add(next);
            }
          } else if ('topic' in one) {
            pattern = one.topic;
            store.filter({ topic: pattern });
          } else {
            store.pause(one.paused);
            pausedAt = one.paused ? (pausedAt ?? all.length) : undefined;
          }
          clock.advance(10);
          const { version, first, count, tail, kept, waiting, trimmed } = store.view();
          const fits = nameMatcher(pattern);
          const there = all.slice(all.length - kept);
          const fitting = there.filter(({ row }) => fits(row.topic)).map(({ row }) => row.position);
          const unseen = all.slice(pausedAt ?? all.length).filter(({ row }) => fits(row.topic)).length;
          const { from, rows } = store.rows(first, count);
          expect(rows.map(({ position }) => position)).toEqual(fitting.slice(0, fitting.length - waiting));
          expect({ from, length: rows.length, waiting, trimmed }).toEqual({
            from: first,
            length: count,
            waiting: Math.min(unseen, fitting.length),
            trimmed: kept < all.length,
          });
          expect(tail.rows).toEqual(rows.slice(-60));
          expect(tail.from).toBe(first + count - tail.rows.length);
          const lines = new Map(rows.map(({ position }, i) => [first + i, position]));
          // A line keeps its number for as long as the version says so.
          if (before.version === version) {
            for (const [line, position] of lines) expect(before.lines.get(line) ?? position).toBe(position);
          }
          before = { version, lines };
          expect(kept).toBeLessThan((pausedAt === undefined ? 2_000 : 4_000) + 1_000);
          expect(kept).toBeGreaterThanOrEqual(Math.min(all.length, 2_000));
        }
      }),
      { numRuns: 25 },
    );
  });

  it('goes over large events in slices, and others are added meanwhile', () => {
    const clock = new FakeClock();
    let changes = 0;
    const store = new Store(clock, () => changes++);
    for (let i = 0; i < 30; i++) store.add(event(i, 'room.message.sent', 'x'.repeat(200_000)));
    changes = 0;
    store.filter({ topic: 'room.**' });
    expect(store.view().count).toBeLessThan(30);
    store.add(event(30, 'room.message.sent'));
    store.add(event(31, 'bot.health.heartbeat'));
    clock.advance(100);
    expect(store.rows(0, 100).rows.map(({ ts }) => ts)).toEqual(Array.from({ length: 31 }, (_, i) => i));
    expect(changes).toBeGreaterThan(2);
  });

  it('lets the oldest go when their text is too long, and keeps one at least', () => {
    const store = new Store(new FakeClock(), () => {});
    const long = 'x'.repeat(1_000_000);
    for (let i = 0; i < 100; i++) store.add(event(i, 'room.message.sent', long));
    const { kept, first, count, trimmed } = store.view();
    expect(kept).toBeLessThanOrEqual(MAX_CHARS / long.length);
    expect(kept).toBeGreaterThan(50);
    expect({ first, count, trimmed }).toEqual({ first: 100 - kept, count: kept, trimmed: true });
    expect(store.json('epoch.99')).toContain('"id":"id-99"');
    store.add(event(100, 'room.message.sent', 'x'.repeat(2 * MAX_CHARS)));
    expect(store.rows(0, 1_000).rows.map(({ ts }) => ts)).toEqual([100]);
    store.reset();
    for (let i = 0; i < 50; i++) store.add(event(i, 'room.message.sent', long));
    expect(store.view().kept).toBe(50);
  });

  it('searches what happened, and not the frame around it', () => {
    const store = new Store(new FakeClock(), () => {});
    store.add(event(1, 'room.message.sent', 'Hello (WORLD)'));
    store.add(event(2, 'room.message.sent', 'ciao'));
    const found = (text: string) => {
      store.filter({ text });
      return store.rows(0, 10).rows.map(({ ts }) => ts);
    };
    expect(found('hello (world)')).toEqual([1]);
    expect(found('SAID 2')).toEqual([2]);
    expect(found('id-1')).toEqual([1]);
    expect(found('message.sent')).toEqual([1, 2]);
    expect(found('runId')).toEqual([]);
    expect(found('.*')).toEqual([]);
  });

  it('finds events by their ids and topics, and knows what is missing', () => {
    const store = new Store(new FakeClock(), () => {});
    store.add(event(1, 'room.message.sent'));
    store.add({ row: { ...event(0, '').row, position: '' }, id: '', json: '' });
    store.add(event(2, 'bot.health.heartbeat'));
    store.add(event(3, 'room.message.sent'));
    store.filter({ topic: 'room.**' });
    expect(store.view()).toMatchObject({ missing: true, count: 3 });
    expect(store.newest('room.message.*', 10).map(({ ts }) => ts)).toEqual([3, 1]);
    expect(store.newest('**', 1).map(({ ts }) => ts)).toEqual([3]);
    expect(store.find('id-2')).toEqual({ position: 'epoch.2' });
    expect(store.find('id-9')).toBeNull();
    expect(store.json('epoch.3')).toContain('"id":"id-3"');
    store.reset();
    expect(store.view()).toMatchObject({ missing: false, count: 0, kept: 0, first: 0 });
  });
});
