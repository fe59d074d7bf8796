import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Recent } from '../../../../supervisor/room/enforcement/recent.ts';

it('counts what is near in time, before or after, and at most so much', () => {
  const property = fc.property(
    fc.array(fc.integer({ min: -50, max: 300 })),
    fc.integer({ min: 1, max: 1_000 }),
    fc.integer({ min: 1, max: 9 }),
    (steps, window, most) => {
      const recent = new Recent();
      let near: number[] = [];
      let at = 10_000;
      for (const step of steps) {
        at += step;
        near = [...near.filter((time) => Math.abs(at - time) < window), at].sort((a, b) => a - b).slice(-most);
        expect(recent.add(at, window, most)).toBe(near.length);
      }
    },
  );
  fc.assert(property, { numRuns: 1_000 });
});
