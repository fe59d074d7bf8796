import fc from 'fast-check';
import { expect, test } from 'vitest';
import { TokenBucket } from '../../../bot/policy/token-bucket.ts';

test('P19: a bucket is full at first and refills evenly', () => {
  const bucket = new TokenBucket(2, 1_000, 0);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
  expect([bucket.take(499), bucket.take(500), bucket.take(500)]).toEqual([false, true, false]);
  expect([bucket.take(90_000), bucket.take(90_000), bucket.take(90_000)]).toEqual([true, true, false]);
});

test('P19: it may begin with a share, and knows its own', () => {
  const bucket = new TokenBucket(4, 1_000, 0, 0.5);
  expect([bucket.take(0), bucket.take(0), bucket.take(0)]).toEqual([true, true, false]);
  expect([bucket.share(0), bucket.share(125), bucket.share(9_000)]).toEqual([0, 0.125, 1]);
  expect(new TokenBucket(0, 1, 0).share(0)).toBe(0);
});

test('P19: it agrees with a reference that counts in whole numbers', () => {
  const steps = fc.array(fc.record({ wait: fc.nat(5_000), take: fc.boolean() }), { maxLength: 100 });
  fc.assert(
    fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 1, max: 3_000 }), fc.nat(4), steps, (...given) => {
      const [limit, per, quarters, all] = given;
      const bucket = new TokenBucket(limit, per, 0, quarters / 4);
      // One token is `4 * per` parts, and a millisecond brings `4 * limit` parts: no rounding anywhere.
      let parts = limit * per * quarters;
      let now = 0;
      for (const { wait, take } of all) {
        now += wait;
        parts = Math.min(4 * limit * per, parts + 4 * wait * limit);
        const expected = parts >= 4 * per && limit > 0;
        expect(bucket.share(now)).toBeCloseTo(limit === 0 ? 0 : parts / (4 * limit * per), 6);
        expect(bucket.has(now)).toBe(expected);
        if (!take) continue;
        expect(bucket.take(now)).toBe(expected);
        if (expected) parts -= 4 * per;
      }
    }),
    { numRuns: 500 },
  );
});

test('looking often loses nothing in rounding', () => {
  const bucket = new TokenBucket(1, 10, 0);
  bucket.take(0);
  for (let now = 1; now < 10; now++) expect(bucket.has(now)).toBe(false);
  expect(bucket.has(10)).toBe(true);
});

test('time that goes back gives nothing and takes nothing', () => {
  const bucket = new TokenBucket(1, 1_000, 5_000);
  expect(bucket.take(5_000)).toBe(true);
  expect(bucket.take(0)).toBe(false);
  expect(bucket.take(5_999)).toBe(false);
  expect(bucket.take(6_000)).toBe(true);
});

test('a limit without a period has no bound in time, and a limit of 0 admits nothing', () => {
  const endless = new TokenBucket(1, 0, 0);
  expect([endless.take(0), endless.take(0)]).toEqual([true, true]);
  expect(new TokenBucket(0, 1, 0).take(1e9)).toBe(false);
});
