import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import { loadConfig } from '../../supervisor/config.ts';
import { startDaemon } from '../../supervisor/daemon.ts';
import { client, temporaryFolder } from '../helpers/daemon.ts';
import { FakeClock } from '../helpers/fake-clock.ts';

it('a log that is deleted while roomd runs makes it unready, and says why', async () => {
  const data = await temporaryFolder();
  const clock = new FakeClock();
  const config = loadConfig({ env: {}, cwd: data, flags: { data, http: { port: 0 }, log: { ballast: 0 } } });
  const onFatal = (error: Error) => {
    throw error;
  };
  const daemon = await startDaemon(config, { log: pino({ level: 'silent' }), env: process.env, clock, onFatal });
  onTestFinished(async () => {
    const stopped = daemon.stop('test').then(() => true);
    while (!(await Promise.race([stopped, clock.pass(1_000).then(() => false)])));
  });
  const { url, json } = client(daemon.address);
  expect((await fetch(`${url}/ready`)).status).toBe(200);
  await rm(join(data, 'events.db'));
  // At the next turn of retention.
  while ((await fetch(`${url}/ready`)).status === 200) await clock.pass(1_000);
  expect(JSON.stringify(await json('/ready'))).toMatch(/log: .*events\.db was moved or deleted while roomd runs/);
});
