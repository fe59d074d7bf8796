import uPlot from 'uplot';
import type { Series } from '../worker/protocol.ts';
import type { Colours } from './colours.ts';
import { tick, type Unit } from './format.ts';

/** So many seconds a chart shows at least. */
const MIN_SPAN_S = 10;

/** Steps of an axis of whole numbers: 1, 2, 5, 10, 20 … */
const WHOLE = Array.from({ length: 10 }, (_, power) => [1, 2, 5].map((step) => step * 10 ** power)).flat();

/** How numbers are drawn: as areas or `bars` that add up, as `lines`, or as `steps`. */
export type Kind = 'areas' | 'bars' | 'lines' | 'steps';

function isStacked(kind: Kind): boolean {
  return kind === 'areas' || kind === 'bars';
}

export interface Drawing {
  readonly kind: Kind;
  readonly unit: Unit;
  /** Of things that there are no halves of. */
  readonly whole?: boolean;
  /** The scale's upper end; absent: what the numbers need. */
  readonly max?: number | undefined;
}

/** A column as it is drawn; `slot` is the number of its colour. */
export interface Line {
  readonly name: string;
  readonly slot: number;
}

/** Columns in the order of the lines → what uPlot draws. Stacked ones from the top down: each covers those behind it. */
export function dataOf(series: Series, kind: Kind): uPlot.AlignedData {
  const { times, columns } = series.times.length === 1 ? lasting(series) : series;
  if (!isStacked(kind)) return [[...times], ...columns.map(({ values }) => [...values])];
  const sums = new Array<number>(times.length).fill(0);
  const stacked = columns.map(({ values }) => {
    values.forEach((value, i) => {
      sums[i] = (sums[i] ?? 0) + (value ?? 0);
    });
    return [...sums];
  });
  return [[...times], ...stacked.reverse()];
}

/** One moment is nothing to see: it lasts a second. */
function lasting({ times: [at = 0], columns }: Series): Series {
  return {
    times: [at, at + 1],
    columns: columns.map(({ name, values: [one = null] }) => ({ name, values: [one, one] })),
  };
}

export function optionsOf(
  { kind, unit, whole, max }: Drawing,
  lines: readonly Line[],
  colours: Colours,
  size: { width: number; height: number },
  onCursor: (index: number | null) => void,
): uPlot.Options {
  const axis = {
    stroke: colours.text,
    font: '12px system-ui, sans-serif',
    grid: { stroke: colours.grid, width: 1 },
    ticks: { stroke: colours.grid, width: 1, size: 4 },
  };
  const drawn = isStacked(kind) ? [...lines].reverse() : lines;
  return {
    ...size,
    padding: [8, 24, 0, 0],
    legend: { show: false },
    cursor: { y: false, points: { show: false }, drag: { x: false, y: false } },
    scales: {
      x: { range: (_, first, last) => [first, Math.max(last, first + MIN_SPAN_S)] },
      y: { range: (_, __, highest) => [0, max ?? roundUp(highest)] },
    },
    axes: [
      { ...axis, values: (_, splits, __, ___, step) => splits.map((at) => tick(at, step)), size: 32, space: 72 },
      { ...axis, values: (_, splits) => splits.map(unit), size: 56, space: 36, ...(whole && { incrs: WHOLE }) },
    ],
    series: [{}, ...drawn.map(({ name, slot }) => seriesOf(name, colours.slots[slot] ?? '', kind, colours))],
    hooks: { setCursor: [({ cursor }) => onCursor(cursor.idx ?? null)] },
  };
}

function seriesOf(label: string, colour: string, kind: Kind, { ground }: Colours): uPlot.Series {
  const plain = { label, points: { show: false }, spanGaps: true };
  const { stepped, bars } = uPlot.paths;
  if (kind === 'areas') return { ...plain, fill: colour, stroke: ground, width: 1 };
  if (kind === 'bars') {
    return { ...plain, fill: colour, width: 0, ...(bars !== undefined && { paths: bars({ size: [1], align: 1 }) }) };
  }
  return {
    ...plain,
    stroke: colour,
    width: 2,
    // What was done about something isn't what was done: told apart without colours, too.
    ...(label.startsWith('→') && { dash: [6, 4] }),
    ...(kind === 'steps' && stepped !== undefined && { paths: stepped({ align: 1 }) }),
  };
}

function roundUp(highest: number | null): number {
  return highest === null || highest <= 0 ? 1 : highest * 1.1;
}
