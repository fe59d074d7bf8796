import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { alternative, tableRows } from '../../../supervisor/console/charts/alternative.ts';
import { asPercent } from '../../../supervisor/console/charts/format.ts';
import { SLOTS, Slots } from '../../../supervisor/console/charts/slots.ts';
import { metricOf } from '../../../supervisor/console/forwarding/standing.ts';

describe('colours of a chart', () => {
  it('stay with their names, and are never shared by two', () => {
    const step = fc.uniqueArray(fc.constantFrom(...'abcdefghijklmn'), { maxLength: SLOTS });
    fc.assert(
      fc.property(fc.array(step, { maxLength: 20 }), (steps) => {
        const slots = new Slots();
        let before = new Map<string, number>();
        for (const names of steps) {
          const now = new Map(slots.order(names).map(({ name, slot }) => [name, slot]));
          expect(new Set(now.values()).size).toBe(names.length);
          for (const [name, slot] of now) expect(before.get(name) ?? slot).toBe(slot);
          before = now;
        }
      }),
    );
  });

  it('are grey for the others, who come last', () => {
    expect(new Slots().order(['others', 'a'])).toEqual([
      { name: 'a', slot: 0 },
      { name: 'others', slot: SLOTS },
    ]);
  });
});

describe('a chart in words', () => {
  it('says the newest numbers', () => {
    const columns = [
      { name: 'Ada', values: [0.2, 0.75] },
      { name: 'Bo', values: [0.8, null] },
    ];
    const words = alternative('Who speaks', { times: [1_700_000_000, 1_700_000_060], columns }, asPercent);
    expect(words).toMatch(/^Who speaks, from \d\d:\d\d:20 to \d\d:\d\d:20\. At last: Ada 75%, Bo 0%\.$/);
  });

  it('says when there is nothing', () => {
    expect(alternative('Events', { times: [], columns: [] }, asPercent)).toBe('Events: nothing yet');
  });

  it('has a table of at most 50 rows that begins with the newest', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2_000 }), (length) => {
        const rows = tableRows(length);
        expect(rows[0]).toBe(length - 1);
        expect(rows.length).toBeLessThanOrEqual(50);
        expect(Math.min(...rows)).toBeGreaterThanOrEqual(0);
      }),
    );
  });
});

it('a metric is summed over its labels', () => {
  const text =
    '# HELP a b\nroomd_x_total{result="complete"} 3\nroomd_x_total{result="failed"} 2\nroomd_x_total_created 9\n';
  expect(metricOf(text, 'roomd_x_total')).toBe(5);
  expect(metricOf(text, 'roomd_y_total')).toBe(0);
});
