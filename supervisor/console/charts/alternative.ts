import type { Series } from '../worker/protocol.ts';
import { timeOfDay, type Unit } from './format.ts';

/** Rows of the table at most. */
const MAX_ROWS = 50;

/** What somebody who doesn't see the chart is told: its span, and the newest numbers. */
export function alternative(title: string, { times, columns }: Series, unit: Unit): string {
  const [first, last] = [times[0], times.at(-1)];
  if (first === undefined || last === undefined) return `${title}: nothing yet`;
  const newest = columns.map(({ name, values }) => `${name} ${unit(values.at(-1) ?? 0)}`);
  return `${title}, from ${timeOfDay(first)} to ${timeOfDay(last)}. At last: ${newest.join(', ')}.`;
}

/** Indexes of the times that the table shows: evenly spread, newest first. */
export function tableRows(length: number): number[] {
  const step = Math.max(1, Math.ceil(length / MAX_ROWS));
  const rows: number[] = [];
  for (let index = length - 1; index >= 0; index -= step) rows.push(index);
  return rows;
}
