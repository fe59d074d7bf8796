import { spawn } from 'node:child_process';
import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { type BusyBot, Liveness } from '../../../supervisor/room/liveness.ts';
import { RunMembers } from '../../../supervisor/room/run-members.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';
import { endWithTest, FakeProcesses, realProcesses, shell } from './processes-rig.ts';

const TIMEOUT = 1_000;

/** A bot whose use of the processor is `share`, as long as it isn't changed. */
function setUp() {
  const clock = new FakeClock();
  /** So long the supervisor was away in all: nothing of it was on time. */
  let awayMs = 0;
  const late = {
    now: () => clock.now(),
    monotonic: () => clock.monotonic() + awayMs,
    after: (ms: number, callback: () => void) => clock.after(ms, callback),
  };
  const bot = { share: 0, cpuMs: 0, probes: 0, speaksWhenAsked: false, told: [] as (BusyBot | 'silent' | 'busy')[] };
  const liveness: Liveness = new Liveness(
    late,
    TIMEOUT,
    async () => {
      bot.probes++;
      if (bot.speaksWhenAsked) liveness.touch();
      return Number.isNaN(bot.share) ? undefined : bot.cpuMs;
    },
    { onBusy: (busy) => bot.told.push(busy), onDead: (reason) => bot.told.push(reason) },
  );
  const pass = async (ms: number) => {
    for (let passed = 0; passed < ms; passed += 100) {
      // What it was to judge before that needs some turns of the event loop.
      for (let turn = 0; turn < 5; turn++) await clock.pass(0);
      bot.cpuMs += 100 * bot.share;
      await clock.pass(100);
    }
    for (let turn = 0; turn < 5; turn++) await clock.pass(0);
  };
  const away = (ms: number) => {
    awayMs += ms;
  };
  return { clock, bot, liveness, pass, away };
}

const BUSY = { silentMs: TIMEOUT, killAfterMs: 4 * TIMEOUT };

describe('a bot', () => {
  it('that speaks is alive, and nobody asks', async () => {
    const { bot, liveness, pass } = setUp();
    for (let i = 0; i < 30; i++) {
      await pass(400);
      liveness.touch();
    }
    expect(bot).toMatchObject({ told: [], probes: 0 });
  });

  it.each([0, 0.04, Number.NaN])('that says nothing and computes %f is dead', async (share) => {
    const { clock, bot, pass } = setUp();
    bot.share = share;
    await pass(900);
    expect(bot.told).toEqual([]);
    await pass(100);
    expect(bot.told).toEqual(['silent']);
    await pass(10_000);
    expect(bot.told).toEqual(['silent']);
    expect(clock.waiting).toBe(0);
  });

  it.each([0.06, 1, 3])('that says nothing and computes %f is busy, for four timeouts', async (share) => {
    const { bot, pass } = setUp();
    bot.share = share;
    await pass(1_000);
    expect(bot.told).toEqual([{ ...BUSY, cpuShare: expect.closeTo(share, 5) }]);
    await pass(2_900);
    expect(bot.told).toHaveLength(1);
    await pass(100);
    expect(bot.told.slice(1)).toEqual(['busy']);
  });

  it('that computed at first and then no more is dead', async () => {
    const { bot, pass } = setUp();
    bot.share = 1;
    await pass(500);
    bot.share = 0;
    await pass(500);
    expect(bot.told).toEqual(['silent']);
  });

  it('that stops computing, still without a word, is dead half a timeout later', async () => {
    const { bot, pass } = setUp();
    bot.share = 1;
    await pass(2_000);
    bot.share = 0;
    await pass(400);
    expect(bot.told).toHaveLength(1);
    await pass(100);
    expect(bot.told.slice(1)).toEqual(['silent']);
  });

  it('that speaks after all is alive, and is told of again when it falls silent again', async () => {
    const { bot, liveness, pass } = setUp();
    bot.share = 1;
    await pass(3_900);
    liveness.touch();
    await pass(900);
    expect(bot.told).toHaveLength(1);
    await pass(100);
    expect(bot.told).toHaveLength(2);
    bot.share = 0;
    liveness.touch();
    await pass(1_000);
    expect(bot.told.slice(2)).toEqual(['silent']);
  });

  it('that speaks while it is being judged is alive', async () => {
    const { clock, bot, liveness, pass } = setUp();
    await pass(900);
    clock.advance(100);
    await new Promise(setImmediate);
    // What was in the pipe is read.
    liveness.touch();
    await pass(900);
    expect(bot.told).toEqual([]);
    await pass(100);
    expect(bot.told).toEqual(['silent']);
  });

  it('that speaks while it is asked for what it has used is alive', async () => {
    const { bot, pass } = setUp();
    await pass(900);
    bot.speaksWhenAsked = true;
    await pass(900);
    expect(bot.told).toEqual([]);
    expect(bot.probes).toBeGreaterThan(1);
  });

  it('is not judged after the end', async () => {
    const { clock, bot, liveness, pass } = setUp();
    await pass(900);
    clock.advance(100);
    liveness.stop();
    await pass(2_000);
    expect(bot.told).toEqual([]);
    expect(clock.waiting).toBe(0);
  });
});

