import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { RecentIds } from '../../../supervisor/intake/recent-ids.ts';
import { type RejectionSummary, Rejections } from '../../../supervisor/intake/rejections.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

describe('RecentIds', () => {
  it('knows at least the last ids, and never more than twice as many', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(30), { maxLength: 200 }), (numbers) => {
        const size = 8;
        const ids = new RecentIds(size);
        const accepted: number[] = [];
        for (const number of numbers) {
          const isNew = ids.add(String(number));
          if (accepted.slice(-size).includes(number)) expect(isNew).toBe(false);
          if (!accepted.slice(-2 * size).includes(number)) expect(isNew).toBe(true);
          if (isNew) accepted.push(number);
        }
      }),
    );
  });
});

describe('Rejections', () => {
  const collect = () => {
    const clock = new FakeClock();
    const told: RejectionSummary[] = [];
    return { clock, told, rejections: new Rejections(clock, (summary) => told.push(summary)) };
  };

  it('tells the first at once and those of the next second together', () => {
    const { clock, told, rejections } = collect();
    rejections.add('not_json', 10, 'first');
    expect(told).toEqual([{ reason: 'not_json', bytes: 10, count: 1, reasons: { not_json: 1 }, detail: 'first' }]);
    for (let i = 0; i < 1_000; i++) rejections.add('line_too_long', 2, 'long');
    rejections.add('not_json', 1, 'last');
    expect(told).toHaveLength(1);
    clock.advance(1_000);
    const reasons = { line_too_long: 1_000, not_json: 1 };
    expect(told[1]).toEqual({ reason: 'line_too_long', bytes: 2_001, count: 1_001, reasons, detail: 'last' });
    clock.advance(10_000);
    expect(told).toHaveLength(2);
  });

  it('tells what is left at the end', () => {
    const { clock, told, rejections } = collect();
    rejections.add('not_json', 1, '');
    rejections.add('not_json', 1, '');
    rejections.finish();
    rejections.finish();
    clock.advance(10_000);
    expect(told.map(({ count }) => count)).toEqual([1, 1]);
  });

  it('never tells more than once a second, and every rejection once', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(400), { maxLength: 100 }), (gaps) => {
        const { clock, told, rejections } = collect();
        for (const gap of gaps) {
          clock.advance(gap);
          rejections.add('not_json', 1, '');
        }
        const seconds = clock.monotonic() / 1_000;
        expect(told.length).toBeLessThanOrEqual(Math.floor(seconds) + 1);
        rejections.finish();
        expect(told.reduce((sum, { count }) => sum + count, 0)).toBe(gaps.length);
      }),
    );
  });
});
