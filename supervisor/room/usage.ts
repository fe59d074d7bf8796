import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { ProcessInfo } from '../child/processes-port.ts';
import type { Usage } from './api.ts';
import { CpuMeter } from './cpu-meter.ts';
import { MemoryWatch } from './memory-watch.ts';
import type { RunMembers } from './run-members.ts';

/** Between two looks. */
const LOOK_MS = 2_000;
/** A proportional set size is so old at most, or as old as the reading of so many at each look makes it. */
const FRESH_MS = 10_000;
const READ_A_LOOK = 20;

export interface UsagePlan {
  /** Its process has been recorded: see Machine. */
  readonly runId: string;
  /** Bytes of proportional set size, of the bot and all it has started. */
  readonly limitBytes: number;
}

export interface UsageListener {
  onUsage(usage: Usage): void;
  /** Above 80 % of the limit; again only after it was below 70 %. */
  onHigh(pssBytes: number): void;
  /** Above the limit; once. */
  onExceeded(pssBytes: number): void;
}

export interface UsageWatch {
  stop(): void;
}

interface Watched {
  readonly runId: string;
  readonly listener: UsageListener;
  readonly memory: MemoryWatch;
  readonly cpu: CpuMeter;
  /** At the last look. */
  used: { readonly cpuMs: number; readonly at: number } | undefined;
  cpuShare: number | undefined;
  pssBytes: number | undefined;
  readAt: number;
  reading: boolean;
}

/**
 * What runs take of the machine: one look for all of them. Resident set sizes are an upper bound that costs next to
 * nothing; what pages are shared by is asked for where they come near the limit, and otherwise in turn.
 */
export class UsageSampler {
  readonly #members: RunMembers;
  readonly #clock: Clock;
  readonly #watched = new Set<Watched>();
  #timer: Timer | undefined;
  #looking = false;

  constructor(members: RunMembers, clock: Clock) {
    this.#members = members;
    this.#clock = clock;
  }

  /** The first usage comes after the second look. */
  watch({ runId, limitBytes }: UsagePlan, listener: UsageListener): UsageWatch {
    const watched: Watched = {
      runId,
      listener,
      memory: new MemoryWatch(limitBytes, listener),
      cpu: new CpuMeter(),
      used: undefined,
      cpuShare: undefined,
      pssBytes: undefined,
      readAt: -Infinity,
      reading: false,
    };
    this.#watched.add(watched);
    this.#arm();
    return { stop: () => this.#stop(watched) };
  }

  #stop(watched: Watched): void {
    this.#watched.delete(watched);
    if (this.#watched.size > 0) return;
    this.#timer?.cancel();
    this.#timer = undefined;
  }

  #arm(): void {
    if (this.#timer !== undefined || this.#looking || this.#watched.size === 0) return;
    this.#timer = this.#clock.after(LOOK_MS, () => {
      this.#timer = undefined;
      this.#looking = true;
      void this.#look().finally(() => {
        this.#looking = false;
        this.#arm();
      });
    });
  }

  async #look(): Promise<void> {
    const look = await this.#members.look();
    if (look === undefined) return;
    const now = this.#clock.monotonic();
    const routine: Watched[] = [];
    for (const watched of this.#watched) {
      const members = look.of(watched.runId);
      if (members.length === 0) continue;
      this.#count(watched, members, now);
      const rssBytes = sum(members.map((info) => info.rssBytes));
      if (watched.memory.isNear(rssBytes) || watched.readAt === -Infinity) void this.#read(watched, members);
      else if (now - watched.readAt >= FRESH_MS) routine.push(watched);
    }
    routine.sort((a, b) => a.readAt - b.readAt);
    for (const watched of routine.slice(0, READ_A_LOOK)) void this.#read(watched, look.of(watched.runId));
  }

  #count(watched: Watched, members: readonly ProcessInfo[], at: number): void {
    const { used } = watched;
    watched.used = { cpuMs: watched.cpu.see(members), at };
    if (used !== undefined) watched.cpuShare = (watched.used.cpuMs - used.cpuMs) / (at - used.at);
    tell(watched);
  }

  /** The next look doesn't wait for it: a process that hangs in the kernel holds up its own reading alone. */
  async #read(watched: Watched, members: readonly ProcessInfo[]): Promise<void> {
    if (watched.reading) return;
    watched.reading = true;
    const { processes } = this.#members;
    const sizes: number[] = [];
    for (const { pid, startTime, rssBytes } of members) {
      const pssBytes = await processes.pssBytes(pid);
      // Where nobody can tell, what it shares counts in full, if it is still there.
      if (pssBytes !== undefined) sizes.push(pssBytes);
      else if (processes.look(pid)?.startTime === startTime) sizes.push(rssBytes);
    }
    watched.reading = false;
    if (!this.#watched.has(watched) || sizes.length === 0) return;
    watched.readAt = this.#clock.monotonic();
    watched.pssBytes = sum(sizes);
    tell(watched);
    watched.memory.see(watched.pssBytes);
  }
}

function tell({ listener, pssBytes, cpuShare }: Watched): void {
  if (pssBytes !== undefined && cpuShare !== undefined) listener.onUsage({ pssBytes, cpuShare });
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, number) => total + number, 0);
}
