import { once } from 'node:events';
import { copyFile, mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { PatientReads } from '../../../supervisor/child/patient-reads.ts';
import { createProcesses } from '../../../supervisor/child/processes.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';
import { shell, until } from '../room/processes-rig.ts';

const processes = createProcesses(systemClock);

describe('the processes of the machine', () => {
  it('are listed with their kin, also those with strange names', async () => {
    const name = join(await temporaryFolder(), 'odd) R 1 (2 3');
    await copyFile('/bin/sleep', name);
    const { pid, pids } = await shell(`"${name}" 1000 & echo $!; wait`);
    const [odd = 0] = pids;
    const list = await processes.list();
    const leader = list?.get(pid);
    expect(leader).toMatchObject({ ppid: process.pid, pgid: pid, sid: pid });
    expect(list?.get(odd)).toMatchObject({ pid: odd, ppid: pid, pgid: pid, sid: pid });
    expect(list?.get(odd)?.startTime).toBeGreaterThanOrEqual(leader?.startTime ?? Infinity);
    expect(list?.get(process.pid)?.rssBytes).toBeGreaterThan(10_000_000);
    expect(processes.look(odd)?.startTime).toBe(list?.get(odd)?.startTime);
  });

  it('are counted what they and their buried children have computed', async () => {
    const loop = 'i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done';
    const { pid, child } = await shell(`(${loop}); echo; read go; ${loop}; echo; read go`);
    const before = processes.look(pid);
    expect(before?.buriedCpuMs).toBeGreaterThan(0);
    child.stdin?.write('\n');
    await until(() => (processes.look(pid)?.cpuMs ?? 0) > (before?.cpuMs ?? Infinity));
    expect(processes.look(pid)?.buriedCpuMs).toBe(before?.buriedCpuMs);
  });

  it('say in their environment which run they are of', async () => {
    const said = await shell('echo; read go', { OTHER: 'x', ROOMD_RUN_ID: 'mine' });
    expect(await processes.runOf(said.pid)).toBe('mine');
    const other = await shell('echo; read go', { NOT_ROOMD_RUN_ID: 'mine', X: 'ROOMD_RUN_ID=mine' });
    expect(await processes.runOf(other.pid)).toBeNull();
    const long = await shell('echo; read go', { A: 'x'.repeat(100_000), ROOMD_RUN_ID: 'far behind' });
    expect(await processes.runOf(long.pid)).toBe('far behind');
    const { pids } = await shell('env -i /bin/sleep 1000 & echo $!; wait', { ROOMD_RUN_ID: 'mine' });
    // While it becomes another program there is no telling.
    await until(async () => (await processes.runOf(pids[0] ?? 0)) === '');
  });

  it('are of a run of ours only when their environment says that it lies with ours', async () => {
    // With what is more than a byte in its name.
    const runs = join(await temporaryFolder(), 'rüns');
    const said = async (env: Record<string, string>) => {
      const { pid } = await shell('echo; read go', { ROOMD_RUN_ID: 'mine', ...env });
      return [await processes.runOf(pid), await processes.runOf(pid, runs)];
    };
    const spill = (...path: string[]) => ({ ROOMD_SPILL_PATH: join(...path, 'left.jsonl') });
    const policy = (...path: string[]) => ({ BOT_POLICY_PATH: join(...path, 'policy.json') });
    expect(await said(spill(runs, 'mine'))).toEqual(['mine', 'mine']);
    expect(await said(policy(runs, 'mine'))).toEqual(['mine', 'mine']);
    expect(await said({ ...spill(runs, 'mine'), ...policy('/elsewhere') })).toEqual(['mine', 'mine']);
    for (const other of [
      {},
      spill(dirname(runs), 'copy', 'mine'),
      spill(runs, 'other'),
      spill(runs, 'mine', 'within'),
      policy(dirname(runs), 'copy', 'mine'),
      { ...spill('/elsewhere'), ...policy(runs, 'mine') },
      { ROOMD_SPILL_PATH: '' },
    ])
      expect(await said(other)).toEqual(['mine', null]);
    const none = await shell('echo; read go', spill(runs, 'mine'));
    expect(await processes.runOf(none.pid, runs)).toBeNull();
  });

  it('have a size that is no greater than what they have resident', async () => {
    const { pid } = await shell('echo; read go');
    const pss = await processes.pssBytes(pid);
    expect(pss).toBeGreaterThan(4_096);
    expect(pss).toBeLessThanOrEqual(processes.look(pid)?.rssBytes ?? 0);
  });

  it('may vanish', async () => {
    const { pid, child } = await shell('echo; read go');
    child.stdin?.end();
    await once(child, 'exit');
    expect(processes.look(pid)).toBeUndefined();
    expect(await processes.runOf(pid)).toBeUndefined();
    expect(await processes.pssBytes(pid)).toBeUndefined();
    expect(processes.waitedMs(pid)).toBeUndefined();
    expect(processes.kill({ pid, startTime: 0 }, 'SIGKILL')).toBe(false);
  });

  it('are hit only when they are the very ones that were meant', async () => {
    const { pid, pids } = await shell('sleep 1000 & echo $!; wait');
    const [other = 0] = pids;
    const startTime = processes.look(pid)?.startTime ?? 0;
    expect(processes.kill({ pid, startTime: startTime + 1 }, 'SIGTERM')).toBe(false);
    expect(processes.killGroup({ pid, startTime: startTime + 1, pgid: pid }, 'SIGTERM')).toBe(false);
    const stranger = await shell('echo; read go');
    expect(processes.killGroup({ pid, startTime, pgid: stranger.pid }, 'SIGTERM')).toBe(false);
    expect(
      processes.killGroup({ pid: other, startTime: processes.look(other)?.startTime ?? 0, pgid: pid }, 'SIGSTOP'),
    ).toBe(true);
    await until(() => processes.look(pid)?.state === 'T' && processes.look(other)?.state === 'T');
    expect(processes.kill({ pid, startTime }, 'SIGKILL')).toBe(true);
    await gone(pid);
    expect(processes.look(other)?.state).toBe('T');
  });

  it('cannot be told on a system that has no such folder', async () => {
    const folder = await temporaryFolder();
    for (const proc of [join(folder, 'missing'), folder]) {
      const blind = createProcesses(systemClock, proc);
      expect(await blind.list()).toBeUndefined();
      expect(blind.bootId).toBeUndefined();
    }
    await mkdir(join(folder, '1'));
    expect(await createProcesses(systemClock, folder).list()).toBeUndefined();
    expect(processes.bootId).toMatch(/^[0-9a-f-]{36}$/);
  });
});

describe('reads that may hang', () => {
  it('are given up after a second, one at a time for each, two for all', async () => {
    const clock = new FakeClock();
    const reads = new PatientReads(clock);
    const hanging = [Promise.withResolvers<string>(), Promise.withResolvers<string>()];
    const begun: string[] = [];
    const read = (key: string, work: () => Promise<string>) =>
      reads.read(key, () => {
        begun.push(key);
        return work();
      });
    const first = hanging.map(({ promise }, i) => read(`hanging ${i}`, () => promise));
    expect(await read('hanging 0', async () => 'again')).toBeUndefined();
    const queued = read('queued', async () => 'late');
    await clock.pass(999);
    expect(begun).toEqual(['hanging 0', 'hanging 1']);
    await clock.pass(1);
    expect(await Promise.all([...first, queued])).toEqual([undefined, undefined, undefined]);
    expect(await read('another', async () => 'x')).toBeUndefined();
    hanging[0]?.resolve('at last');
    await clock.pass(0);
    expect(await read('another', async () => 'x')).toBe('x');
    expect(await read('failing', () => Promise.reject(new Error('gone')))).toBeUndefined();
    expect(begun).toEqual(['hanging 0', 'hanging 1', 'another', 'failing']);
    expect(clock.waiting).toBe(0);
  });

  it('wait for their turn, each', async () => {
    const reads = new PatientReads(new FakeClock());
    let underWay = 0;
    let most = 0;
    const read = (i: number) =>
      reads.read(String(i), async () => {
        most = Math.max(most, ++underWay);
        await new Promise(setImmediate);
        underWay--;
        return i;
      });
    const all = Array.from({ length: 50 }, (_, i) => i);
    expect(await Promise.all(all.map(read))).toEqual(all);
    expect(most).toBe(2);
  });
});
