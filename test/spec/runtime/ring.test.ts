import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Ring } from '../../../spec/runtime/ring.ts';

test('a ring keeps the newest items in order', () => {
  fc.assert(
    fc.property(fc.nat(8), fc.array(fc.nat()), (capacity, items) => {
      const ring = new Ring<number>(capacity);
      for (const item of items) ring.push(item);
      expect([...ring]).toEqual(capacity === 0 ? [] : items.slice(-capacity));
      expect(ring.size).toBe(Math.min(capacity, items.length));
    }),
  );
});

test('a capacity that is none is refused', () => {
  expect(() => new Ring(-1)).toThrow(RangeError);
  expect(() => new Ring(1.5)).toThrow(RangeError);
});
