import { readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder, testBot } from '../helpers/daemon.ts';
import { gone } from '../helpers/processes.ts';
import { serve } from '../helpers/serve.ts';

it('a bot that forges whose run it is gets nothing into the log when its supervisor is killed', async () => {
  const data = await temporaryFolder();
  await writeFile(
    join(data, 'roomd.yaml'),
    JSON.stringify({ bots: { forger: { command: testBot('forger') } }, rooms: { resume: false } }),
  );
  const first = await serve(data);
  const { pid } = await first.spawn('forger', { bot: 'forger' });
  await first.until('forger', 'room.participant.joined');
  const running = pid ?? (await first.room('forger')).pid ?? 0;
  await first.end('SIGKILL');
  await gone(running);
  const second = await serve(data);
  while ((await readdir(join(data, 'runs'))).length > 0);
  const events = await second.history();
  expect(JSON.stringify(events)).not.toMatch(/forged|victim|rich/);
  expect(await second.metric('roomd_spills_unreadable_total')).toBe(4);
  expect((await fetch(`${second.url}/v1/rooms/victim`)).status).toBe(404);
  expect(await second.end('SIGTERM')).toBe(0);
});
