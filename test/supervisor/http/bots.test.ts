import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import type { BotView } from '../../../supervisor/room/api.ts';
import { startServer } from './rig.ts';

const BOTS: BotView[] = [
  {
    bot: 'default',
    warm: { floor: 2, target: 4, ready: 3, starting: 1 },
    assignments: { warm: 120, cold: 7, unanswered: 1 },
    problem: null,
  },
  {
    bot: 'mine',
    warm: { floor: 1, target: 1, ready: 0, starting: 0 },
    assignments: { warm: 0, cold: 0, unanswered: 0 },
    problem: 'it ended three times before it was ready; the next try is in 8 s',
  },
];

it('GET /v1/bots tells of every bot, its waiting processes, and why there are none', async () => {
  const { get, rooms } = await startServer();
  expect(await (await get('/v1/bots')).json()).toEqual({ bots: [] });
  rooms.pools = BOTS;
  expect(await (await get('/v1/bots')).json()).toEqual({ bots: BOTS });
});

it('bots belong to no room: a token that is limited to some rooms reads them too', async () => {
  const sha256 = createHash('sha256').update('secret').digest('hex');
  const { get, rooms } = await startServer({ tokens: [{ name: 't', sha256, scopes: ['rooms:read'], rooms: ['a-*'] }] });
  rooms.pools = BOTS;
  const response = await get('/v1/bots', { authorization: 'Bearer secret' });
  expect([response.status, await response.json()]).toEqual([200, { bots: BOTS }]);
});
