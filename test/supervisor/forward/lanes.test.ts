import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Lanes } from '../../../supervisor/forward/lanes.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

interface Item {
  n: number;
  lane: string;
  bytes: number;
  high: boolean;
}

function setUp(limits = { entries: 10, waitMs: 1_000, bytes: 100 }) {
  const clock = new FakeClock();
  const batches: Item[][] = [];
  const take = () => {
    for (let batch = lanes.take(); batch !== undefined; batch = lanes.take()) batches.push(batch);
  };
  const lanes: Lanes<Item> = new Lanes<Item>(limits, clock, take);
  let n = 0;
  const add = (lane = `lane-${n}`, bytes = 1, high = false) => {
    lanes.add({ n: n++, lane, bytes, high });
    take();
  };
  return { clock, batches, lanes, add, take, numbers: () => batches.map((batch) => batch.map((item) => item.n)) };
}

describe('a batch', () => {
  it('is due when it is full', () => {
    const { add, batches, clock } = setUp();
    for (let i = 0; i < 25; i++) add();
    expect(batches.map(({ length }) => length)).toEqual([10, 10]);
    expect(clock.waiting).toBe(1);
  });

  it('is due when its oldest item has waited long enough', () => {
    const { add, numbers, clock } = setUp();
    add();
    clock.advance(999);
    add();
    expect(numbers()).toEqual([]);
    clock.advance(1);
    expect(numbers()).toEqual([[0, 1]]);
    add();
    clock.advance(999);
    expect(numbers()).toEqual([[0, 1]]);
    clock.advance(1);
    expect(numbers()).toEqual([[0, 1], [2]]);
  });

  it('holds no more bytes than allowed, and an item above the limit goes alone', () => {
    const { add, lanes, numbers, take } = setUp();
    add('a', 60);
    add('b', 39);
    expect(numbers()).toEqual([]);
    add('c', 2);
    expect(numbers()).toEqual([[0, 1]]);
    lanes.flush();
    take();
    add('d', 101);
    expect(numbers()).toEqual([[0, 1], [2], [3]]);
  });

  it('is due at once with a high priority, and takes along what waits', () => {
    const { add, numbers, clock } = setUp();
    add('a');
    add('b', 1, true);
    expect(numbers()).toEqual([[1, 0]]);
    expect(clock.waiting).toBe(0);
  });

  it('is due at once for what stands before an urgent item in its lane', () => {
    const { add, numbers } = setUp();
    for (let i = 0; i < 3; i++) add('a');
    add('a', 1, true);
    expect(numbers()).toEqual([[0, 1, 2, 3]]);
  });

  it('is nothing when nothing waits', () => {
    const { lanes } = setUp();
    lanes.flush();
    expect(lanes.take()).toBeUndefined();
  });
});

describe('a lane', () => {
  it('gives its next items only when the last ones are all back', () => {
    const { add, lanes, take, batches, numbers, clock } = setUp();
    for (let i = 0; i < 25; i++) add('a');
    expect(numbers()).toEqual([[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]]);
    for (const item of batches[0]?.slice(1) ?? []) lanes.release(item);
    clock.advance(5_000);
    take();
    expect(batches).toHaveLength(1);
    lanes.release(batches[0]?.[0] as Item);
    take();
    expect(numbers()[1]).toEqual([10, 11, 12, 13, 14, 15, 16, 17, 18, 19]);
  });

  it('does not hold up another', () => {
    const { add, numbers } = setUp();
    add('a', 1, true);
    add('a', 1, true);
    add('b', 1, true);
    expect(numbers()).toEqual([[0], [2]]);
  });

  it('that waits too long gets its turn, however many urgent ones there are', () => {
    const { add, batches, lanes, clock } = setUp({ entries: 1, waitMs: 1_000, bytes: 100 });
    const last = () => lanes.release(batches.at(-1)?.[0] as Item);
    lanes.add({ n: -1, lane: 'patient', bytes: 1, high: false });
    lanes.add({ n: -2, lane: 'urgent', bytes: 1, high: true });
    lanes.add({ n: -3, lane: 'urgent', bytes: 1, high: true });
    expect(lanes.take()).toMatchObject([{ lane: 'urgent' }]);
    lanes.release({ n: -2, lane: 'urgent', bytes: 1, high: true });
    clock.advance(1_000);
    for (let i = 0; i < 3; i++) {
      add('urgent', 1, true);
      last();
    }
    expect(batches.flat().map(({ lane }) => lane)).toContain('patient');
  });
});

it('loses nothing, keeps the order of each lane and stays within its limits, whatever comes', () => {
  const step = fc.oneof(
    fc.record({ lane: fc.constantFrom('a', 'b', 'c'), bytes: fc.integer({ min: 1, max: 100 }), high: fc.boolean() }),
    fc.record({ back: fc.nat(5) }),
    fc.record({ ms: fc.nat(1_500) }),
  );
  fc.assert(
    fc.property(fc.array(step, { maxLength: 100 }), (steps) => {
      const { add, batches, clock, lanes, take } = setUp();
      const out = new Map<number, Item[]>();
      let done = 0;
      let count = 0;
      const check = () => {
        for (const [index, batch] of batches.entries()) {
          if (index < done) continue;
          // Nothing of a lane is out twice.
          for (const other of out.values()) {
            expect(other.some(({ lane }) => batch.some((item) => item.lane === lane))).toBe(false);
          }
          out.set(index, [...batch]);
          done = index + 1;
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100);
        }
      };
      const giveBack = (index: number) => {
        const [key] = [...out.keys()].slice(index % Math.max(1, out.size));
        if (key === undefined) return;
        for (const item of out.get(key) ?? []) lanes.release(item);
        out.delete(key);
        take();
        check();
      };
      for (const each of steps) {
        if ('lane' in each) {
          add(each.lane, each.bytes, each.high);
          count++;
        } else if ('back' in each) giveBack(each.back);
        else clock.advance(each.ms);
        check();
      }
      lanes.flush();
      take();
      check();
      while (out.size > 0) giveBack(0);
      const items = batches.flat();
      expect(items.length).toBe(count);
      for (const lane of ['a', 'b', 'c']) {
        const numbers = items.filter((item) => item.lane === lane).map(({ n }) => n);
        expect(numbers).toEqual([...numbers].sort((x, y) => x - y));
      }
      expect(clock.waiting).toBe(0);
    }),
  );
});
