import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createProcesses } from '../../../supervisor/child/processes.ts';
import type { Processes, ProcessInfo } from '../../../supervisor/child/processes-port.ts';

/** The machine's own, counting the looks at all of them. */
export function realProcesses(): Processes & { lists: number } {
  const real = createProcesses(systemClock);
  const counted = {
    ...real,
    lists: 0,
    list: () => {
      counted.lists++;
      return real.list();
    },
  };
  return counted;
}

/** Kills it with the test. */
export function endWithTest(pid: number): void {
  if (!(pid > 1)) throw new Error(`expected the id of a process, got ${pid}`);
  onTestFinished(() => {
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // As it should be.
      }
    }
  });
}

export interface Started {
  readonly child: ChildProcess;
  readonly pid: number;
  /** Numbers that it wrote on its first line: what it has started. */
  readonly pids: readonly number[];
}

/** Runs a shell script as leader of a group of its own; resolves when it has written its first line. */
export async function shell(script: string, env: Record<string, string> = {}): Promise<Started> {
  const child = spawn('/bin/sh', ['-c', script], {
    env: { PATH: process.env.PATH, ...env },
    detached: true,
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  const pid = child.pid ?? 0;
  endWithTest(pid);
  let text = '';
  while (!text.includes('\n')) text += String((await once(child.stdout, 'data'))[0]);
  const pids = (text.split('\n')[0] ?? '').split(' ').filter(Boolean).map(Number);
  for (const other of pids) endWithTest(other);
  return { child, pid, pids };
}

/** Resolves when it is so. */
export async function until(condition: () => boolean | Promise<boolean>): Promise<void> {
  while (!(await condition())) await new Promise(setImmediate);
}

/** Kills it with its group, as the launcher does. */
export async function end({ child, pid }: Started): Promise<void> {
  const exited = once(child, 'exit');
  process.kill(-pid, 'SIGKILL');
  await exited;
}

interface Fake extends Partial<ProcessInfo> {
  readonly pid: number;
  /** What its environment says. */
  readonly run?: string | null | undefined;
  readonly pss?: number;
  /** It hangs in the kernel. */
  readonly stays?: boolean;
}

/** A process table in the test's hand. */
export class FakeProcesses implements Processes {
  readonly bootId = 'boot';
  readonly table = new Map<number, ProcessInfo & Fake>();
  readonly asked: number[] = [];
  readonly weighed: number[] = [];
  readonly killed: number[] = [];
  lists = 0;
  none = false;

  /** By default it is what a bot is: leader of its own group and session, child of the supervisor. */
  set(...fakes: Fake[]): void {
    for (const fake of fakes) {
      const { pid } = fake;
      const usual = { ppid: process.pid, pgid: pid, sid: pid, startTime: pid, state: 'S' };
      const figures = { cpuMs: 0, buriedCpuMs: 0, rssBytes: 1, run: null };
      this.table.set(pid, { ...usual, ...figures, ...this.table.get(pid), ...fake });
    }
  }

  async list() {
    this.lists++;
    return this.none ? undefined : new Map(this.table);
  }

  look(pid: number) {
    return this.table.get(pid);
  }

  async runOf(pid: number) {
    this.asked.push(pid);
    return this.table.get(pid)?.run;
  }

  async pssBytes(pid: number): Promise<number | undefined> {
    this.weighed.push(pid);
    return this.table.get(pid)?.pss;
  }

  waitedMs(_pid: number): number | undefined {
    return undefined;
  }

  kill({ pid, startTime }: { pid: number; startTime: number }) {
    const found = this.table.get(pid);
    if (found?.startTime !== startTime) return false;
    this.killed.push(pid);
    return found.stays || this.table.delete(pid);
  }

  killGroup({ pgid }: { pgid: number }) {
    for (const info of [...this.table.values()]) if (info.pgid === pgid) this.kill(info);
    return true;
  }
}