describe('while its pipe is not read', () => {
  it('its silence does not count', async () => {
    const { clock, bot, liveness, pass } = setUp();
    await pass(300);
    liveness.suspend();
    expect(clock.waiting).toBe(0);
    await pass(60_000);
    liveness.resume();
    await pass(600);
    expect(bot.told).toEqual([]);
    await pass(100);
    expect(bot.told).toEqual(['silent']);
  });

  it('what it says counts', async () => {
    const { bot, liveness, pass } = setUp();
    await pass(900);
    liveness.suspend();
    liveness.touch();
    liveness.resume();
    await pass(900);
    expect(bot.told).toEqual([]);
  });

  it('it may have been about to be judged: the second half is seen whole', async () => {
    const { clock, bot, liveness, pass } = setUp();
    bot.share = 1;
    await pass(900);
    clock.advance(100);
    liveness.suspend();
    bot.share = 0;
    await pass(5_000);
    bot.share = 1;
    liveness.resume();
    liveness.resume();
    await pass(400);
    expect(bot.told).toEqual([]);
    await pass(100);
    expect(bot.told).toMatchObject([BUSY]);
  });
});

describe('while the supervisor is away', () => {
  it('nobody has fallen silent: who comes back gets half a timeout more', async () => {
    const { bot, pass, away } = setUp();
    await pass(900);
    away(60_000);
    await pass(100);
    expect(bot.told).toEqual([]);
    await pass(400);
    expect(bot.told).toEqual([]);
    await pass(100);
    expect(bot.told).toEqual(['silent']);
  });

  it('once a silence only: being late all the time is no excuse', async () => {
    const { bot, pass, away } = setUp();
    for (let i = 0; i < 30; i++) {
      await pass(100);
      away(200);
    }
    expect(bot.told).toEqual(['silent']);
  });

  it('a little late is on time', async () => {
    const { bot, pass, away } = setUp();
    await pass(900);
    away(90);
    await pass(100);
    expect(bot.told).toEqual(['silent']);
  });
});

