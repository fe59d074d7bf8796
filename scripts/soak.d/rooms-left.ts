import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** What there is of a supervisor beside itself. */
export interface Left {
  /** Its child processes, zombies included. */
  readonly children: number[];
  /** Processes that were started for a run in its data folder, be they whose children they may. */
  readonly bots: number[];
  /** Folders of runs. */
  readonly folders: string[];
  /** Its open file descriptors. */
  readonly descriptors: number;
}

/** Needs /proc. */
export function look(pid: number, data: string): Left {
  const pids = processes();
  return {
    children: pids.filter((each) => parentOf(each) === pid),
    bots: botsOf(data),
    folders: readdirSync(join(data, 'runs')),
    descriptors: read(() => readdirSync(`/proc/${pid}/fd`).length) ?? 0,
  };
}

/** Every process whose environment names a run folder of the data folder; a zombie has no environment any more. */
export function botsOf(data: string): number[] {
  const mark = `=${join(data, 'runs')}/`;
  return processes().filter((pid) => (read(() => readFileSync(`/proc/${pid}/environ`, 'latin1')) ?? '').includes(mark));
}

/** Processor time that a process has taken so far, in seconds; 0 when it has gone. */
export function cpuSeconds(pid: number): number {
  const [user = 0, system = 0] = fields(pid).slice(11, 13).map(Number);
  return (user + system) / 100;
}

/** The command line, to say who it is. */
export function nameOf(pid: number): string {
  const command = read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')) ?? '';
  return `${pid} (${command.replaceAll('\0', ' ').trim() || 'a zombie'})`;
}

function processes(): number[] {
  return readdirSync('/proc')
    .filter((name) => /^[0-9]+$/.test(name))
    .map(Number);
}

const parentOf = (pid: number) => Number(fields(pid)[1]);

/** Of /proc/PID/stat, from the state on: the name before it may hold anything. */
function fields(pid: number): string[] {
  const stat = read(() => readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? '';
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ');
}

/** Undefined when it has gone meanwhile. */
function read<T>(get: () => T): T | undefined {
  try {
    return get();
  } catch {
    return undefined;
  }
}
