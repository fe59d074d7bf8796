import { readdir, readFile } from 'node:fs/promises';
import { type Clock, sleep } from '../../spec/runtime/clock.ts';

const LOOK_MS = 50;
const LAST_MS = 1_000;

interface Leaver {
  readonly pid: number;
  /** As proc_pid_stat(5) counts it: with the number, it is that process for good. */
  readonly startTime: string;
}

/**
 * Waits until no host and no browser of it runs any more that was started with that folder: those that have lost who
 * started them leave by themselves. Those that are still there after `ms` are killed. It takes a second longer at most.
 * Linux; elsewhere it returns at once.
 */
export async function outlast(folder: string, ms: number, clock: Clock): Promise<void> {
  const { signal } = new AbortController();
  const began = clock.monotonic();
  for (let killed = false; ; await sleep(clock, LOOK_MS, signal)) {
    const left = await inFolder(folder);
    const passed = clock.monotonic() - began;
    if (left.length === 0 || passed >= ms + LAST_MS) return;
    if (passed < ms || killed) continue;
    killed = true;
    for (const leaver of left) await kill(leaver, folder);
  }
}

/** What only theirs has among its arguments. */
function marks(folder: string): string[] {
  return [`--user-data-dir=${folder}/`, `"folder":${JSON.stringify(folder)}`];
}

async function inFolder(folder: string): Promise<Leaver[]> {
  const pids = (await readdir('/proc').catch(() => [])).filter((name) => /^[1-9][0-9]*$/.test(name)).map(Number);
  const found = await Promise.all(pids.filter((pid) => pid !== process.pid).map((pid) => look(pid, folder)));
  return found.filter((leaver) => leaver !== undefined);
}

async function look(pid: number, folder: string): Promise<Leaver | undefined> {
  try {
    // Empty for what has ended and isn't buried yet.
    const args = await readFile(`/proc/${pid}/cmdline`, 'utf8');
    if (!marks(folder).some((mark) => args.includes(mark))) return undefined;
    const stat = await readFile(`/proc/${pid}/stat`, 'latin1');
    return { pid, startTime: stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '' };
  } catch {
    return undefined;
  }
}

async function kill(leaver: Leaver, folder: string): Promise<void> {
  if ((await look(leaver.pid, folder))?.startTime !== leaver.startTime) return;
  try {
    process.kill(leaver.pid, 'SIGKILL');
  } catch {
    // It has gone, or isn't ours.
  }
}
