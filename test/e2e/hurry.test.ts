import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it } from 'vitest';
import { temporaryFolder, testBot } from '../helpers/daemon.ts';
import { isAlive } from '../helpers/processes.ts';
import { serve } from '../helpers/serve.ts';

it('SIGTERM takes no new rooms and waits for the others; a second one hurries; nothing is left', async () => {
  const data = await temporaryFolder();
  const config = {
    bots: { deaf: { command: testBot('deaf') } },
    rooms: { drain: '1h', shutdownGrace: '1h' },
  };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  const roomd = await serve(data);
  await roomd.spawn('deaf', { bot: 'deaf' });
  const { payload } = await roomd.until('deaf', 'room.participant.joined');
  const child = Number(payload.participantId.slice('child-'.length));
  const { pid } = await roomd.room('deaf');
  const exited = roomd.end('SIGTERM');
  const readiness = async () => (await fetch(`${roomd.url}/ready`)).json();
  while ((await fetch(`${roomd.url}/ready`)).status !== 503);
  expect(await readiness()).toEqual({
    ready: false,
    reasons: ['draining: the supervisor is stopping and takes no new rooms'],
  });
  const refused = await roomd.post('/v1/rooms', { roomId: 'late' });
  expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '3600']);
  expect(await roomd.metric('roomd_rooms_refused_total', 'draining')).toBe(1);
  expect(isAlive(pid ?? 0)).toBe(true);

  // It takes two that come at once for one.
  while (!roomd.lines.some((line) => line.includes('in a hurry'))) {
    roomd.process.kill('SIGTERM');
    await setImmediate();
  }
  expect(await exited).toBe(0);
  expect([pid ?? 0, child].filter(isAlive)).toEqual([]);

  // What became of the room is in the log.
  const next = await serve(data);
  const kills = (await next.history('deaf')).filter(({ envelope }) => envelope.topic === 'supervisor.bot.killed');
  expect(kills.map(({ envelope }) => envelope.payload)).toEqual([{ reason: 'deadline' }]);
  expect(await next.room('deaf')).toMatchObject({ state: 'stopped', stop: { reason: 'drain', signal: 'SIGKILL' } });
});
