import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Batcher } from '../../../supervisor/forward/batcher.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

interface Item {
  n: number;
  bytes: number;
  high: boolean;
}

function setUp(limits = { entries: 10, waitMs: 1_000, bytes: 100 }) {
  const clock = new FakeClock();
  const batches: Item[][] = [];
  const batcher = new Batcher<Item>(limits, clock, (batch) => batches.push(batch));
  let n = 0;
  const add = (bytes = 1, high = false) => batcher.add({ n: n++, bytes, high });
  const sizes = () => batches.map(({ length }) => length);
  return { clock, batches, batcher, add, sizes };
}

describe('a batch', () => {
  it('is due when it is full', () => {
    const { add, sizes, clock } = setUp();
    for (let i = 0; i < 25; i++) add();
    expect(sizes()).toEqual([10, 10]);
    expect(clock.waiting).toBe(1);
  });

  it('is due when its oldest entry has waited long enough', () => {
    const { add, sizes, clock } = setUp();
    add();
    clock.advance(999);
    add();
    expect(sizes()).toEqual([]);
    clock.advance(1);
    expect(sizes()).toEqual([2]);
    add();
    clock.advance(999);
    expect(sizes()).toEqual([2]);
    clock.advance(1);
    expect(sizes()).toEqual([2, 1]);
  });

  it('is due before it grows too large', () => {
    const { add, sizes, batcher } = setUp();
    add(60);
    add(40);
    expect(sizes()).toEqual([]);
    add(1);
    expect(sizes()).toEqual([2]);
    add(100);
    add(101);
    batcher.flush();
    expect(sizes()).toEqual([2, 1, 1, 1]);
  });

  it('is due at once with a high priority, and takes along what waits', () => {
    const { add, batches, clock } = setUp();
    add();
    add(1, true);
    expect(batches).toMatchObject([[{ n: 0 }, { n: 1 }]]);
    expect(clock.waiting).toBe(0);
  });

  it('is nothing when nothing waits', () => {
    const { batcher, sizes } = setUp();
    batcher.flush();
    expect(sizes()).toEqual([]);
  });

  it('loses nothing, keeps the order and stays within its limits, whatever comes', () => {
    const step = fc.record({ bytes: fc.integer({ min: 1, max: 100 }), high: fc.boolean(), ms: fc.nat(1_500) });
    fc.assert(
      fc.property(fc.array(step), (steps) => {
        const { add, batches, clock } = setUp();
        for (const { bytes, high, ms } of steps) {
          add(bytes, high && ms % 7 === 0);
          clock.advance(ms);
        }
        clock.advance(1_000);
        expect(batches.flat().map(({ n }) => n)).toEqual(steps.map((_, index) => index));
        for (const batch of batches) {
          expect(batch.length).toBeLessThanOrEqual(10);
          expect(batch.reduce((sum, { bytes }) => sum + bytes, 0)).toBeLessThanOrEqual(100);
        }
        expect(clock.waiting).toBe(0);
      }),
    );
  });
});
