import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { type Client, runDaemon, temporaryFolder, testBot } from '../../helpers/daemon.ts';

const bots = { puppet: { command: testBot('puppet') } };
const offender = (period: string) => ({
  roomId: 'bad',
  bot: 'puppet',
  options: { acts: [['violation']] },
  policy: { enforcement: [{ severity: 'high', count: 1, within: '10m', action: 'quarantine', for: period }] },
});
const lift = (roomd: Client, headers: Record<string, string> = {}) =>
  fetch(`${roomd.url}/v1/rooms/bad/quarantine`, { method: 'DELETE', headers });

async function quarantined(roomd: Client, period = '15m') {
  await roomd.spawn('bad', offender(period));
  return roomd.over('bad');
}

describe('a room in quarantine', () => {
  it('is refused with the time that is left, until somebody lifts it', async () => {
    const roomd = await runDaemon({ bots });
    const view = await quarantined(roomd);
    const { payload } = await roomd.until('bad', 'supervisor.policy.enforced');
    const { until = 0 } = payload;
    expect(view).toMatchObject({ state: 'quarantined', stop: { reason: 'policy' }, quarantine: { until } });
    const refused = await roomd.post('/v1/rooms', { roomId: 'bad' });
    const problem = (await refused.json()) as { detail: string };
    expect([refused.status, refused.headers.get('content-type')]).toEqual([
      423,
      expect.stringContaining('application/problem+json'),
    ]);
    const retryAfter = refused.headers.get('retry-after') ?? '';
    expect(retryAfter).toMatch(/^[1-9]\d*$/);
    expect(Number(retryAfter)).toBeLessThanOrEqual(900);
    expect(problem.detail).toContain(new Date(until).toISOString());
    // Others are free.
    await roomd.spawn('good', { bot: 'puppet' });

    expect((await lift(roomd)).status).toBe(200);
    const lifted = (await roomd.history('bad')).at(-1)?.envelope as Envelope<'supervisor.quarantine.lifted'>;
    expect([lifted.topic, lifted.payload]).toEqual(['supervisor.quarantine.lifted', { until }]);
    expect((await lift(roomd)).status).toBe(404);
    expect(await roomd.room('bad')).toMatchObject({ state: 'quarantined', quarantine: null });
    await roomd.spawn('bad', { bot: 'puppet' });
  });

  it('is free when its time is over', async () => {
    const roomd = await runDaemon({ bots });
    const { quarantine } = await quarantined(roomd, '1s');
    while ((await roomd.post('/v1/rooms', { roomId: 'bad', bot: 'puppet' })).status === 423);
    expect(Date.now()).toBeGreaterThanOrEqual(quarantine?.until ?? Number.NaN);
    expect(await roomd.room('bad')).toMatchObject({ quarantine: null });
    expect((await lift(roomd)).status).toBe(404);
  });

  it('is lifted by an admin alone', async () => {
    const token = (name: string, scopes: ('admin' | 'rooms:read' | 'rooms:write' | 'events:read')[]) => ({
      name,
      sha256: createHash('sha256').update(name).digest('hex'),
      scopes,
    });
    const data = await temporaryFolder();
    const first = await runDaemon({ bots, data });
    await quarantined(first);
    await first.daemon.stop('test');
    const tokens = [token('writer', ['rooms:read', 'rooms:write', 'events:read']), token('boss', ['admin'])];
    const roomd = await runDaemon({ bots, data, http: { tokens } });
    const statuses = [];
    for (const name of ['', 'writer', 'boss', 'boss']) {
      statuses.push((await lift(roomd, name ? { authorization: `Bearer ${name}` } : {})).status);
    }
    expect(statuses).toEqual([401, 403, 200, 404]);
  });
});
