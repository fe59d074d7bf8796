import { closeSync, openSync, readdirSync, readSync, statSync } from 'node:fs';
import { open, readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../spec/runtime/clock.ts';
import { PatientReads } from './patient-reads.ts';
import { parseStat, systemUnits } from './process-stat.ts';
import type { Processes, ProcessId, ProcessInfo } from './processes-port.ts';

const RUN = 'ROOMD_RUN_ID';
/** Files in the folder of the run; the first that is there tells. */
const FILES = ['ROOMD_SPILL_PATH', 'BOT_POLICY_PATH'];
/** So many take about a millisecond. */
const STEP = 64;
/** No longer environment is searched. */
const MAX_ENVIRONMENT = 262_144;
const READ = 16_384;

/**
 * Linux: `proc` is the folder of that file system. What never waits for the process it is about is read at once, which
 * takes a tenth of the time that asynchronous reads would.
 */
export function createProcesses(clock: Clock, proc = '/proc'): Processes {
  const units = systemUnits(proc);
  const patient = new PatientReads(clock);
  const buffer = Buffer.alloc(2_048);

  function look(pid: number): ProcessInfo | undefined {
    const text = readStart(`${proc}/${pid}/stat`, buffer);
    return text === undefined ? undefined : parseStat(pid, text, units);
  }

  async function list(): Promise<Map<number, ProcessInfo> | undefined> {
    const found = new Map<number, ProcessInfo>();
    let pids: number[];
    try {
      pids = readdirSync(proc).filter(isNumber).map(Number);
    } catch {
      return undefined;
    }
    for (let at = 0; at < pids.length; at += STEP) {
      if (at > 0) await setImmediate();
      for (const pid of pids.slice(at, at + STEP)) {
        const info = look(pid);
        if (info !== undefined) found.set(pid, info);
      }
    }
    // Without itself in it, it is no list of processes.
    return found.has(process.pid) ? found : undefined;
  }

  async function runOf(pid: number, runs?: string): Promise<string | null | undefined> {
    try {
      if (statSync(`${proc}/${pid}`).uid !== process.getuid?.()) return null;
    } catch {
      return undefined;
    }
    const environment = await patient.read(`environ ${pid}`, () => readEnvironment(`${proc}/${pid}/environ`));
    if (environment === undefined || environment === '') return environment;
    const variables = environment.split('\0');
    const runId = variable(variables, RUN);
    if (runId === undefined || runs === undefined) return runId ?? null;
    const file = FILES.map((name) => variable(variables, name)).find((value) => value !== undefined);
    return file !== undefined && dirname(file) === join(asRead(runs), runId) ? runId : null;
  }

  async function pssBytes(pid: number): Promise<number | undefined> {
    const text = await patient.read(`smaps ${pid}`, () => readFile(`${proc}/${pid}/smaps_rollup`, 'latin1'));
    const kilobytes = text === undefined ? undefined : /^Pss: +(\d+) kB$/m.exec(text)?.[1];
    return kilobytes === undefined ? undefined : Number(kilobytes) * 1_024;
  }

  function waitedMs(pid: number): number | undefined {
    const nanoseconds = readStart(`${proc}/${pid}/schedstat`, buffer)?.split(' ')[1];
    return nanoseconds === undefined ? undefined : Number(nanoseconds) / 1e6;
  }

  /** Looks again right before: the number may be another's by now. */
  function signal({ pid, startTime }: ProcessId, pgid: number | undefined, name: NodeJS.Signals): boolean {
    const now = look(pid);
    if (now?.startTime !== startTime || (pgid !== undefined && now.pgid !== pgid)) return false;
    try {
      return process.kill(pgid === undefined ? pid : -pgid, name);
    } catch {
      return false;
    }
  }

  return {
    bootId: readStart(`${proc}/sys/kernel/random/boot_id`, buffer)?.trim(),
    list,
    look,
    runOf,
    pssBytes,
    waitedMs,
    kill: (id, name) => signal(id, undefined, name),
    // 0 and 1 would mean quite other groups.
    killGroup: (id, name) => id.pgid > 1 && signal(id, id.pgid, name),
  };
}

function variable(variables: readonly string[], name: string): string | undefined {
  return variables.find((entry) => entry.startsWith(`${name}=`))?.slice(name.length + 1);
}

/** As an environment is read: each byte a character. */
function asRead(text: string): string {
  return Buffer.from(text).toString('latin1');
}

function isNumber(name: string): boolean {
  return /^[1-9][0-9]*$/.test(name);
}

function readStart(path: string, buffer: Buffer): string | undefined {
  let file: number;
  try {
    file = openSync(path, 'r');
  } catch {
    return undefined;
  }
  try {
    return buffer.toString('latin1', 0, readSync(file, buffer, 0, buffer.length, 0));
  } catch {
    return undefined;
  } finally {
    closeSync(file);
  }
}

/** Of a process that keeps it to itself: something that says nothing. */
async function readEnvironment(path: string): Promise<string> {
  try {
    await using file = await open(path, 'r');
    const buffer = Buffer.allocUnsafe(MAX_ENVIRONMENT);
    let length = 0;
    for (;;) {
      const { bytesRead } = await file.read(buffer, length, Math.min(READ, buffer.length - length), null);
      length += bytesRead;
      if (bytesRead === 0 || length === buffer.length) return buffer.toString('latin1', 0, length);
    }
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException;
    if (code === 'EACCES' || code === 'EPERM') return '\0';
    throw error;
  }
}
