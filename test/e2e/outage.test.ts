import { expect, it } from 'vitest';
import { runFlood } from '../../scripts/soak.d/flood.ts';
import { runOutage } from '../../scripts/soak.d/outage.ts';
import { temporaryFolder } from '../helpers/daemon.ts';

// `./scripts/soak outage` and `./scripts/soak flood` print the figures.

it('an hour of outage and half a million events: flat memory, recovery without a pause, order and books kept', {
  timeout: 300_000,
}, async () => {
  const folder = await temporaryFolder();
  const { violations } = await runOutage({ folder, events: 500_000, rooms: 50, outageMs: 3_600_000 });
  expect(violations).toEqual([]);
});

it('a gigabyte while the target is down: flat memory, and everything arrives', { timeout: 300_000 }, async () => {
  expect(await runFlood(1_000, () => {})).toEqual([]);
});
