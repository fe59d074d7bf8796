import { expect, test } from 'vitest';
import { createIds } from '../../bot/ids.ts';

test('ids are UUIDs of version 7 that sort in the order of their making, even when the clock goes back', () => {
  let now = 1_700_000_000_000;
  const newId = createIds(() => now);
  const ids: string[] = [];
  for (let i = 0; i < 2_000; i++) {
    if (i === 500) now += 5;
    if (i === 1_000) now -= 60_000;
    if (i === 1_500) now += 120_000;
    ids.push(newId());
  }
  expect(ids.every((id) => /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(id))).toBe(
    true,
  );
  expect([...ids].sort()).toEqual(ids);
  expect(new Set(ids).size).toBe(ids.length);
  expect(Number.parseInt(ids.at(-1)?.replace('-', '').slice(0, 12) ?? '', 16)).toBe(now);
});
