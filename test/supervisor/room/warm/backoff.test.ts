import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Backoff } from '../../../../supervisor/room/warm/backoff.ts';

const config = { base: 100, max: 1_000 };

describe('Backoff', () => {
  it('doubles the pause up to the longest, at random between half and whole', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const backoff = new Backoff(config, () => random);
        const pauses: number[] = [];
        for (let i = 1; i <= 6; i++) {
          const now = i * 10_000;
          backoff.failed(now, now - 1);
          pauses.push(backoff.until - now);
        }
        const ceilings = [100, 200, 400, 800, 1_000, 1_000];
        expect(pauses).toEqual(ceilings.map((ceiling) => Math.round(ceiling * (0.5 + 0.5 * random))));
      }),
    );
  });

  it('counts what began together as one failure', () => {
    const backoff = new Backoff(config, () => 1);
    backoff.failed(10, 0);
    backoff.failed(11, 0);
    backoff.failed(12, 10);
    expect(backoff.until).toBe(110);
    backoff.failed(200, 11);
    expect(backoff.until).toBe(400);
  });

  it('begins anew after what began since has turned out well, not after what began before', () => {
    const backoff = new Backoff(config, () => 1);
    backoff.failed(10, 0);
    backoff.succeeded(5);
    backoff.failed(20, 15);
    expect(backoff.until).toBe(220);
    backoff.succeeded(30);
    backoff.failed(40, 35);
    expect(backoff.until).toBe(140);
  });
});
