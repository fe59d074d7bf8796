import { describe, expect, it } from 'vitest';
import { Kinship } from '../../../supervisor/room/kinship.ts';
import { FakeProcesses } from './processes-rig.ts';

function setUp() {
  const processes = new FakeProcesses();
  const kinship = new Kinship(processes);
  const members = async (runId = 'a') => ((await kinship.read())?.members.get(runId) ?? []).map(({ pid }) => pid);
  /** A bot, and the kinship has been told. */
  const bot = (pid: number, runId = 'a') => {
    processes.set({ pid });
    kinship.found({ pid, startTime: pid }, runId);
  };
  return { processes, kinship, members, bot };
}

describe('of a run are', () => {
  it('its group, its session, its descendants and who says so', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    processes.set(
      { pid: 101, ppid: 1, pgid: 100 },
      { pid: 102, ppid: 1, sid: 100 },
      { pid: 103, ppid: 104 },
      { pid: 104, ppid: 101 },
      { pid: 105, ppid: 1, run: 'a' },
      { pid: 106, ppid: 105 },
      { pid: 107, ppid: 1, pgid: 106 },
      { pid: 200, ppid: 1 },
    );
    expect(await members()).toEqual([100, 101, 102, 103, 104, 105, 106, 107]);
    expect(processes.asked).toEqual([105, 106, 107, 200].filter((pid) => processes.asked.includes(pid)));
  });

  it('who was of it before, whatever has become of it', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    processes.set({ pid: 101, ppid: 100 });
    expect(await members()).toEqual([100, 101]);
    processes.table.delete(100);
    processes.set({ pid: 101, ppid: 1 });
    expect(await members()).toEqual([101]);
  });

  it('who is in a session that one of it led', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    processes.set({ pid: 101, ppid: 100 });
    await members();
    processes.table.clear();
    processes.set({ pid: 102, ppid: 1, pgid: 102, sid: 101 }, { pid: 103, ppid: 1, pgid: 100, sid: 100 });
    expect(await members()).toEqual([102, 103]);
    // From one to the next.
    processes.set({ pid: 104, ppid: 1, sid: 101 });
    processes.table.delete(102);
    expect(await members()).toEqual([103, 104]);
  });

  it('who is found while the others are being read', async () => {
    const { processes, kinship, members } = setUp();
    const reading = members();
    processes.set({ pid: 100 });
    kinship.found({ pid: 100, startTime: 100 }, 'a');
    expect(await reading).toEqual([]);
    expect(await members()).toEqual([100]);
  });
});

describe('of no run is', () => {
  it('who has the number of one that has gone', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    processes.set({ pid: 101, ppid: 100 });
    await members();
    processes.set({ pid: 100, startTime: 7_000 }, { pid: 101, ppid: 1, startTime: 7_001 });
    processes.set({ pid: 102, pgid: 100, ppid: 1 }, { pid: 103, sid: 101, ppid: 100 });
    expect(await members()).toEqual([]);
  });

  it('who is in a group whose number was free for a while', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    await members();
    processes.table.clear();
    await members();
    processes.set({ pid: 102, ppid: 1, pgid: 100, sid: 100 });
    expect(await members()).toEqual([]);
  });

  it('whoever shares a session with one that only says so: an operator looks at things', async () => {
    const { processes, members, kinship } = setUp();
    processes.set({ pid: 50, ppid: 1 }, { pid: 51, ppid: 50, pgid: 51, sid: 50, run: 'a' });
    processes.set({ pid: 52, ppid: 50, pgid: 50, sid: 50 }, { pid: 53, ppid: 50, pgid: 51, sid: 50, run: 'b' });
    expect(await members()).toEqual([51]);
    const runs = await kinship.read();
    expect(runs?.members.get('b')?.map(({ pid }) => pid)).toEqual([53]);
    // Its group isn't its own.
    expect(runs?.groups.has(51)).toBe(false);
  });

  it('the supervisor and what it runs in, though a bot may have started it, nor what it starts for others', async () => {
    const { processes, members, bot } = setUp();
    bot(100);
    processes.set({ pid: process.pid, ppid: 100, run: 'a' }, { pid: 200 });
    bot(300, 'b');
    processes.set({ pid: 101, ppid: 100, run: 'a' }, { pid: 102, ppid: 100 });
    expect(await members()).toEqual([101]);
    expect(await members('b')).toEqual([300]);
    expect(processes.asked).toEqual([200, 101, 102]);
  });
});

describe('an environment', () => {
  it('is looked at once, and never of the kernel, nor of who has ended', async () => {
    const { processes, members } = setUp();
    processes.set({ pid: 200 }, { pid: 201, run: 'a' }, { pid: 2, pgid: 0, sid: 0, rssBytes: 0 });
    processes.set({ pid: 202, run: 'a', state: 'Z' });
    expect(await members()).toEqual([201]);
    processes.set({ pid: 203, run: 'a' });
    expect(await members()).toEqual([201, 203]);
    expect(processes.asked).toEqual([200, 201, 203]);
    processes.set({ pid: 200, startTime: 7_000, run: 'a' });
    expect(await members()).toEqual([200, 201, 203]);
  });

  it('that is empty may come', async () => {
    const { processes, kinship } = setUp();
    processes.set({ pid: 200, run: '' }, { pid: 201, run: '' });
    expect((await kinship.read())?.complete).toBe(false);
    processes.set({ pid: 201, run: 'a' });
    const runs = await kinship.read();
    expect(runs?.complete).toBe(true);
    expect(runs?.members.get('a')).toHaveLength(1);
    await kinship.read();
    expect(processes.asked).toEqual([200, 201, 200, 201]);
  });

  it('that cannot be read keeps nobody waiting for long', async () => {
    const { processes, kinship, members } = setUp();
    processes.set({ pid: 200, run: undefined });
    const complete = async () => (await kinship.read())?.complete;
    expect([await complete(), await complete(), await complete(), await complete()]).toEqual([
      false,
      false,
      true,
      true,
    ]);
    processes.set({ pid: 200, run: 'a' });
    expect(await members()).toEqual([200]);
    // One that has gone meanwhile has nothing to say any more.
    processes.set({ pid: 201, run: undefined });
    processes.look = () => undefined;
    expect(await complete()).toBe(true);
  });
});
