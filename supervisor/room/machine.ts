import { availableParallelism } from 'node:os';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Processes } from '../child/processes-port.ts';
import { Reaper } from './reaper.ts';
import type { RunFolder } from './run-folder.ts';
import { RunMembers } from './run-members.ts';
import { StartGate } from './start-gate.ts';
import { UsageSampler } from './usage.ts';

/** While so many start for each processor, none of them starts much later than it would alone. */
const STARTS_PER_PROCESSOR = 2;

/** What all rooms share of the machine they run on. */
export interface Machine {
  readonly gate: StartGate;
  readonly members: RunMembers;
  readonly usage: UsageSampler;
  readonly reaper: Reaper;
  /**
   * The process that was just started for a run: it and all that comes from it are known from here on, and its folder
   * tells another supervisor. Never rejects; to be awaited before the folder is removed.
   */
  record(pid: number | undefined, folder: RunFolder): Promise<void>;
  /** Bytes that can still be had, within the limits of a container. */
  freeMemory(): number;
}

export function createMachine(processes: Processes, clock: Clock): Machine {
  const members = new RunMembers(processes, clock);
  return {
    gate: new StartGate(clock, STARTS_PER_PROCESSOR * availableParallelism()),
    members,
    usage: new UsageSampler(members, clock),
    reaper: new Reaper(members, clock),
    async record(pid, folder) {
      const id = pid === undefined ? undefined : members.follow(folder.runId, pid);
      const { bootId } = processes;
      if (id === undefined || bootId === undefined) return;
      // Without it, what its environment says has to do.
      await folder.recordProcess({ ...id, bootId }).catch(() => undefined);
    },
    freeMemory: () => process.availableMemory(),
  };
}
