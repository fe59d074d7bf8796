import { describe, expect, it } from 'vitest';
import { CpuMeter } from '../../../supervisor/room/cpu-meter.ts';
import { FakeProcesses } from './processes-rig.ts';

function setUp() {
  const processes = new FakeProcesses();
  const { table } = processes;
  const set = processes.set.bind(processes);
  const meter = new CpuMeter();
  let before = 0;
  /** What was used since the last look. */
  const used = () => {
    const total = meter.see([...table.values()]);
    const ms = total - before;
    before = total;
    return ms;
  };
  return { table, set, used };
}

describe('what a run has used', () => {
  it('is the sum over its processes and those they have buried', () => {
    const { set, used } = setUp();
    set({ pid: 100, cpuMs: 5, buriedCpuMs: 20 }, { pid: 101, ppid: 100, cpuMs: 300 });
    expect(used()).toBe(325);
    set({ pid: 100, cpuMs: 6, buriedCpuMs: 40 }, { pid: 101, cpuMs: 400 }, { pid: 102, ppid: 100, cpuMs: 7 });
    expect(used()).toBe(128);
    expect(used()).toBe(0);
  });

  it('does not fall when an orphan ends', () => {
    const { table, set, used } = setUp();
    set({ pid: 100, cpuMs: 5 }, { pid: 101, ppid: 1, cpuMs: 60_000 });
    used();
    table.delete(101);
    set({ pid: 100, cpuMs: 55 });
    expect(used()).toBe(50);
    // What another child used that came and went is not made less by that.
    set({ pid: 102, ppid: 1, cpuMs: 9_000 });
    used();
    table.delete(102);
    set({ pid: 100, buriedCpuMs: 70 });
    expect(used()).toBe(70);
  });

  it('counts nobody twice who was buried, however many at once', () => {
    const { table, set, used } = setUp();
    set({ pid: 100 }, { pid: 101, ppid: 100, cpuMs: 1_000, buriedCpuMs: 500 }, { pid: 102, ppid: 101, cpuMs: 2_000 });
    used();
    table.delete(102);
    table.delete(101);
    // 25 more before they ended.
    set({ pid: 100, buriedCpuMs: 3_525 });
    expect(used()).toBe(25);
    expect(used()).toBe(0);
  });

  it('is counted for the very process, not for its number', () => {
    const { set, used } = setUp();
    set({ pid: 100 }, { pid: 101, ppid: 100, cpuMs: 1_000 });
    used();
    set({ pid: 100, buriedCpuMs: 1_000 }, { pid: 101, startTime: 7_000, cpuMs: 30 });
    expect(used()).toBe(30);
    // Its parent's number is another's by now: nobody that we know has buried it.
    set({ pid: 100, startTime: 8_000, buriedCpuMs: 40 }, { pid: 101, startTime: 9_000, cpuMs: 0 });
    expect(used()).toBe(40);
  });

  it('comes to an end where parents go in a circle', () => {
    const { table, set, used } = setUp();
    set({ pid: 100 }, { pid: 101, ppid: 102, cpuMs: 5 }, { pid: 102, ppid: 101, cpuMs: 5 });
    used();
    table.delete(101);
    table.delete(102);
    expect(used()).toBe(0);
  });
});