describe('with real processes', () => {
  const real = (script: string) => {
    const members = new RunMembers(realProcesses(), systemClock);
    const child = spawn(process.execPath, ['-e', script], { detached: true, stdio: 'ignore' });
    const pid = child.pid ?? 0;
    endWithTest(pid);
    members.follow('a', pid);
    const busy = Promise.withResolvers<BusyBot>();
    const dead = Promise.withResolvers<string>();
    const told: string[] = [];
    const liveness = new Liveness(systemClock, 1_500, () => members.demandMs('a', pid), {
      onBusy: (bot) => {
        told.push('busy');
        busy.resolve(bot);
      },
      onDead: (reason) => {
        told.push(reason);
        dead.resolve(reason);
      },
    });
    onTestFinished(() => liveness.stop());
    return { pid, told, busy: busy.promise, dead: dead.promise };
  };

  it('one that computes is busy, and dead when it stops', async () => {
    const { pid, busy, dead, told } = real('for (;;);');
    expect((await busy).cpuShare).toBeGreaterThan(0.05);
    process.kill(pid, 'SIGSTOP');
    expect(await dead).toBe('silent');
    expect(told).toEqual(['busy', 'silent']);
  });

  it('one whose child computes is busy too', async () => {
    const { busy } = real("require('child_process').spawnSync(process.execPath, ['-e', 'for (;;);'])");
    expect((await busy).cpuShare).toBeGreaterThan(0.05);
  });

  it('one that goes on computing when a helper ends that computed more is busy all the time', async () => {
    const processes = new FakeProcesses();
    const clock = new FakeClock();
    const members = new RunMembers(processes, clock);
    processes.set({ pid: 100 }, { pid: 101, ppid: 1, sid: 100, cpuMs: 60_000 });
    members.follow('a', 100);
    const told: string[] = [];
    const probed: number[] = [];
    const probe = async () => {
      const demand = (await members.demandMs('a', 100)) ?? Number.NaN;
      probed.push(demand);
      // An orphan: nobody of the run buries it.
      processes.table.delete(101);
      processes.set({ pid: 100, cpuMs: 300 * probed.length });
      return demand;
    };
    new Liveness(clock, TIMEOUT, probe, {
      onBusy: () => told.push('busy'),
      onDead: (reason) => told.push(reason),
    });
    while (probed.length < 3) await clock.pass(TIMEOUT / 10);
    for (let turn = 0; turn < 5; turn++) await clock.pass(0);
    expect(probed).toEqual([60_000, 60_300, 60_600]);
    expect(told).toEqual(['busy']);
  });

  it('a real helper that ends takes nothing with it that it has used', async () => {
    const members = new RunMembers(realProcesses(), systemClock);
    // The helper is an orphan at once. When it is told to, it ends.
    const loop = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
    const bot = await shell(`(sh -c "${loop.replaceAll('$', '\\$')}; echo \\$\\$; exec sleep 1000" &); read go`);
    const [helper = 0] = bot.pids;
    members.follow('a', bot.pid);
    const before = (await members.demandMs('a', bot.pid)) ?? 0;
    const used = members.processes.look(helper)?.cpuMs ?? 0;
    expect(used).toBeGreaterThan(20);
    process.kill(helper, 'SIGKILL');
    await gone(helper);
    expect(await members.demandMs('a', bot.pid)).toBeGreaterThanOrEqual(before);
    expect((await members.look())?.living('a').map(({ pid }) => pid)).toEqual([bot.pid]);
  });

  it('what is kept of a run goes with its last process', async () => {
    const processes = new FakeProcesses();
    const members = new RunMembers(processes, new FakeClock());
    processes.set({ pid: 100, cpuMs: 500 });
    members.follow('a', 100);
    expect(await members.demandMs('a', 100)).toBe(500);
    processes.table.delete(100);
    expect(await members.demandMs('a', 100)).toBeUndefined();
    processes.set({ pid: 100, startTime: 7_000, cpuMs: 20 });
    members.follow('a', 100, 7_000);
    expect(await members.demandMs('a', 100)).toBe(20);
  });

  it.each([
    ['sleeps', 'setInterval(() => {}, 100_000)'],
    ['waits for what never comes', 'Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0)'],
  ])('one that %s is dead', async (_, script) => {
    // Not for having computed too long.
    expect(await real(script).dead).toBe('silent');
  });

  it('what one could have computed and had to wait for counts as well', async () => {
    const processes = new FakeProcesses();
    const members = new RunMembers(processes, new FakeClock());
    processes.set({ pid: 100, cpuMs: 5, buriedCpuMs: 20 }, { pid: 101, ppid: 100, cpuMs: 300 });
    members.follow('a', 100);
    processes.waitedMs = (pid) => (pid === 100 ? 4_000 : 50_000);
    expect(await members.demandMs('a', 100)).toBe(4_325);
    expect(await members.demandMs('b', 100)).toBeUndefined();
    processes.waitedMs = () => undefined;
    expect(await members.demandMs('a', 100)).toBe(4_325);
    processes.none = true;
    expect(await members.demandMs('a', 100)).toBeUndefined();
  });
});
