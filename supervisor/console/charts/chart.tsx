import { useSignal } from '@preact/signals';
import { useMemo, useRef } from 'preact/hooks';
import type { Series } from '../worker/protocol.ts';
import { alternative } from './alternative.ts';
import { Legend } from './legend.tsx';
import type { Drawing } from './plot.ts';
import { Slots } from './slots.ts';
import { ChartTable } from './table.tsx';
import { usePlot } from './use-plot.ts';

interface ChartProps {
  readonly title: string;
  /** What one sees, in a sentence. */
  readonly about: string;
  readonly series: Series | undefined;
  readonly drawing: Drawing;
  /** What to say while there are no numbers. */
  readonly empty: string;
}

/** Numbers over time: drawn, told in words, and as a table. */
export function Chart({ title, about, series, drawing, empty }: ChartProps) {
  const isEmpty = series === undefined || series.times.length === 0 || series.columns.length === 0;
  return (
    <section class="chart">
      <h3>{title}</h3>
      <p class="chart-about">{about}</p>
      {isEmpty ? <p class="chart-empty">{empty}</p> : <Drawn title={title} series={series} drawing={drawing} />}
    </section>
  );
}

function Drawn({ title, series, drawing }: { title: string; series: Series; drawing: Drawing }) {
  const slots = useRef<Slots>(null);
  slots.current ??= new Slots();
  const lines = slots.current.order(series.columns.map(({ name }) => name));
  const ordered = useMemo(() => inOrder(series, lines), [series]);
  const cursor = useSignal<number | null>(null);
  const box = usePlot(ordered, lines, drawing, (index) => {
    cursor.value = index;
  });
  return (
    <>
      <div class="chart-box" role="img" aria-label={alternative(title, ordered, drawing.unit)} ref={box} />
      <Legend series={ordered} lines={lines} unit={drawing.unit} cursor={cursor} />
      <ChartTable title={title} series={ordered} unit={drawing.unit} />
    </>
  );
}

function inOrder(series: Series, lines: readonly { name: string }[]): Series {
  const columns = lines.flatMap(({ name }) => series.columns.find((column) => column.name === name) ?? []);
  return { times: series.times, columns };
}
