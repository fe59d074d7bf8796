import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { dominance } from '../../../bot/facilitation/dominance.ts';
import { Spoken } from '../../../bot/facilitation/spoken.ts';

/** The formulas as they are written in words, without any shortcut. */
function naive(times: number[]) {
  const n = times.length;
  const total = times.reduce((a, b) => a + b, 0);
  if (total === 0 || n < 2) return { gini: 0, dominance: 0 };
  let sum = 0;
  for (const a of times) for (const b of times) sum += Math.abs(a - b);
  const shares = times.map((time) => time / total);
  return {
    gini: ((sum / (2 * n * n * (total / n))) * n) / (n - 1),
    dominance: (Math.max(...shares) - 1 / n) / (1 - 1 / n),
  };
}

describe('P22: dominance', () => {
  test('agrees with the formulas, and shares sum to one', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(1_000_000), { maxLength: 12 }), (times) => {
        const score = dominance(new Map(times.map((time, i) => [`p${i}`, time])));
        const expected = naive(times);
        expect(score.gini).toBeCloseTo(expected.gini, 9);
        expect(score.dominance).toBeCloseTo(expected.dominance, 9);
        expect(score.gini >= 0 && score.gini <= 1 && score.dominance >= 0 && score.dominance <= 1).toBe(true);
        const shares = score.participants.reduce((sum, { share }) => sum + share, 0);
        expect(shares).toBeCloseTo(times.some((time) => time > 0) ? 1 : 0, 9);
        expect(score.participants.map(({ seconds }) => seconds)).toEqual(times.map((time) => time / 1_000));
      }),
    );
  });

  test.each([
    [[], 0, 0],
    [[0, 0, 0], 0, 0],
    [[5], 0, 0],
    [[5, 5, 5], 0, 0],
    [[7, 0, 0, 0], 1, 1],
    [[3, 1], 0.5, 0.5],
  ])('of %j is %d, gini %d', (times, expected, gini) => {
    const score = dominance(new Map(times.map((time, i) => [String(i), time])));
    expect(score.dominance).toBeCloseTo(expected, 12);
    expect(score.gini).toBeCloseTo(gini, 12);
  });
});

describe('P22: the rolling window', () => {
  test('counts the same as looking at every millisecond', () => {
    const segment = fc.record({
      who: fc.constantFrom('a', 'b', 'c'),
      start: fc.nat(200),
      length: fc.nat(80),
    });
    const check = (segments: { who: string; start: number; length: number }[], window: number, moments: number[]) => {
      const spoken = new Spoken(window);
      for (const who of ['a', 'b', 'c', 'silent']) spoken.joined(who, false);
      const at = new Set(moments);
      for (let time = 0; time <= 300; time++) {
        const speaking = (t: number) => [
          ...new Set(segments.filter((s) => s.start <= t && t < s.start + s.length).map(({ who }) => who)),
        ];
        if (String(speaking(time)) !== String(speaking(time - 1))) spoken.speaking(speaking(time), time);
        if (!at.has(time)) continue;
        const expected = new Map(['a', 'b', 'c', 'silent'].map((who) => [who, 0]));
        for (let t = Math.max(0, time - window); t < time; t++) {
          for (const who of speaking(t)) expected.set(who, (expected.get(who) ?? 0) + 1);
        }
        expect(spoken.within(time)).toEqual(expected);
      }
    };
    const moments = fc.array(fc.nat(300), { minLength: 1, maxLength: 8 });
    fc.assert(fc.property(fc.array(segment, { maxLength: 20 }), fc.integer({ min: 1, max: 150 }), moments, check), {
      numRuns: 200,
    });
  });

  test('bots are not in the group, who speaks is, and who has left stays while the window holds their speech', () => {
    const spoken = new Spoken(1_000);
    spoken.joined('ada', false, 'Ada');
    spoken.joined('robot', true);
    spoken.speaking(['ada', 'robot', 'guest'], 0);
    spoken.left('guest', 400);
    expect([...spoken.within(500)]).toEqual([
      ['ada', 500],
      ['guest', 400],
    ]);
    expect([...spoken.within(1_400)]).toEqual([['ada', 1_000]]);
    expect([spoken.nameOf('ada'), spoken.nameOf('guest')]).toEqual(['Ada', 'guest']);
  });
});
