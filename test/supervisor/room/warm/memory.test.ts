import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { RunMembers } from '../../../../supervisor/room/run-members.ts';
import { type UsagePlan, UsageSampler } from '../../../../supervisor/room/usage.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';
import { realProcesses } from '../processes-rig.ts';
import { fakePool } from './fake-pool.ts';
import { realPool } from './real-pool.ts';

const MIB = 2 ** 20;
const LIMIT = 100 * MIB;

/** A pool, and who watches its processes' memory. */
async function watchedPool() {
  const watches: { plan: UsagePlan; exceed: (pssBytes: number) => void; stopped: boolean }[] = [];
  const fake = await fakePool(
    { memory: LIMIT },
    {
      watchMemory(plan, exceed) {
        const watch = { plan, exceed, stopped: false };
        watches.push(watch);
        return {
          stop() {
            watch.stopped = true;
          },
        };
      },
    },
  );
  fake.pool.start();
  return { ...fake, watches };
}

describe('the memory of a process that waits', () => {
  it('is watched from its start, with the limit that rooms have', async () => {
    const { settle, children, watches } = await watchedPool();
    await settle();
    expect(watches.map(({ plan }) => plan)).toEqual([{ runId: children[0]?.runId, limitBytes: LIMIT }]);
  });

  it('has it killed when it is too much, told, and followed by others after growing pauses', async () => {
    const { pool, clock, settle, allReady, children, watches, told } = await watchedPool();
    for (const pause of [500, 1_000, 2_000]) {
      const before = children.length;
      await allReady();
      watches.at(-1)?.exceed(441 * MIB);
      await settle();
      expect([children.at(-1)?.alive, watches.at(-1)?.stopped, told.at(-1)]).toEqual([false, true, 'left memory']);
      expect(pool.view().problem).toContain(
        'got one that took 441 MiB of memory, where 100 MiB is the limit (rooms.memory)',
      );
      await clock.pass(pause - 1);
      expect(children).toHaveLength(before || 1);
      await clock.pass(1);
      await settle();
    }
    expect(children).toHaveLength(4);
  });

  it('is a problem that is told however long it had waited', async () => {
    const { pool, clock, settle, allReady, watches } = await watchedPool();
    await allReady();
    await clock.pass(60_000);
    watches[0]?.exceed(LIMIT + 1);
    await settle();
    expect(pool.view()).toMatchObject({ warm: { ready: 0 }, problem: expect.stringContaining('rooms.memory') });
  });

  it('is its room’s to watch once that has it', async () => {
    const { pool, settle, allReady, children, watches, told } = await watchedPool();
    await allReady();
    pool.take();
    expect(watches.map(({ stopped }) => stopped)).toEqual([true]);
    watches[0]?.exceed(LIMIT + 1);
    await settle();
    expect([children[0]?.alive, told]).toEqual([true, ['ready', 'taken']]);
  });

  it.each([
    ['above it', 5 * MIB, true],
    ['below it', 2 ** 40, false],
  ])('is held against the limit: a real one that is %s', async (_where, memory, isKilled) => {
    const clock = new FakeClock();
    const real = realProcesses();
    const weighed = Promise.withResolvers<void>();
    const pssBytes = (pid: number) => real.pssBytes(pid).finally(weighed.resolve);
    const sampler = new UsageSampler(new RunMembers({ ...real, pssBytes }, clock), clock);
    const watchMemory = (plan: UsagePlan, onExceeded: (pssBytes: number) => void) =>
      sampler.watch(plan, { onUsage() {}, onHigh() {}, onExceeded });
    const { pool, children, until, told } = await realPool('patient', { memory }, { watchMemory }, clock);
    pool.start();
    await until(() => told.includes('ready'));
    await clock.pass(2_000);
    await weighed.promise;
    await setImmediate();
    expect(told.includes('left memory')).toBe(isKilled);
    if (isKilled) expect(await children[0]?.exited).toEqual({ code: null, signal: 'SIGKILL' });
    else expect(pool.hasReady).toBe(true);
  });
});
