import { describe, expect, it } from 'vitest';
import { all, balanced, deliverAll, HIGH, passing, rig, settle } from './rig.ts';

const HOUR = 3_600_000;

describe('a wall clock that jumps', () => {
  it.each([
    ['ahead', HOUR],
    ['back', -HOUR],
  ])('%s by an hour changes nothing: neither pauses, nor outages, nor what is kept', async (_, jump) => {
    const { target, clock, pump, published, append } = await rig();
    target.answer = all('unavailable', 'ECONNREFUSED');
    const ids = await append(HIGH, HIGH, HIGH);
    await passing(clock, () => target.requests.length === 2);
    clock.wall += jump;
    await passing(clock, () => published.length === 1);
    const age = published[0]?.payload.oldestMs;
    expect(age).toBeGreaterThanOrEqual(0);
    ids.push(...(await append(HIGH)));
    const before = clock.monotonic();
    target.answer = deliverAll;
    await passing(clock, () => target.delivered.length === 4);
    // No longer than the pause it was in.
    expect(clock.monotonic() - before).toBeLessThan(30_000);
    await settle();
    expect([...target.delivered].sort()).toEqual(ids);
    expect(pump.accounting()).toMatchObject({ delivered: 4, deadLettered: 0, expired: 0, pending: 0 });
    expect(balanced(pump)).toBe(true);
    expect(published.at(-1)?.payload.durationMs).toBeLessThan(60_000);
  });
});
