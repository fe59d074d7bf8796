import { useSignal } from '@preact/signals';
import type { Series } from '../worker/protocol.ts';
import { tableRows } from './alternative.ts';
import { timeOfDay, type Unit } from './format.ts';

interface ChartTableProps {
  readonly title: string;
  readonly series: Series;
  readonly unit: Unit;
}

/** The chart's numbers to read, newest first; made when it is opened. */
export function ChartTable({ title, series: { times, columns }, unit }: ChartTableProps) {
  const open = useSignal(false);
  return (
    <details
      class="chart-table"
      onToggle={({ currentTarget }) => {
        open.value = currentTarget.open;
      }}
    >
      <summary>Show as table</summary>
      {open.value && (
        // biome-ignore lint/a11y/noNoninteractiveTabindex: what scrolls has to be reached by the keyboard
        <section class="chart-scroll" tabIndex={0} aria-label={`${title} as a table`}>
          <table>
            <thead>
              <tr>
                <th scope="col">Time</th>
                {columns.map(({ name }) => (
                  <th key={name} scope="col">
                    {name}
                  </th>
                ))}
              </tr>
            </thead>
            <tbody>
              {tableRows(times.length).map((index) => (
                <tr key={times[index]}>
                  <th scope="row">{timeOfDay(times[index] ?? 0)}</th>
                  {columns.map(({ name, values }) => (
                    <td key={name}>{unit(values[index] ?? 0)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </section>
      )}
    </details>
  );
}
