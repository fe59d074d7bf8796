import { expect, it, onTestFinished } from 'vitest';
import { Pools } from '../../../../supervisor/room/warm/pools.ts';
import { testBot } from '../../../helpers/daemon.ts';
import { until } from '../processes-rig.ts';
import { runParts } from '../rig.ts';

/** Pools of real processes on a real machine. */
async function realPools(warm: Record<string, number>, memory = 2 ** 30) {
  const parts = await runParts();
  const bots = Object.fromEntries(
    Object.entries(warm).map(([name, count]) => {
      const [kind] = name.split(' ');
      return [name, { command: testBot(`waiting-${kind}`), env: [], warm: count }];
    }),
  );
  const pools = new Pools({ ...parts, places: () => 100 }, { bots, heartbeatTimeout: 45_000, memory });
  onTestFinished(() => pools.stop());
  pools.start();
  return { pools, gate: parts.machine.gate };
}

it('tells for each bot whether one is ready', async () => {
  const { pools } = await realPools({ patient: 1, hung: 1, mute: 0 });
  const ready = () => ['patient', 'hung', 'mute', 'unknown'].filter((bot) => pools.hasReady(bot));
  expect(ready()).toEqual([]);
  await until(() => ready().length > 0);
  expect(ready()).toEqual(['patient']);
  const adopted = pools.take('patient')?.standby.adopt({ onLine() {}, onFault() {}, onStderr() {} });
  onTestFinished(async () => {
    adopted?.child.signal('SIGKILL');
    await adopted?.child.exited;
  });
  expect(ready()).toEqual([]);
});

it('a bot that waits and takes more than a room may is killed, and that is told', async () => {
  const { pools } = await realPools({ patient: 1 }, 5 * 2 ** 20);
  const problem = () => pools.view()[0]?.problem ?? null;
  await until(() => problem() !== null);
  expect(problem()).toMatch(/took \d+ MiB of memory, where 5 MiB is the limit \(rooms\.memory\)/);
});

it('bots that hang while they are made ready keep no room waiting, however many they are', async () => {
  const hung = Object.fromEntries(Array.from({ length: 6 }, (_, i) => [`hung ${i}`, 2]));
  const { gate } = await realPools(hung);
  expect(gate.starting).toBe(gate.waitingLimit);
  const rooms = Array.from({ length: gate.limit - gate.waitingLimit }, () => gate.enter());
  let turns = 0;
  for (const { turn } of rooms) void turn.then(() => turns++);
  await Promise.resolve();
  expect(turns).toBe(rooms.length);
  for (const { leave } of rooms) leave();
});
