import { readFileSync } from 'node:fs';

/** A zombie has ended: as one it may wait for whoever adopted it. */
export function isAlive(pid: number): boolean {
  const state = stateOf(pid);
  return state !== '' && !'ZX'.includes(state);
}

/** Resolves when the process has ended. */
export async function gone(pid: number): Promise<void> {
  while (isAlive(pid)) await new Promise(setImmediate);
}

/** As proc_pid_stat(5) has it; empty when there is no such process. */
function stateOf(pid: number): string {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'latin1');
    return stat.slice(stat.lastIndexOf(')') + 2, stat.lastIndexOf(')') + 3);
  } catch {
    return '';
  }
}
