import { readdir, readFile, stat } from 'node:fs/promises';

/** Run id → the processes that were started for it and still live. Undefined where the system can't tell. */
export type RunProcesses = () => Promise<Map<string, number[]> | undefined>;

const VARIABLE = 'ROOMD_RUN_ID=';

/**
 * A bot says in its environment which run it is, and so does whatever it has started: no process id is ever taken on
 * trust. Only processes of our own user count. Needs /proc.
 */
export const runProcesses: RunProcesses = async () => {
  const found = new Map<string, number[]>();
  try {
    const pids = (await readdir('/proc')).filter((name) => /^[0-9]+$/.test(name)).map(Number);
    if (pids.length === 0) return undefined;
    for (const pid of pids) {
      const runId = await runOf(pid);
      if (runId !== undefined) found.set(runId, [...(found.get(runId) ?? []), pid]);
    }
    return found;
  } catch {
    return undefined;
  }
};

/** Kills the processes and the groups that they lead. */
export function killAll(pids: readonly number[]): void {
  for (const pid of pids) {
    for (const target of [-pid, pid]) {
      try {
        process.kill(target, 'SIGKILL');
      } catch {
        // It leads no group, or it is gone already.
      }
    }
  }
}

async function runOf(pid: number): Promise<string | undefined> {
  try {
    if ((await stat(`/proc/${pid}`)).uid !== process.getuid?.()) return undefined;
    const environment = await readFile(`/proc/${pid}/environ`, 'latin1');
    const entry = environment.split('\0').find((variable) => variable.startsWith(VARIABLE));
    return entry?.slice(VARIABLE.length);
  } catch {
    // It has ended meanwhile, or doesn't let itself be looked at.
    return undefined;
  }
}
