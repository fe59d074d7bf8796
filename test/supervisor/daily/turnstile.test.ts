import fc from 'fast-check';
import { expect, it } from 'vitest';
import { Turnstile } from '../../../supervisor/daily/turnstile.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const LIMIT = { count: 3, perMs: 1_000 };

it('lets at most so many through in any such time, each in its turn, none too late', async () => {
  const arrivals = fc.array(fc.integer({ min: 0, max: 1_500 }), { minLength: 1, maxLength: 20 });
  await fc.assert(
    fc.asyncProperty(arrivals, async (pauses) => {
      const clock = new FakeClock();
      const turnstile = new Turnstile(clock, LIMIT);
      const came: number[] = [];
      const went: { who: number; at: number }[] = [];
      for (const [who, pause] of pauses.entries()) {
        await clock.pass(pause);
        came.push(clock.monotonic());
        void turnstile.pass(new AbortController().signal).then(() => went.push({ who, at: clock.monotonic() }));
      }
      await clock.pass(20_000);
      expect(went.map(({ who }) => who)).toEqual(pauses.map((_, who) => who));
      for (const [i, { at }] of went.entries()) {
        const before = went[i - LIMIT.count]?.at ?? Number.NEGATIVE_INFINITY;
        expect(at).toBe(Math.max(came[i] ?? 0, went[i - 1]?.at ?? 0, before + LIMIT.perMs));
      }
      expect(clock.waiting).toBe(0);
    }),
    { numRuns: 100 },
  );
});

it('leaves out who has gone, and lets nobody through while it is closed', async () => {
  const clock = new FakeClock();
  const turnstile = new Turnstile(clock, { count: 1, perMs: 100 });
  expect(await turnstile.pass(AbortSignal.abort())).toBe(false);
  expect(await turnstile.pass(new AbortController().signal)).toBe(true);
  const leaving = new AbortController();
  const left = turnstile.pass(leaving.signal);
  let next = false;
  void turnstile.pass(new AbortController().signal).then((passed) => {
    next = passed;
  });
  leaving.abort();
  expect(await left).toBe(false);
  turnstile.close(5_000);
  turnstile.close(1_000);
  await clock.pass(4_999);
  expect(next).toBe(false);
  await clock.pass(1);
  await clock.pass(0);
  expect(next).toBe(true);
});
