import { describe, expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { Reaper } from '../../../supervisor/room/reaper.ts';
import { RunMembers } from '../../../supervisor/room/run-members.ts';
import { UsageSampler } from '../../../supervisor/room/usage.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeProcesses, realProcesses, shell } from './processes-rig.ts';

const LIMIT = 1_000;
/** Where many are needed: no process of the machine has such a number. */
const FIRST = 5_000_000;

function setUp() {
  const clock = new FakeClock();
  const processes = new FakeProcesses();
  const members = new RunMembers(processes, clock);
  const sampler = new UsageSampler(members, clock);
  /** A room with one process; what is told of it. */
  const watch = (pid: number, runId = `run-${pid}`) => {
    const told: unknown[] = [];
    const room = { runId, limitBytes: LIMIT };
    members.follow(runId, pid);
    const watching = sampler.watch(room, {
      onUsage: (usage) => told.push(usage),
      onHigh: (pssBytes) => told.push(`high ${pssBytes}`),
      onExceeded: (pssBytes) => told.push(`exceeded ${pssBytes}`),
    });
    return { told, news: () => told.splice(0), stop: () => watching.stop() };
  };
  /** Looks, so often, and all they set off is over. */
  const look = async (times = 1) => {
    for (let i = 0; i < times; i++) {
      await clock.pass(2_000);
      for (let turn = 0; turn < 20; turn++) await clock.pass(0);
    }
  };
  return { clock, processes, watch, look };
}

describe('what a room takes of the machine', () => {
  it('is the sum over all its processes', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, rssBytes: 300, pss: 200, cpuMs: 50 }, { pid: 101, ppid: 100, rssBytes: 100, pss: 70 });
    processes.set({ pid: 102, ppid: 1, sid: 100, pss: 7 }, { pid: 200, rssBytes: 9_000, pss: 9_000 });
    const room = watch(100);
    await look();
    expect(room.told).toEqual([]);
    processes.set({ pid: 100, cpuMs: 550 }, { pid: 101, cpuMs: 400, buriedCpuMs: 100 });
    await look();
    expect(room.news()).toEqual([{ pssBytes: 277, cpuShare: 0.5 }]);
    // Its child has ended, and was buried.
    processes.table.delete(101);
    processes.set({ pid: 100, cpuMs: 550, buriedCpuMs: 700 });
    await look();
    expect(room.news()).toEqual([{ pssBytes: 277, cpuShare: 0.1 }]);
    // And one that nobody has buried.
    processes.set({ pid: 100, buriedCpuMs: 0 });
    await look();
    expect(room.news()).toEqual([{ pssBytes: 277, cpuShare: 0 }]);
    expect(processes.weighed).toEqual([100, 101, 102]);
  });

  it('is looked at for all rooms at once', async () => {
    const { clock, processes, watch, look } = setUp();
    expect(clock.waiting).toBe(0);
    const pids = Array.from({ length: 300 }, (_, i) => FIRST + i);
    processes.set(...pids.map((pid) => ({ pid, pss: pid - FIRST })));
    const rooms = pids.map((pid) => watch(pid));
    expect(clock.waiting).toBe(1);
    await look(2);
    expect(processes.lists).toBe(2);
    expect(rooms.map(({ told }) => told)).toEqual(pids.map((pid) => [{ pssBytes: pid - FIRST, cpuShare: 0 }]));
    for (const { stop } of rooms) stop();
    expect(clock.waiting).toBe(0);
    await look(10);
    expect(processes.lists).toBe(2);
  });

  it('is weighed in turn', async () => {
    const { processes, watch, look } = setUp();
    const pids = Array.from({ length: 150 }, (_, i) => FIRST + i);
    processes.set(...pids.map((pid) => ({ pid, pss: 1 })));
    for (const pid of pids) watch(pid);
    await look();
    expect(processes.weighed.splice(0).sort()).toEqual(pids);
    // They are fresh for ten seconds.
    await look(4);
    expect(processes.weighed).toEqual([]);
    await look(7);
    expect(processes.weighed).toHaveLength(140);
    await look();
    expect(new Set(processes.weighed)).toEqual(new Set(pids));
  });

  it('is nothing before there is a process, nor where the system cannot tell', async () => {
    const { processes, watch, look } = setUp();
    const room = watch(100);
    await look(2);
    expect(room.told).toEqual([]);
    processes.none = true;
    processes.set({ pid: 100, pss: 1 });
    await look(2);
    expect(room.told).toEqual([]);
    expect(processes.weighed).toEqual([]);
    expect(processes.lists).toBe(4);
  });

  it('counts in full what nobody can weigh', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, rssBytes: 500 }, { pid: 101, ppid: 100, pss: 10, rssBytes: 20 });
    const room = watch(100);
    await look(2);
    expect(room.told).toEqual([{ pssBytes: 510, cpuShare: 0 }]);
  });

  it('keeps nobody else waiting when it hangs', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, pss: 10 }, { pid: 200, pss: 20 });
    const weigh = processes.pssBytes.bind(processes);
    processes.pssBytes = async (pid) => {
      const size = await weigh(pid);
      return pid === 100 ? new Promise(() => {}) : size;
    };
    const rooms = [watch(100), watch(200)];
    await look(3);
    expect(rooms.map(({ told }) => told.length)).toEqual([0, 2]);
    expect(processes.weighed).toEqual([100, 200]);
  });
});

