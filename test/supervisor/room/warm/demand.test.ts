import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Demand } from '../../../../supervisor/room/warm/demand.ts';

const WINDOW = 1_000;

interface Limits {
  readonly floor: number;
  readonly ceiling: number;
}

// In steps, so that some requests are exactly a window old.
const gaps = fc.array(
  fc.nat(6).map((steps) => steps * 100),
  { maxLength: 60 },
);
const config = fc
  .tuple(fc.nat(5), fc.nat(8))
  .map(([floor, above]) => ({ floor, ceiling: floor + above, window: WINDOW }));

/** The same by counting everything. */
function naive(times: readonly number[], now: number, { floor, ceiling }: Limits): number {
  const recent = times.filter((at) => now - at < WINDOW).length;
  return Math.min(ceiling, Math.max(floor, recent));
}

describe('Demand', () => {
  it('wants as many as were asked for within the window, between floor and ceiling', () => {
    fc.assert(
      fc.property(config, gaps, fc.nat(20), (limits, all, later) => {
        const demand = new Demand(limits);
        const times: number[] = [];
        let now = 0;
        for (const gap of all) {
          now += gap;
          demand.note(now);
          times.push(now);
          expect(demand.target(now)).toBe(naive(times, now, limits));
        }
        expect(demand.target(now + later * 100)).toBe(naive(times, now + later * 100, limits));
      }),
    );
  });
});
