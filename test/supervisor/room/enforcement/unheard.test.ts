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

it('however much is said while the bot says nothing, little is remembered of it', () => {
  const unheard = new Unheard();
  for (let i = 0; i < 10_000; i++) unheard.said(i * 2_000);
  let supposed = 0;
  while (unheard.suppose()) supposed++;
  expect(supposed).toBe(600);
  // Of the rest it has heard long ago.
  expect(unheard.heardBy(0)).toBe(true);
  expect(unheard.heardBy(1_000_000_000)).toBe(false);
});
