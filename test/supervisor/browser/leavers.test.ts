import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { outlast } from '../../../supervisor/browser/leavers.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { isAlive } from '../../helpers/processes.ts';

/** Something that runs, with that among its arguments. */
async function running(argument: string): Promise<ChildProcess & { pid: number }> {
  const child = spawn('sleep', ['1000'], { argv0: argument, stdio: 'ignore' });
  onTestFinished(() => void child.kill('SIGKILL'));
  await once(child, 'spawn');
  return child as ChildProcess & { pid: number };
}

/** Resolves when the wait has looked once more, and sleeps. */
async function looked(clock: FakeClock): Promise<void> {
  clock.advance(50);
  while (clock.waiting === 0) await setImmediate();
}

it('waits for a browser and a host of that folder, and for nobody else', async () => {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const others = [`--user-data-dir=${folder}-2/x`, `${folder}/x`, `{"folder":"${folder}/x"}`];
  for (const argument of others) await running(argument);
  await outlast(folder, 10_000, clock);

  const browser = await running(`--user-data-dir=${folder}/profile`);
  const host = await running(JSON.stringify({ folder, share: true }));
  let over = false;
  const waiting = outlast(folder, 10_000, clock).then(() => {
    over = true;
  });
  await looked(clock);
  browser.kill();
  await once(browser, 'exit');
  await looked(clock);
  expect(over).toBe(false);
  host.kill();
  await once(host, 'exit');
  clock.advance(50);
  await waiting;
});

it('kills those that do not leave in time, and nobody else', async () => {
  const folder = await temporaryFolder();
  const clock = new FakeClock();
  const browser = await running(`--user-data-dir=${folder}/profile`);
  const other = await running(`--user-data-dir=${folder}-2/profile`);
  const exited = once(browser, 'exit');
  const waiting = outlast(folder, 10_000, clock);
  while (clock.waiting === 0) await setImmediate();
  clock.advance(9_999);
  while (clock.waiting === 0) await setImmediate();
  expect(isAlive(browser.pid)).toBe(true);
  await looked(clock);
  expect(await exited).toEqual([null, 'SIGKILL']);
  clock.advance(50);
  await waiting;
  expect(isAlive(other.pid)).toBe(true);
});
