/** A process for good: its number alone may be another's tomorrow. `startTime` counts the system's ticks since boot. */
export interface ProcessId {
  readonly pid: number;
  readonly startTime: number;
}

export interface ProcessInfo extends ProcessId {
  readonly ppid: number;
  /** Process group. */
  readonly pgid: number;
  /** Session. */
  readonly sid: number;
  /** As the system writes it: R running, S sleeping, D beyond signals for now, T stopped, Z ended and not buried. */
  readonly state: string;
  /** Processor time that it has used, in milliseconds. */
  readonly cpuMs: number;
  /** And that its children had used that have ended and that it has buried. */
  readonly buriedCpuMs: number;
  /** Resident set size: pages that it shares count in full. */
  readonly rssBytes: number;
}

/** The processes of this machine. Every one may vanish at any moment: then the answer is undefined, or false. */
export interface Processes {
  /** Another one after every boot; undefined where the system can't tell. */
  readonly bootId: string | undefined;
  /** All there are, by process id, in small steps; undefined where the system can't tell. Never rejects. */
  list(): Promise<Map<number, ProcessInfo> | undefined>;
  look(pid: number): ProcessInfo | undefined;
  /**
   * Which run its environment says it is of. Null: it says nothing, doesn't let itself be looked at, or is another
   * user's. Empty: so is its environment, perhaps because the program is only being loaded. Undefined: can't be told
   * for now. `runs` is the folder of all runs: with it, a run whose own folder the environment doesn't place there is
   * another supervisor's, and the answer is null.
   */
  runOf(pid: number, runs?: string): Promise<string | null | undefined>;
  /** Proportional set size: pages that processes share count for each of them in part. */
  pssBytes(pid: number): Promise<number | undefined>;
  /** How long its main thread could have run and had to wait for a processor, in milliseconds. */
  waitedMs(pid: number): number | undefined;
  /** False when that very process has gone. */
  kill(process: ProcessId, signal: NodeJS.Signals): boolean;
  /** To the whole group that the process is in. */
  killGroup(process: ProcessId & { readonly pgid: number }, signal: NodeJS.Signals): boolean;
}
