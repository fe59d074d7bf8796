import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Processes, ProcessId, ProcessInfo } from '../child/processes-port.ts';
import { CpuMeter } from './cpu-meter.ts';
import { Kinship } from './kinship.ts';

/** Between two looks there is so many times as long as the last one took, so that they never keep a processor busy. */
const REST = 2;
const MAX_REST_MS = 250;

/** Whose the processes of this machine are, at one moment. */
export interface Look {
  /** All of a run, those included that have ended and are not buried. */
  of(runId: string): readonly ProcessInfo[];
  /** Those that still have to end. */
  living(runId: string): readonly ProcessInfo[];
  /** Whether nobody but this run is in the process group. */
  owns(runId: string, pgid: number): boolean;
  /** False when somebody is there of whom it can't be told for now. */
  readonly complete: boolean;
}

interface Demand {
  readonly cpu: CpuMeter;
  /** Of the leader. */
  waitedMs: number;
}

/**
 * Which processes belong to which run: one look at all of them serves everybody who asked before it began. Where the
 * system can't tell, every look is undefined.
 */
export class RunMembers {
  readonly processes: Processes;
  readonly #clock: Clock;
  readonly #kinship: Kinship;
  #running: Promise<Look | undefined> = Promise.resolve(undefined);
  #next: Promise<Look | undefined> | undefined;
  #tookMs = 0;
  /** By run, of those that anybody has asked about and that have a process. */
  readonly #demands = new Map<string, Demand>();

  /** `runs`: the folder that a run has to lie in for the word of an environment to count. Everywhere when not given. */
  constructor(processes: Processes, clock: Clock, runs?: string) {
    this.processes = processes;
    this.#clock = clock;
    this.#kinship = new Kinship(processes, runs);
  }

  /**
   * The process that was just started for a run, as leader of a group of its own: whatever comes from it is of the run
   * too. With `startTime`: only if it is that very process. Undefined when there is none such.
   */
  follow(runId: string, pid: number, startTime?: number): ProcessId | undefined {
    const info = this.processes.look(pid);
    if (info === undefined) return undefined;
    // A number alone is trusted only if it is a child of ours: everything that comes from it will be killed.
    if (startTime === undefined ? info.ppid !== process.pid : info.startTime !== startTime) return undefined;
    this.#kinship.found(info, runId);
    return { pid, startTime: info.startTime };
  }

  /** A look that begins after this call. Never rejects. */
  look(): Promise<Look | undefined> {
    this.#next ??= this.#after(this.#running);
    return this.#next;
  }

  /**
   * Milliseconds of processor time that a run has used, and that its leader could have used and had to wait for: on a
   * machine that is busy with others it would compute, and isn't to blame. Only differences mean anything, and none is
   * negative. Undefined when nobody can tell.
   */
  async demandMs(runId: string, leader: number): Promise<number | undefined> {
    const members = (await this.look())?.of(runId) ?? [];
    if (members.length === 0) return undefined;
    const demand = this.#demands.get(runId) ?? { cpu: new CpuMeter(), waitedMs: 0 };
    this.#demands.set(runId, demand);
    demand.waitedMs = Math.max(demand.waitedMs, this.processes.waitedMs(leader) ?? 0);
    return demand.cpu.see(members) + demand.waitedMs;
  }

  /** Kills what the look has found of a run, and says what that was. */
  kill(look: Look, runId: string): readonly ProcessInfo[] {
    const living = look.living(runId);
    // A group at a stroke, where it is the run's alone: nobody in it can start another one meanwhile.
    const groups = new Map(living.filter(({ pgid }) => look.owns(runId, pgid)).map((info) => [info.pgid, info]));
    for (const info of groups.values()) this.processes.killGroup(info, 'SIGKILL');
    for (const info of living) this.processes.kill(info, 'SIGKILL');
    return living;
  }

  async #after(running: Promise<unknown>): Promise<Look | undefined> {
    await running;
    const restMs = Math.min(MAX_REST_MS, REST * this.#tookMs);
    if (restMs > 0) await new Promise<void>((resolve) => this.#clock.after(restMs, resolve));
    // Those who ask in the same turn share it.
    await setImmediate();
    this.#running = this.#scan();
    this.#next = undefined;
    return this.#running;
  }

  async #scan(): Promise<Look | undefined> {
    const begun = this.#clock.monotonic();
    const runs = await this.#kinship.read();
    this.#tookMs = this.#clock.monotonic() - begun;
    if (runs === undefined) return undefined;
    const { members, groups, complete } = runs;
    for (const runId of this.#demands.keys()) if (!members.has(runId)) this.#demands.delete(runId);
    const of = (runId: string) => members.get(runId) ?? [];
    return {
      of,
      living: (runId) => of(runId).filter(({ state }) => !ENDED.has(state)),
      owns: (runId, pgid) => groups.get(pgid) === runId,
      complete,
    };
  }
}

/** Z and X: ended, and not buried yet. */
const ENDED = new Set(['Z', 'X', 'x']);
