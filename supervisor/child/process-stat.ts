import { readFileSync } from 'node:fs';
import { endianness } from 'node:os';
import type { ProcessInfo } from './processes-port.ts';

/** In what the system counts memory and processor time. */
export interface SystemUnits {
  readonly pageBytes: number;
  readonly ticksPerSecond: number;
}

/** Where it doesn't tell: what nearly all have. */
const USUAL: SystemUnits = { pageBytes: 4_096, ticksPerSecond: 100 };

/** proc_pid_stat(5): the second field is the program's name in parentheses, which may hold spaces and parentheses. */
export function parseStat(pid: number, text: string, units: SystemUnits): ProcessInfo | undefined {
  const fields = text.slice(text.lastIndexOf(')') + 2).split(' ');
  // The rest is numbered from the third field on.
  const number = (field: number) => Number(fields[field - 3]);
  const msPerTick = 1_000 / units.ticksPerSecond;
  const info = {
    pid,
    state: fields[0] ?? '',
    ppid: number(4),
    pgid: number(5),
    sid: number(6),
    cpuMs: (number(14) + number(15)) * msPerTick,
    buriedCpuMs: (number(16) + number(17)) * msPerTick,
    startTime: number(22),
    rssBytes: number(24) * units.pageBytes,
  };
  return Number.isNaN(info.rssBytes) ? undefined : info;
}

/** getauxval(3): AT_PAGESZ is 6, AT_CLKTCK is 17. Only 64-bit systems are asked. */
export function systemUnits(proc: string): SystemUnits {
  const found: { -readonly [unit in keyof SystemUnits]: number } = { ...USUAL };
  try {
    const auxiliary = readFileSync(`${proc}/self/auxv`);
    for (let at = 0; at + 16 <= auxiliary.length; at += 16) {
      const read = (offset: number) =>
        Number(endianness() === 'LE' ? auxiliary.readBigUInt64LE(offset) : auxiliary.readBigUInt64BE(offset));
      if (read(at) === 6) found.pageBytes = read(at + 8);
      else if (read(at) === 17) found.ticksPerSecond = read(at + 8);
    }
  } catch {
    // The usual ones, then.
  }
  return found;
}