describe('a room near its limit', () => {
  it('is weighed at every look, from 80 % of it', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, rssBytes: 799, pss: 10 });
    watch(100);
    await look(5);
    expect(processes.weighed).toHaveLength(1);
    processes.set({ pid: 100, rssBytes: 800 });
    await look(3);
    expect(processes.weighed).toHaveLength(4);
  });

  it('is told of once, and again after it was well below', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100 });
    const room = watch(100);
    const at = async (pss: number, rssBytes = 5_000) => {
      processes.set({ pid: 100, rssBytes, pss });
      await look();
      return room.news().filter((news) => typeof news === 'string');
    };
    expect(await at(799)).toEqual([]);
    expect(await at(800)).toEqual(['high 800']);
    expect(await at(1_000)).toEqual([]);
    expect(await at(700)).toEqual([]);
    expect(await at(900)).toEqual([]);
    expect(await at(699)).toEqual([]);
    expect(await at(900)).toEqual(['high 900']);
    // Too little to be worth weighing.
    expect(await at(0, 699)).toEqual([]);
    expect(await at(900)).toEqual(['high 900']);
    expect(await at(1_001)).toEqual(['exceeded 1001']);
    expect(await at(2_000)).toEqual([]);
    expect(await at(10)).toEqual([]);
    expect(await at(900)).toEqual([]);
  });

  it('that is above it at once is told of so', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, rssBytes: 5_000, pss: 4_000 });
    const room = watch(100);
    await look();
    expect(room.told).toEqual(['exceeded 4000']);
  });

  it('that has ended is told of no more', async () => {
    const { processes, watch, look } = setUp();
    processes.set({ pid: 100, rssBytes: 5_000, pss: 4_000 });
    const room = watch(100);
    const other = watch(200);
    const weighing = Promise.withResolvers<number>();
    processes.pssBytes = () => weighing.promise;
    await look();
    room.stop();
    room.stop();
    weighing.resolve(4_000);
    await look();
    expect([...room.told, ...other.told]).toEqual([]);
  });
});

describe('a real bot', () => {
  /** Touches every page. */
  const take = (bytes: number) => `const it = Buffer.alloc(${bytes}, 1); console.log(); setInterval(() => it, 1e6);`;

  it('that takes too much, together with its child, is found out', async () => {
    const clock = new FakeClock();
    const members = new RunMembers(realProcesses(), systemClock);
    const sampler = new UsageSampler(members, clock);
    const node = (script: string) => `"${process.execPath}" -e '${script}'`;
    const MIB = 2 ** 20;
    const watch = async (script: string) => {
      const { pid } = await shell(script);
      members.follow(String(pid), pid);
      onTestFinished(async () => void (await new Reaper(members, systemClock).reap(String(pid))));
      const events: { usage?: number; high?: number; exceeded?: number } = {};
      const watching = sampler.watch(
        { runId: String(pid), limitBytes: 200 * MIB },
        {
          onUsage: ({ pssBytes }) => {
            events.usage = pssBytes;
          },
          onHigh: (bytes) => {
            events.high = bytes;
          },
          onExceeded: (bytes) => {
            events.exceeded = bytes;
          },
        },
      );
      return { events, stop: () => watching.stop() };
    };
    const small = await watch(`setsid ${node(take(20 * MIB))} & wait`);
    // Neither of them takes as much alone.
    const large = await watch(
      `setsid ${node(take(100 * MIB))} & ${node(take(100 * MIB))} | (read a; read b; echo; read c)`,
    );
    const told = () => small.events.usage !== undefined && large.events.exceeded !== undefined;
    while (!told()) await clock.pass(2_000);
    expect(large.events.exceeded).toBeGreaterThan(200 * MIB);
    expect(small.events.usage).toBeGreaterThan(20 * MIB);
    expect(small.events.usage).toBeLessThan(150 * MIB);
    expect(small.events).not.toHaveProperty('exceeded');
    small.stop();
    large.stop();
  });
});
