import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import type { ForwardStatus } from '../../supervisor/forward/api.ts';
import { testBot } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { resets, startStandIn } from '../supervisor/forward/eventbridge-stand-in.ts';
import { canMount, smallDisk, whyNoMount } from '../supervisor/log/small-disk.ts';

vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');
vi.stubEnv('ROOMD_LOG_BALLAST', '16MiB');

/** The daemon on the small disk. */
async function serveOn({ prefix, folder }: Awaited<ReturnType<typeof smallDisk>>) {
  const roomd = await serve(folder, ['--config', join(folder, 'roomd.yaml')], prefix);
  return {
    ...roomd,
    status: () => roomd.json<ForwardStatus>('/v1/forward'),
    ready: async () => (await roomd.json<{ reasons: string[] }>('/ready')).reasons.join(),
  };
}

it.skipIf(!canMount)(
  canMount
    ? 'a disk that fills up while the target is down: bots wait, nothing accepted is lost, and it goes on by itself'
    : `a full disk (${whyNoMount})`,
  { timeout: 180_000 },
  async () => {
    const standIn = await startStandIn();
    const disk = await smallDisk(96);
    const config = {
      bots: { large: { command: testBot('large') } },
      rooms: { drain: '1s', shutdownGrace: '1s' },
      forward: { target: 'eventbridge', region: 'eu-central-1', endpoint: standIn.endpoint, busCheck: '500ms' },
      log: { maxEventsPerRoom: 100 },
    };
    writeFileSync(join(disk.seen, 'roomd.yaml'), JSON.stringify(config));
    standIn.otherwise = resets;
    const first = await serveOn(disk);
    await first.spawn('flood', { bot: 'large' });
    while (!(await first.ready()).includes('log: the disk is full'));
    // The pipe isn't read any more, and the room lives on.
    while ((await first.metric('roomd_bots_held')) === 0);
    expect((await first.room('flood')).state).toBe('live');
    // The worst moment: what is accepted is known to the disk alone.
    const { accepted } = (await first.status()).accounting;
    await first.end('SIGKILL');

    const second = await serveOn(disk);
    expect((await second.status()).accounting.accepted).toBeGreaterThanOrEqual(accepted);
    while (!(await second.ready()).includes('log: the disk is full'));
    // What would happen in a room could not be kept.
    const refused = await second.post('/v1/rooms', { roomId: 'again', bot: 'large' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '10']);
    // The target comes back: what is sent needs its cursor on the full disk, and what is forwarded makes room.
    standIn.otherwise = undefined;
    const full = (await second.status()).accounting.accepted;
    while ((await second.status()).accounting.accepted < full + 1_000);
    // The room that there was is brought back as soon as that can be written down.
    expect(await second.room('flood')).toMatchObject({ state: 'live', attempt: 2 });
    await second.stop('flood');
    await second.over('flood');
    for (;;) {
      const { accounting } = await second.status();
      const { pending, delivered, local, deadLettered, expired } = accounting;
      expect({ deadLettered, expired, sum: delivered + local + pending }).toEqual({
        deadLettered: 0,
        expired: 0,
        sum: accounting.accepted,
      });
      if (pending === 0) break;
    }
    expect(await second.end('SIGTERM')).toBe(0);
    const third = await serveOn(disk);
    expect(new Set(standIn.taken).size).toBe((await third.status()).accounting.delivered);
    expect(await third.end('SIGTERM')).toBe(0);
  },
);
