import fc from 'fast-check';
import { expect, test } from 'vitest';
import { type Breach, type Violation, Violations } from '../../../bot/policy/violations.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function setUp() {
  const clock = new FakeClock();
  const told: (Violation & { at: number })[] = [];
  const violations = new Violations(clock, (violation) => told.push({ ...violation, at: clock.monotonic() }));
  const breach = (subject = 's', action: Breach['action'] = 'blocked', version = 'v1') =>
    violations.add(version, { rule: 'r', severity: 'low', action, subject });
  return { clock, told, violations, breach };
}

test('P19: the first breach is reported at once, the others of a second together', () => {
  const { clock, told, breach } = setUp();
  for (let i = 0; i < 1_000; i++) breach();
  expect(told.map(({ count, at }) => [count, at])).toEqual([[1, 0]]);
  clock.advance(999);
  breach();
  clock.advance(1);
  breach();
  clock.advance(5_000);
  breach();
  expect(told.map(({ count, at }) => [count, at])).toEqual([
    [1, 0],
    [1_001, 1_000],
    [1_002, 2_000],
    [1_003, 6_000],
  ]);
});

test('what is blocked and what passes, and what has another subject, wait for nothing', () => {
  const { told, breach } = setUp();
  breach('a');
  breach('a', 'allowed');
  breach('b');
  expect(told.map(({ subject, action, count }) => [subject, action, count])).toEqual([
    ['a', 'blocked', 1],
    ['a', 'allowed', 2],
    ['b', 'blocked', 1],
  ]);
});

test('a flush reports what waits, and leaves no timer', () => {
  const { clock, told, violations, breach } = setUp();
  for (let i = 0; i < 3; i++) breach();
  violations.flush();
  violations.flush();
  expect(told.map(({ count, policyVersion }) => [count, policyVersion])).toEqual([
    [1, 'v1'],
    [3, 'v1'],
  ]);
  expect(clock.waiting).toBe(0);
  breach('s', 'blocked', 'v2');
  expect(told.at(-1)).toMatchObject({ count: 4, policyVersion: 'v2' });
});

test('P19: whatever comes when, each breach is counted by a report within a second, and no second has two of a kind', () => {
  const steps = fc.array(fc.record({ wait: fc.nat(1_500), subject: fc.constantFrom('a', 'b') }), { maxLength: 50 });
  fc.assert(
    fc.property(steps, (all) => {
      const { clock, told, breach } = setUp();
      const breaches: { subject: string; count: number; at: number }[] = [];
      for (const { wait, subject } of all) {
        clock.advance(wait);
        breach(subject);
        const count = breaches.filter((earlier) => earlier.subject === subject).length + 1;
        breaches.push({ subject, count, at: clock.monotonic() });
      }
      clock.advance(1_000);
      for (const { subject, count, at } of breaches) {
        const report = told.find((one) => one.subject === subject && one.count >= count);
        expect((report?.at ?? Number.POSITIVE_INFINITY) - at).toBeLessThanOrEqual(1_000);
      }
      for (const name of ['a', 'b']) {
        const times = told.filter(({ subject }) => subject === name).map(({ at }) => at);
        for (const [i, at] of times.entries())
          if (i > 0) expect(at - (times[i - 1] ?? 0)).toBeGreaterThanOrEqual(1_000);
      }
    }),
    { numRuns: 500 },
  );
});
