import { describe, expect, it } from 'vitest';
import { REPORT_MS, Reports } from '../../../../supervisor/room/enforcement/reports.ts';

const DENY = { rule: 'tools.deny', subject: 'pay' };
const at = (ms: number) => ({ at: ms, receivedAt: ms });

describe('reports', () => {
  it('a breach that nobody reports is a silence, by either clock, once', () => {
    for (const clock of ['at', 'receivedAt'] as const) {
      const reports = new Reports();
      reports.breached(DENY, 'cause', at(1_000));
      expect(reports.pending).toBe(true);
      expect(reports.overdue({ [clock]: 1_000 + REPORT_MS - 1 })).toEqual([]);
      expect(reports.overdue({ [clock]: 1_000 + REPORT_MS })).toEqual([{ ...DENY, count: 1, causeId: 'cause' }]);
      expect([reports.pending, reports.overdue()]).toEqual([false, []]);
    }
  });

  it('believes the clock that it is asked by', () => {
    const reports = new Reports();
    reports.breached(DENY, 'cause', { at: 1_000, receivedAt: 30_000 });
    expect(reports.overdue({ receivedAt: 31_000 })).toEqual([]);
    expect(reports.overdue({ at: 2_000 })).toEqual([]);
    expect(reports.overdue({ at: 3_000 })).toHaveLength(1);
  });

  it('is settled by a report before or after, of what it is called by the one or the other rule of its kind', () => {
    const after = new Reports();
    after.breached(DENY, 'cause', at(0));
    after.reported({ rule: 'tools.allow', subject: 'pay' }, 1);
    expect([after.pending, after.overdue()]).toEqual([false, []]);
    const before = new Reports();
    before.reported(DENY, 1);
    before.breached(DENY, 'cause', at(10_000));
    expect(before.pending).toBe(false);
    before.breached(DENY, 'cause', at(10_000));
    expect(before.pending).toBe(true);
  });

  it('covers as many breaches as it says that there were in all, or one each time', () => {
    const total = new Reports();
    for (let i = 0; i < 5; i++) total.breached(DENY, `${i}`, at(i));
    total.reported(DENY, 4);
    expect(total.overdue()).toEqual([{ ...DENY, count: 5, causeId: '0' }]);
    total.breached(DENY, '5', at(9));
    total.reported(DENY, 6);
    expect([total.pending, total.overdue()]).toEqual([false, []]);
    const each = new Reports();
    for (let i = 0; i < 3; i++) each.breached(DENY, `${i}`, at(i));
    for (let i = 0; i < 3; i++) each.reported(DENY, 1);
    expect(each.pending).toBe(false);
  });

  it('is not settled by a report of something else', () => {
    const reports = new Reports();
    reports.breached(DENY, 'cause', at(0));
    reports.reported({ rule: 'tools.deny', subject: 'search' }, 1);
    reports.reported({ rule: 'rates', subject: 'pay' }, 1);
    expect(reports.overdue()).toEqual([{ ...DENY, count: 1, causeId: 'cause' }]);
  });

  it('names the first that was not reported, and counts all of that name', () => {
    const reports = new Reports();
    for (const [i, causeId] of ['one', 'two', 'three'].entries()) reports.breached(DENY, causeId, at(i));
    expect(reports.overdue()).toEqual([{ ...DENY, count: 3, causeId: 'one' }]);
    reports.breached(DENY, 'four', at(9));
    expect(reports.overdue()).toEqual([{ ...DENY, count: 4, causeId: 'four' }]);
  });

  it('knows a hundred names, and of all others together', () => {
    const reports = new Reports();
    for (let i = 0; i < 10_000; i++) reports.breached({ rule: 'tools.deny', subject: `tool-${i}` }, `${i}`, at(0));
    const silences = reports.overdue();
    expect(silences).toHaveLength(101);
    expect(silences.at(-1)).toEqual({ rule: 'others', subject: 'others', count: 9_900, causeId: '100' });
  });
});
