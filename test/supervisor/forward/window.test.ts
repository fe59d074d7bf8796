import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FATES, type Fate, noCounts, Window } from '../../../supervisor/forward/window.ts';

describe('the window', () => {
  it('has its mark below the oldest unsettled event', () => {
    const window = new Window(10, noCounts());
    const [a, b] = [
      { offset: 11, bytes: 5 },
      { offset: 13, bytes: 7 },
    ];
    window.add(a);
    window.skip(12, 'local');
    window.add(b);
    window.settle(b, 'delivered');
    expect(window).toMatchObject({ mark: 10, readTo: 13, size: 1, bytes: 5 });
    expect(window.passed).toEqual(noCounts());
    window.settle(a, 'deadLettered');
    expect(window).toMatchObject({ mark: 13, size: 0, bytes: 0 });
    expect(window.passed).toEqual({ ...noCounts(), delivered: 1, deadLettered: 1, local: 1 });
  });

  it('does not settle twice', () => {
    const window = new Window(0, noCounts());
    const place = { offset: 1, bytes: 0 };
    window.add(place);
    window.settle(place, 'delivered');
    expect(() => window.settle(place, 'delivered')).toThrow('twice');
  });

  it('agrees with a plain list, whatever is settled when', () => {
    const fate = fc.constantFrom(...FATES);
    const step = fc.oneof(
      fc.record({ act: fc.constant('add' as const) }),
      fc.record({ act: fc.constant('skip' as const), fate, count: fc.integer({ min: 1, max: 3 }) }),
      fc.record({ act: fc.constant('settle' as const), fate, at: fc.nat() }),
    );
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const window = new Window(5, noCounts());
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
          } else {
            const open = events.filter(({ fate }) => fate === undefined);
            const event = open[each.at % Math.max(1, open.length)];
            const place = places.get(event?.offset ?? -1);
            if (event === undefined || place === undefined) continue;
            window.settle(place, each.fate);
            event.fate = each.fate;
          }
          const open = events.filter(({ fate }) => fate === undefined);
          const mark = (open[0]?.offset ?? offset + 1) - 1;
          const count = (list: typeof events) => {
            const counts = noCounts();
            for (const { fate } of list) if (fate !== undefined) counts[fate]++;
            return counts;
          };
          expect(window).toMatchObject({ mark, readTo: offset, size: open.length });
          expect(window.bytes).toBe(open.reduce((sum, { offset }) => sum + offset, 0));
          expect(window.total).toEqual(count(events));
          expect(window.passed).toEqual(count(events.filter((event) => event.offset <= mark)));
        }
      }),
    );
  });
});
