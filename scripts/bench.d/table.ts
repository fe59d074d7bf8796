import { readFileSync } from 'node:fs';
import { cpus, loadavg } from 'node:os';

/** The value below which the share `p` of the samples lies. */
export function percentile(samples: readonly number[], p: number): number {
  const sorted = [...samples].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * p))] ?? Number.NaN;
}

export const median = (samples: readonly number[]): number => percentile(samples, 0.5);

/** `median (min … max)`, with as many digits as make sense. */
export function spread(samples: readonly number[], digits = 1): string {
  const [low, high] = [Math.min(...samples), Math.max(...samples)];
  return `${median(samples).toFixed(digits)} (${low.toFixed(digits)} … ${high.toFixed(digits)})`;
}

export const thousands = (value: number): string => Math.round(value).toLocaleString('en-US');

/** Says what the machine was doing: figures mean little without it. */
export function printMachine(title: string): void {
  const load = loadavg()
    .map((value) => value.toFixed(2))
    .join(' ');
  console.log(`\n${title}\n${cpus().length} cores, load ${load}, Node ${process.version}`);
}

export function printTable(header: readonly string[], rows: readonly (readonly string[])[]): void {
  const all = [header, ...rows];
  const widths = header.map((_, column) => Math.max(...all.map((row) => (row[column] ?? '').length)));
  const line = (row: readonly string[]) =>
    row.map((cell, i) => (i === 0 ? cell.padEnd(widths[i] ?? 0) : cell.padStart(widths[i] ?? 0))).join('  ');
  console.log([line(header), widths.map((width) => '-'.repeat(width)).join('  '), ...rows.map(line)].join('\n'));
}

/** Proportional set size of a process in MiB: shared pages count for their share. */
export function pssMiB(pid: number): number {
  const text = readFileSync(`/proc/${pid}/smaps_rollup`, 'utf8');
  return Number(/^Pss:\s+(\d+) kB/m.exec(text)?.[1]) / 1024;
}

/** Resident set size of a process in MiB, or the highest of its life. */
export function rssMiB(pid: number, which: 'VmRSS' | 'VmHWM' = 'VmRSS'): number {
  const text = readFileSync(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${which}:\\s+(\\d+) kB`, 'm').exec(text)?.[1]) / 1024;
}
