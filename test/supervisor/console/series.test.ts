import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Bins } from '../../../supervisor/console/worker/bins.ts';
import { Charts } from '../../../supervisor/console/worker/series.ts';
import { Shares } from '../../../supervisor/console/worker/shares.ts';
import { SPEC_VERSION, testBus } from '../../helpers/test-bus.ts';

const name = fc.constantFrom('a', 'b', 'c', 'd', 'e');
const happening = fc.record({
  at: fc.integer({ min: 0, max: 4_000_000_000 }),
  name,
  count: fc.integer({ min: 1, max: 9 }),
});

describe('numbers in bins of time', () => {
  it('are all there, in a bounded number of bins, whatever comes when', () => {
    fc.assert(
      fc.property(fc.array(happening, { minLength: 1, maxLength: 300 }), fc.integer({ min: 1, max: 6 }), (all, top) => {
        const bins = new Bins();
        for (const { at, name, count } of all) bins.add(at, name, count);
        const { times, columns } = bins.totals(top);
        expect(times.length).toBeLessThanOrEqual(240);
        expect(times[0]).toBeLessThanOrEqual(Math.min(...all.map(({ at }) => at)));
        const sum = columns.reduce((so, { values }) => so + (values.at(-1) ?? 0), 0);
        expect(sum).toBe(all.reduce((so, { count }) => so + count, 0));
        expect(columns.every(({ values }) => values.length === times.length)).toBe(true);
      }),
    );
  });

  it('give rates that fit their width', () => {
    const bins = new Bins();
    for (let second = 0; second < 480; second++) bins.add(1_000 + second, 'a', 3);
    const { times, columns } = bins.rates(1);
    expect(times).toHaveLength(240);
    expect(new Set(columns[0]?.values)).toEqual(new Set([3]));
  });

  it('keep the names that there is most of, and sum up the others', () => {
    const bins = new Bins();
    for (const [name, count] of [
      ['a', 1],
      ['b', 5],
      ['c', 3],
      ['d', 1],
    ] as const)
      bins.add(10, name, count);
    expect(bins.totals(2).columns).toEqual([
      { name: 'b', values: [5] },
      { name: 'c', values: [3] },
      { name: 'others', values: [2] },
    ]);
  });
});

describe('shares of speech', () => {
  it('keep the newest point, at most 480, and everybody in ten lines', () => {
    const shares = new Shares();
    const everybody = Array.from({ length: 14 }, (_, i) => [`p${i}`, i / 91] as const);
    for (let at = 0; at < 1_500; at++) {
      shares.add(at, new Map(everybody));
      const { times } = shares.series((id) => id);
      expect([times.length <= 480, times.at(-1)]).toEqual([true, at]);
    }
    const { columns } = shares.series((id) => id.toUpperCase());
    expect(columns.map(({ name }) => name)).toEqual([
      'P13',
      'P12',
      'P11',
      'P10',
      'P9',
      'P8',
      'P7',
      'P6',
      'P5',
      'others',
    ]);
    expect(columns.reduce((sum, { values }) => sum + (values.at(-1) ?? 0), 0)).toBeCloseTo(1);
  });
});

describe('the charts of a room', () => {
  const violation = (count: number) => ({
    policyVersion: SPEC_VERSION,
    rule: 'turns.maxChars',
    severity: 'low' as const,
    action: 'blocked' as const,
    subject: 'message.send',
    count,
  });

  it('say who speaks by name, what happens by topic, and what was broken by rule', () => {
    const { bus } = testBus();
    const charts = new Charts(bus);
    bus.publish('room.participant.joined', { participantId: 'ada', name: 'Ada', isBot: false });
    bus.publish('room.dominance.score', {
      at: 0,
      windowMs: 1,
      participants: [{ participantId: 'ada', seconds: 3, share: 0.75 }],
      gini: 0,
      dominance: 0,
    });
    bus.publish('conversation.policy.violation', violation(2));
    const taken = Object.fromEntries(charts.take().map(({ name, series }) => [name, series.columns]));
    expect(taken.speaking).toEqual([{ name: 'Ada', values: [0.75] }]);
    expect(taken.topics).toEqual([
      { name: 'room.participant', values: [1] },
      { name: 'room.dominance', values: [1] },
      { name: 'conversation.policy', values: [1] },
    ]);
    expect(taken.violations).toEqual([{ name: 'turns.maxChars', values: [2] }]);
    expect(charts.take()).toEqual([]);
  });

  it('count a running total once', () => {
    const { bus, clock } = testBus();
    const charts = new Charts(bus);
    for (const count of [1, 2, 5]) bus.publish('conversation.policy.violation', violation(count));
    clock.advance(1_000);
    bus.publish('supervisor.policy.enforced', {
      action: 'warn',
      rule: 'turns.maxChars',
      causeId: 'x',
      policyVersion: SPEC_VERSION,
    });
    const series = charts.take().find(({ name }) => name === 'violations')?.series;
    expect(series?.columns).toEqual([
      { name: 'turns.maxChars', values: [5, 5] },
      { name: '→ warn', values: [0, 1] },
    ]);
  });

  it('go by the time of the supervisor, whatever a bot says', () => {
    const { bus, envelopes } = testBus();
    const charts = new Charts(bus);
    const other = testBus();
    other.bus.publish('room.participant.joined', { participantId: 'ada', isBot: false });
    const [envelope] = other.envelopes;
    if (envelope === undefined) throw new Error('expected an envelope');
    bus.receive({ ...envelope, ts: 0, meta: { receivedAt: 5_000_000 } });
    expect(charts.take().find(({ name }) => name === 'topics')?.series.times).toEqual([5_000]);
    expect(envelopes).toEqual([]);
  });

  it('begin anew', () => {
    const { bus } = testBus();
    const charts = new Charts(bus);
    bus.publish('conversation.policy.violation', violation(2));
    charts.reset();
    expect(charts.take().every(({ series }) => series.times.length === 0)).toBe(true);
  });
});
