import type { Clock } from '../../../spec/runtime/clock.ts';
import type { Launch } from '../../child/port.ts';
import type { RunFolder } from '../run-folder.ts';
import type { UsagePlan, UsageWatch } from '../usage.ts';

/** Does `work` when its turn has come. The promise of `work` resolves when the process is up, or has failed to come up. */
export type StartGate = (work: () => Promise<void>) => Promise<void>;

export interface WarmDeps {
  readonly launch: Launch;
  readonly clock: Clock;
  readonly random: () => number;
  /** The supervisor's own environment. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** A folder with a run id of its own, not made yet. */
  readonly newFolder: () => RunFolder;
  /** So many of a bot's processes may be on their way at a time. */
  readonly maxStarting: number;
  /** How many rooms may still be started: more processes than that wait in vain. Looked at every second. */
  readonly room: () => number;
  /** Where whoever starts a process waits for its turn. Absent: none waits. */
  readonly start?: StartGate;
  /** Makes a note of whose the process is. Never rejects; the folder is removed only then. */
  readonly record?: (pid: number | undefined, folder: RunFolder) => Promise<void>;
  /** Watches what the process and all it starts take of the memory, and calls back once when it is too much. */
  readonly watchMemory?: (plan: UsagePlan, onExceeded: (pssBytes: number) => void) => UsageWatch;
  /** Ends what a process that has ended may have left running elsewhere. Never rejects. */
  readonly reap?: (runId: string) => Promise<unknown>;
}

/** Times in milliseconds. */
export interface WarmPlan {
  /** The bot's name. */
  readonly bot: string;
  readonly command: readonly string[];
  /** Names of environment variables to pass on. */
  readonly env: readonly string[];
  /** So many processes wait, whatever the demand. */
  readonly floor: number;
  /** And so many at most; less than `floor` counts as `floor`. */
  readonly ceiling: number;
  /** A process that isn't ready by then, or says nothing for so long, is taken for dead. */
  readonly heartbeatTimeout: number;
  /** Bytes that a process and all it starts may take while it waits; its room sees to it from then on. */
  readonly memory: number;
  /** How long a room that just got a process has the supervisor for itself. */
  readonly refillDelay: number;
}

/** Why a waiting process left although it was wanted. */
export type LossReason = 'not_started' | 'not_ready' | 'exited' | 'refused' | 'silent' | 'noisy' | 'memory';
/** Why it was sent away: more wait than are wanted, others like it didn't answer, the supervisor stops. */
export type DismissReason = 'surplus' | 'unanswered' | 'stopped';

/** For logs and metrics; nothing here may throw. */
export interface WarmEvents {
  /** A process waits for a room, `ms` after it was started. */
  ready(bot: string, ms: number): void;
  /** A room got one that had been ready for `waitedMs`. */
  taken(bot: string, waitedMs: number): void;
  /** A room asked for one and there was none. */
  missed(bot: string): void;
  /** An assignment got no answer. */
  unanswered(bot: string): void;
  /** `stderr`: its last lines, when nobody had sent it away. */
  left(bot: string, reason: LossReason | DismissReason, stderr: readonly string[]): void;
  /** Why none can be made ready; undefined: they can again. */
  problem(bot: string, problem: string | undefined): void;
  /** The folder of a process that has ended can't be removed. */
  folderStays(path: string, error: unknown): void;
}
