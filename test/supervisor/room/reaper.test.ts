import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { Reaper } from '../../../supervisor/room/reaper.ts';
import { RunMembers } from '../../../supervisor/room/run-members.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';
import { end, FakeProcesses, realProcesses, shell, until } from './processes-rig.ts';

/** Asleep or running. */
const ALIVE = expect.stringMatching(/^[RSD]$/);

function setUp() {
  const processes = realProcesses();
  const members = new RunMembers(processes, systemClock);
  const reaper = new Reaper(members, systemClock);
  /** A bot that starts something, and waits. */
  const bot = async (script: string, env: 'kept' | 'cleared' = 'kept') => {
    const runId = newId();
    const started = await shell(`${script}; read go`, env === 'kept' ? { ROOMD_RUN_ID: runId } : {});
    members.follow(runId, started.pid);
    return { runId, ...started };
  };
  /** It has left its group, and has the environment that it will have. */
  const settled = async (pid: number, says: string) =>
    until(async () => processes.look(pid)?.sid === pid && (await processes.runOf(pid)) === says);
  return { processes, members, reaper, bot, settled };
}

describe('when a bot has ended', () => {
  it('what it has started in sessions of their own goes too, and nobody else', async () => {
    const { reaper, bot, settled, processes } = setUp();
    const mine = await bot('setsid sleep 1000 & one=$!; (setsid sleep 1000 & echo $one $!)');
    const other = await bot('setsid sleep 1000 & echo $!');
    for (const pid of mine.pids) await settled(pid, mine.runId);
    await end(mine);
    expect(await reaper.reap(mine.runId)).toEqual({ killed: 2, left: 0 });
    for (const pid of mine.pids) await gone(pid);
    expect([other.pid, ...other.pids].map((pid) => processes.look(pid)?.state)).toEqual([ALIVE, ALIVE]);
    expect(await reaper.reap(mine.runId)).toEqual({ killed: 0, left: 0 });
  });

  it('that is so also for who has left group, parent and environment behind, if it was seen before', async () => {
    const { reaper, bot, settled, members, processes } = setUp();
    const mine = await bot('setsid sh -c "env -i sleep 1000 & echo \\$\\$ \\$!; exec sleep 1000" & wait');
    const [parent = 0, orphan = 0] = mine.pids;
    await settled(parent, mine.runId);
    await until(async () => (await processes.runOf(orphan)) === '');
    await members.look();
    process.kill(parent, 'SIGKILL');
    await end(mine);
    await until(() => processes.look(orphan)?.ppid !== parent);
    const stranger = await shell('env -i setsid sleep 1000 & echo $!; wait');
    await settled(stranger.pids[0] ?? 0, '');
    expect(await reaper.reap(mine.runId)).toEqual({ killed: 1, left: 0 });
    await gone(orphan);
    expect(processes.look(stranger.pids[0] ?? 0)?.state).toEqual(ALIVE);
  });

  it('a child that only left its group, unseen and without a word in its environment, shares its session', async () => {
    const { reaper, bot, processes } = setUp();
    // `set -m` gives every job a group of its own.
    const mine = await bot('exec bash -c "set -m; sleep 1000 & echo \\$!; read go"', 'cleared');
    const [job = 0] = mine.pids;
    await until(() => processes.look(job)?.pgid === job);
    await end(mine);
    expect(processes.look(job)).toMatchObject({ sid: mine.pid, state: ALIVE });
    expect(await reaper.reap(mine.runId)).toEqual({ killed: 1, left: 0 });
    await gone(job);
  });

  it('one that goes on starting others is outrun', async () => {
    const { reaper, bot, settled, members } = setUp();
    const forks = 'while :; do setsid sleep 1000 & [ $((i+=1)) -gt 300 ] && exit; done';
    const mine = await bot(`setsid sh -c '${forks}' & echo $!`);
    await settled(mine.pids[0] ?? 0, mine.runId);
    await until(async () => ((await members.look())?.living(mine.runId).length ?? 0) > 3);
    await end(mine);
    const { killed, left } = await reaper.reap(mine.runId);
    expect(killed).toBeGreaterThan(3);
    expect(left).toBe(0);
    expect((await members.look())?.living(mine.runId)).toEqual([]);
  });
});

