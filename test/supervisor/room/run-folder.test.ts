import { rm, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { runDaemon, temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';

it('the folder of all runs is made again when somebody has removed it', async () => {
  const roomd = await runDaemon({ bots: { obedient: { command: testBot('obedient') } } });
  const runs = join(roomd.data, 'runs');
  await rm(runs, { recursive: true });
  await roomd.spawn('after', { bot: 'obedient' });
  await roomd.until('after', 'assistant.room.join.succeeded');
  expect(((await stat(runs)).mode & 0o777).toString(8)).toBe('700');
});

it('why a bot could not be started stands in the log', async () => {
  const data = await temporaryFolder();
  const config = { bots: { missing: { command: ['/nowhere/bot'] } }, rooms: { restart: { attempts: 0 } } };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  const roomd = await serve(data);
  await roomd.spawn('never', { bot: 'missing' });
  await roomd.over('never');
  await rm(join(data, 'runs'), { recursive: true });
  await writeFile(join(data, 'runs'), 'in the way');
  await roomd.spawn('nowhere', { bot: 'missing' });
  await roomd.over('nowhere');
  await roomd.end('SIGTERM');
  const told = roomd.lines
    .map((line) => JSON.parse(line) as { msg: string; roomId: string; reason: string })
    .filter(({ msg }) => msg === 'bot could not be started');
  expect(told).toMatchObject([
    { roomId: 'never', reason: expect.stringContaining('ENOENT') },
    { roomId: 'nowhere', reason: expect.stringMatching(/EEXIST|ENOTDIR/) },
  ]);
});
