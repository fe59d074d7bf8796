/** Why no room can be started now, and when to ask again. */
export interface Refusal {
  readonly reason: 'draining' | 'leaving' | 'rooms' | 'log' | 'memory' | 'starts';
  readonly detail: string;
  readonly retryAfterSeconds: number;
}

/** What the machine and the supervisor have left, at this moment. */
export interface Load {
  /** Rooms that run. */
  readonly rooms: number;
  /** Memory that can still be had, in bytes. */
  readonly freeMemory: number;
  /** How long a new bot would wait for its turn to start, in milliseconds. */
  readonly startWaitMs: number;
  /** Why the log commits nothing, if so. */
  readonly logProblem: string | undefined;
}

export interface AdmissionConfig {
  /** Rooms at once. */
  readonly max: number;
  /** Bytes. */
  readonly freeMemory: number;
  /** Milliseconds. */
  readonly wait: number;
}

/** Rooms end now and then. */
const FULL_SECONDS = 5;
/** Memory and disks don't come back that fast. */
const SHORT_SECONDS = 10;
const MIB = 2 ** 20;

/** Pure: one more room, or why not. Said before anything is started: a room that is let in can be served. */
export function admit(load: Load, { max, freeMemory, wait }: AdmissionConfig): Refusal | undefined {
  if (load.rooms >= max) {
    return refuse('rooms', `all ${max} rooms are taken (rooms.max); stop one or wait`, FULL_SECONDS);
  }
  if (load.logProblem !== undefined) {
    return refuse('log', `nothing that happens in a room could be kept: ${load.logProblem}`, SHORT_SECONDS);
  }
  if (load.freeMemory < freeMemory) {
    const [wanted, got] = [freeMemory, load.freeMemory].map((bytes) => `${Math.round(bytes / MIB)} MiB`);
    return refuse(
      'memory',
      `expected ${wanted} of free memory (rooms.admission.freeMemory), got ${got}`,
      SHORT_SECONDS,
    );
  }
  if (load.startWaitMs > wait) {
    const detail = `a new bot would wait about ${duration(load.startWaitMs)} for its turn to start (rooms.admission.wait)`;
    return refuse('starts', detail, (load.startWaitMs - wait) / 1_000);
  }
  return undefined;
}

function duration(ms: number): string {
  return ms < 1_000 ? `${Math.ceil(ms)} ms` : `${Math.round(ms / 1_000)} s`;
}

function refuse(reason: Refusal['reason'], detail: string, seconds: number): Refusal {
  return { reason, detail, retryAfterSeconds: Math.max(1, Math.ceil(seconds)) };
}
