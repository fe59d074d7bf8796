import type { ProcessInfo } from '../child/processes-port.ts';

/** Nobody buries a descendant that is further down. */
const MAX_DEPTH = 64;

type Table = ReadonlyMap<number, ProcessInfo>;

/**
 * The processor time of a run from one look to the next, as a sum that never falls: what a process had used stays in it
 * when the process goes, and isn't counted again when its parent buries it. Keeps the last look alone.
 */
export class CpuMeter {
  #last: Table = new Map();
  #totalMs = 0;

  /** All processes that the run has now → milliseconds. Only differences mean anything. */
  see(members: readonly ProcessInfo[]): number {
    const now: Table = new Map(members.map((info) => [info.pid, info]));
    const counted = this.#countedOfGone(now);
    for (const info of members) {
      const before = sameIn(this.#last, info);
      const buriedMs = info.buriedCpuMs - (before?.buriedCpuMs ?? 0) - (counted.get(info.pid) ?? 0);
      this.#totalMs += Math.max(0, info.cpuMs - (before?.cpuMs ?? 0)) + Math.max(0, buriedMs);
    }
    this.#last = now;
    return this.#totalMs;
  }

  /** What those had used at the last look that have gone since, by who has buried them. */
  #countedOfGone(now: Table): Map<number, number> {
    const counted = new Map<number, number>();
    for (const info of this.#last.values()) {
      if (sameIn(now, info) !== undefined) continue;
      const heir = this.#heirOf(info, now);
      if (heir === undefined) continue;
      counted.set(heir.pid, (counted.get(heir.pid) ?? 0) + info.cpuMs + info.buriedCpuMs);
    }
    return counted;
  }

  /** The nearest one above it that is still there; an orphan has none. */
  #heirOf(gone: ProcessInfo, now: Table): ProcessInfo | undefined {
    let above = this.#last.get(gone.ppid);
    for (let depth = 1; above !== undefined && depth < MAX_DEPTH; depth++) {
      if (sameIn(now, above) !== undefined) return above;
      above = this.#last.get(above.ppid);
    }
    return undefined;
  }
}

/** That very process: its number may be another's. */
function sameIn(table: Table, { pid, startTime }: ProcessInfo): ProcessInfo | undefined {
  const info = table.get(pid);
  return info?.startTime === startTime ? info : undefined;
}
