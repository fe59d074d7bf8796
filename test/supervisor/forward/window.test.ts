import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Fate, markOf, noCounts, Window } from '../../../supervisor/forward/window.ts';

const FATES = Object.keys(noCounts()) as Fate[];

describe('the window', () => {
  it('has its mark below the oldest unsettled event', () => {
    const window = new Window({ readTo: 10, parked: [], counts: noCounts() });
    const [a, b] = [
      { offset: 11, bytes: 5 },
      { offset: 13, bytes: 7 },
    ];
    window.add(a);
    window.skip(12, 'local');
    window.add(b);
    window.settle(b, 'delivered');
    expect(window).toMatchObject({ readTo: 13, size: 1, bytes: 5 });
    expect(markOf(window.progress)).toBe(10);
    window.settle(a, 'deadLettered');
    expect(window).toMatchObject({ size: 0, bytes: 0 });
    expect(markOf(window.progress)).toBe(13);
    expect(window.counts).toEqual({ ...noCounts(), delivered: 1, deadLettered: 1, local: 1 });
  });

  it('keeps its mark below what is parked, and counts what is not found again', () => {
    const window = new Window({ readTo: 0, parked: [], counts: noCounts() });
    for (const offset of [1, 2, 3]) window.park(offset, 'a');
    window.park(4, 'b');
    window.skip(5, 'local');
    expect(window.progress.parked).toEqual([
      { roomId: 'a', after: 0, count: 3 },
      { roomId: 'b', after: 3, count: 1 },
    ]);
    expect(markOf(window.progress)).toBe(0);
    window.unpark('a', 1, 1);
    expect([...window.parked.keys()]).toEqual(['b', 'a']);
    expect(markOf(window.progress)).toBe(1);
    // Of the two that are left one is gone.
    window.unpark('a', 5, 1);
    expect(window.counts).toMatchObject({ expired: 1, local: 1 });
    expect(markOf(window.progress)).toBe(3);
    window.unpark('b', 5, 1);
    expect(window.progress).toMatchObject({ readTo: 5, parked: [] });
    expect(markOf(window.progress)).toBe(5);
  });

  it('does not settle twice', () => {
    const window = new Window({ readTo: 0, parked: [], counts: noCounts() });
    const place = { offset: 1, bytes: 0 };
    window.add(place);
    window.settle(place, 'delivered');
    expect(() => window.settle(place, 'delivered')).toThrow('twice');
  });

  it('agrees with a plain list, whatever is settled when, and can be taken up again at any moment', () => {
    const fate = fc.constantFrom(...FATES);
    const step = fc.oneof(
      fc.record({ act: fc.constant('add' as const) }),
      fc.record({ act: fc.constant('skip' as const), fate, count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ act: fc.constant('settle' as const), fate, at: fc.nat() }),
      fc.record({ act: fc.constant('restart' as const) }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        let window = new Window({ readTo: 5, parked: [], counts: noCounts() });
        const events: { offset: number; fate?: Fate }[] = [];
        const places = new Map<number, { offset: number; bytes: number }>();
        let offset = 5;
        for (const each of steps) {
          if (each.act === 'add') {
            const place = { offset: ++offset, bytes: offset };
            window.add(place);
            places.set(offset, place);
            events.push({ offset });
          } else if (each.act === 'skip') {
            for (let n = 0; n < each.count; n++) events.push({ offset: ++offset, fate: each.fate });
            window.skip(offset, each.fate, each.count);
          } else if (each.act === 'restart') {
            const { open, ...rest } = window.progress;
            window = new Window(rest);
            for (const left of open) window.add(places.get(left) ?? { offset: -1, bytes: 0 });
          } else {
            const open = events.filter((event) => event.fate === undefined);
            const event = open[each.at % Math.max(1, open.length)];
            const place = places.get(event?.offset ?? -1);
            if (event === undefined || place === undefined) continue;
            window.settle(place, each.fate);
            event.fate = each.fate;
          }
          const open = events.filter((event) => event.fate === undefined);
          const counts = noCounts();
          for (const event of events) if (event.fate !== undefined) counts[event.fate]++;
          expect(window).toMatchObject({ readTo: offset, size: open.length });
          expect(markOf(window.progress)).toBe((open[0]?.offset ?? offset + 1) - 1);
          expect(window.bytes).toBe(open.reduce((sum, event) => sum + event.offset, 0));
          expect(window.progress).toEqual({
            readTo: offset,
            open: open.map((event) => event.offset),
            parked: [],
            counts,
          });
        }
      }),
    );
  });
});