describe('the reaper', () => {
  const fake = () => {
    const clock = new FakeClock();
    const processes = new FakeProcesses();
    const members = new RunMembers(processes, clock);
    const reaper = new Reaper(members, clock);
    const reap = async () => {
      const over = reaper.reap('a');
      let reaped = false;
      void over.then(() => {
        reaped = true;
      });
      while (!reaped) await clock.pass(10);
      return over;
    };
    return { clock, processes, members, reap };
  };

  it('shares its looks among all who ask before they begin', async () => {
    const { clock, processes, members } = fake();
    const reaper = new Reaper(members, clock);
    const reapAll = (count: number) => Array.from({ length: count }, () => reaper.reap(newId()));
    await Promise.all(reapAll(500));
    expect(processes.lists).toBe(1);
    const list = processes.list.bind(processes);
    const reading = Promise.withResolvers<void>();
    const begun = Promise.withResolvers<void>();
    processes.list = async () => {
      begun.resolve();
      await reading.promise;
      return list();
    };
    const early = reaper.reap('a');
    await begun.promise;
    // Too late for the look that is under way.
    const late = reapAll(499);
    reading.resolve();
    await Promise.all([early, ...late]);
    expect(processes.lists).toBe(3);
  });

  it('takes out of a group what is of the run, where others are in it', async () => {
    const { processes, reap } = fake();
    processes.set({ pid: 50, ppid: 1 }, { pid: 51, ppid: 50, pgid: 50, sid: 50, run: 'a' });
    expect(await reap()).toEqual({ killed: 1, left: 0 });
    expect(processes.killed).toEqual([51]);
  });

  it('looks again until it finds nobody', async () => {
    const { processes, reap } = fake();
    processes.set({ pid: 100, run: 'a' });
    const kill = processes.kill.bind(processes);
    processes.kill = (id) => {
      // It was quicker.
      if (id.pid < 105) processes.set({ pid: id.pid + 1, ppid: 1, run: 'a' });
      return kill(id);
    };
    expect(await reap()).toEqual({ killed: 6, left: 0 });
    expect(processes.table.size).toBe(0);
    expect(processes.lists).toBe(7);
  });

  it('looks again while it cannot be told of somebody', async () => {
    const { processes, reap } = fake();
    processes.set({ pid: 100, run: '' });
    const asked = processes.runOf.bind(processes);
    processes.runOf = async (pid) => {
      const answer = await asked(pid);
      processes.set({ pid, run: 'a' });
      return answer;
    };
    expect(await reap()).toEqual({ killed: 1, left: 0 });
  });

  it('gives up on who hangs in the kernel', async () => {
    const { clock, processes, reap } = fake();
    processes.set({ pid: 100, run: 'a', state: 'D', stays: true });
    expect(await reap()).toEqual({ killed: 1, left: 1 });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(5_000);
  });

  it('leaves the dead alone, though nobody has buried them', async () => {
    const { processes, reap } = fake();
    processes.set({ pid: 100, run: 'a' });
    await reap();
    processes.set({ pid: 101, run: 'a' }, { pid: 102, ppid: 101, state: 'Z', stays: true });
    processes.killed.length = 0;
    expect(await reap()).toEqual({ killed: 1, left: 0 });
    expect(processes.killed).not.toContain(102);
  });

  it('trusts a number alone only when it is a child of the supervisor', async () => {
    const { processes, members, reap } = fake();
    processes.set({ pid: 100, ppid: 1 }, { pid: 200 });
    expect(members.follow('a', 100)).toBeUndefined();
    expect(members.follow('a', 100, 7)).toBeUndefined();
    expect(members.follow('a', 300)).toBeUndefined();
    expect(members.follow('a', 200)).toEqual({ pid: 200, startTime: 200 });
    expect(await reap()).toEqual({ killed: 1, left: 0 });
    expect(processes.killed).not.toContain(100);
    expect(members.follow('a', 100, 100)).toEqual({ pid: 100, startTime: 100 });
  });

  it('does nothing where the system cannot tell', async () => {
    const { processes, reap } = fake();
    processes.none = true;
    expect(await reap()).toEqual({ killed: 0, left: 0 });
  });
});
