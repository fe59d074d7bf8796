import { expect, it } from 'vitest';
import { Unheard } from '../../../../supervisor/room/enforcement/unheard.ts';

const LATE = 300_000;

it('each word may be heard once, as long as it may not have been heard', () => {
  const unheard = new Unheard();
  for (const at of [10_000, 10_001, 20_000]) unheard.said(at);
  expect([1, 2, 3, 4].map(() => unheard.suppose())).toEqual([true, true, true, false]);
});

it('what was said long ago has been heard, and is heard no more', () => {
  const unheard = new Unheard();
  for (const at of [10_000, 10_999, 12_000]) unheard.said(at);
  expect(unheard.heardBy(10_999 + LATE)).toBe(false);
  expect(unheard.heardBy(11_000 + LATE)).toBe(true);
  expect(unheard.heardBy(11_000 + LATE)).toBe(false);
  expect([unheard.suppose(), unheard.suppose()]).toEqual([true, false]);
});

it('the oldest is supposed to be heard first', () => {
  const unheard = new Unheard();
  for (const at of [10_000, 20_000]) unheard.said(at);
  unheard.suppose();
  expect(unheard.heardBy(11_000 + LATE)).toBe(false);
  expect(unheard.heardBy(21_000 + LATE)).toBe(true);
});
