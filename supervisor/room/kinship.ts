import type { Processes, ProcessId, ProcessInfo } from '../child/processes-port.ts';

type Table = ReadonlyMap<number, ProcessInfo>;

/** Who is of which run, and which process groups are of one run alone. */
export interface Runs {
  readonly members: ReadonlyMap<string, readonly ProcessInfo[]>;
  readonly groups: ReadonlyMap<number, string>;
  /** False when somebody is there of whom it can't be told for now. */
  readonly complete: boolean;
}

/** Nobody is kept waiting for an answer after so many times. */
const MAX_ASKED = 3;

interface Known {
  readonly runId: string | null;
  readonly startTime: number;
  /** The reading that it was last seen in. */
  seen: number;
}

/**
 * Tells runs' processes from all others, from one reading of the process table to the next. Of a run is: who was of it
 * before, by number and start time; whose parent is; who shares a group or session that a process of it leads or has
 * led; and who says so in its environment. So a process that leaves its group, its parent and its environment behind
 * is still known, if it was seen once before.
 */
export class Kinship {
  readonly #processes: Processes;
  readonly #runs: string | undefined;
  /** By process id. Null: its environment says of none. */
  readonly #known = new Map<number, Known>();
  /** Groups and sessions are numbered by who began them, and keep that number from being used again. */
  readonly #led = new Map<number, Omit<Known, 'startTime'>>();
  /** Who gave no answer so far: the program is being loaded, or nobody can tell. */
  readonly #mute = new Map<number, { readonly startTime: number; asked: number }>();
  #reading = 0;

  /** `runs`: the folder that a run has to lie in for the word of an environment to count. Everywhere when not given. */
  constructor(processes: Processes, runs?: string) {
    this.#processes = processes;
    this.#runs = runs;
  }

  /** A process that leads a group of its own. */
  found({ pid, startTime }: ProcessId, runId: string): void {
    this.#known.set(pid, { runId, startTime, seen: this.#reading });
    this.#led.set(pid, { runId, seen: this.#reading });
  }

  /** Undefined where the system can't tell. Never rejects. */
  async read(): Promise<Runs | undefined> {
    // What is found from here on may not be in the list.
    const reading = ++this.#reading;
    const list = await this.#processes.list();
    if (list === undefined) return undefined;
    this.#drop(list);
    // First all that needs no asking.
    this.#spread(list);
    let complete = true;
    for (const info of list.values()) if (!(await this.#ask(info))) complete = false;
    this.#spread(list);
    this.#forget(list, reading);
    return { ...this.#sort(list), complete };
  }

  /** Numbers that are another process's now. */
  #drop(list: Table): void {
    for (const { pid, startTime } of list.values()) {
      if (this.#known.get(pid)?.startTime === startTime) continue;
      this.#known.delete(pid);
      this.#led.delete(pid);
    }
  }

  /** False when it has to be asked again. */
  async #ask({ pid, startTime, state, pgid, rssBytes }: ProcessInfo): Promise<boolean> {
    const ofTheKernel = pgid === 0 && rssBytes === 0;
    if (this.#known.has(pid) || pid === process.pid || ofTheKernel || state === 'Z') return true;
    let runId = await this.#processes.runOf(pid, this.#runs);
    // Somebody may have found it meanwhile.
    if (this.#known.has(pid)) return true;
    if (!runId && runId !== null) {
      const mute = this.#mute.get(pid);
      const asked = mute?.startTime === startTime ? mute.asked + 1 : 1;
      this.#mute.set(pid, { startTime, asked });
      // Nothing is loaded for as long as that: its environment is empty.
      if (runId === '' && asked > 1) runId = null;
      else return asked >= MAX_ASKED || this.#processes.look(pid)?.startTime !== startTime;
    }
    this.#mute.delete(pid);
    this.#known.set(pid, { runId, startTime, seen: this.#reading });
    return true;
  }

  /** Until nobody new is found: who is found brings others. */
  #spread(list: Table): void {
    const own = ancestry(list);
    for (let changed = true; changed; ) {
      changed = false;
      for (const info of list.values()) {
        const { pid, startTime, pgid, sid } = info;
        // The supervisor may have been started by a bot; it is no bot, and neither is what it runs in.
        if (own.has(pid)) continue;
        let runId = this.#runOf(pid);
        if (runId === undefined) {
          const parent = own.has(info.ppid) ? undefined : this.#runOf(info.ppid);
          runId = parent ?? this.#led.get(pgid)?.runId ?? this.#led.get(sid)?.runId ?? undefined;
          if (runId === undefined) continue;
          this.#known.set(pid, { runId, startTime, seen: this.#reading });
          changed = true;
        }
        if (!this.#led.has(pid)) {
          this.#led.set(pid, { runId, seen: this.#reading });
          changed = true;
        }
      }
    }
  }

  #runOf(pid: number): string | undefined {
    return this.#known.get(pid)?.runId ?? undefined;
  }

  /** Who isn't there any more; and groups and sessions that nobody is in, so that their numbers are free. */
  #forget(list: Table, reading: number): void {
    for (const { pid, pgid, sid } of list.values()) {
      const known = this.#known.get(pid);
      if (known === undefined) continue;
      known.seen = reading;
      for (const number of [pgid, sid]) {
        const led = this.#led.get(number);
        if (led !== undefined && led.runId === known.runId) led.seen = reading;
      }
    }
    for (const pid of this.#mute.keys()) if (!list.has(pid)) this.#mute.delete(pid);
    for (const [pid, { seen }] of this.#known) if (seen < reading) this.#known.delete(pid);
    for (const [number, { seen }] of this.#led) if (seen < reading) this.#led.delete(number);
  }

  #sort(list: Table): Omit<Runs, 'complete'> {
    const members = new Map<string, ProcessInfo[]>();
    const groups = new Map<number, string>();
    const mixed = new Set<number>();
    const own = ancestry(list);
    for (const info of list.values()) {
      const runId = own.has(info.pid) ? undefined : this.#runOf(info.pid);
      if (runId === undefined) mixed.add(info.pgid);
      else {
        const others = members.get(runId);
        if (others === undefined) members.set(runId, [info]);
        else others.push(info);
        if ((groups.get(info.pgid) ?? runId) === runId) groups.set(info.pgid, runId);
        else mixed.add(info.pgid);
      }
    }
    for (const pgid of mixed) groups.delete(pgid);
    return { members, groups };
  }
}

/** This process, its parent, and so on. */
function ancestry(list: Table): Set<number> {
  const own = new Set<number>();
  for (let pid = process.pid; pid > 0 && !own.has(pid); pid = list.get(pid)?.ppid ?? 0) own.add(pid);
  return own;
}
