import type { ReadonlySignal } from '@preact/signals';
import type { Series } from '../worker/protocol.ts';
import { slotName } from './colours.ts';
import { timeOfDay, type Unit } from './format.ts';
import type { Line } from './plot.ts';

interface LegendProps {
  readonly series: Series;
  readonly lines: readonly Line[];
  readonly unit: Unit;
  /** The time that the pointer is at; null: the newest counts. */
  readonly cursor: ReadonlySignal<number | null>;
}

/** Names, colours, and the numbers at the pointer or the newest ones. */
export function Legend({ series: { times, columns }, lines, unit, cursor }: LegendProps) {
  const index = cursor.value !== null && cursor.value < times.length ? cursor.value : times.length - 1;
  return (
    <div class="chart-legend">
      <span class="chart-when">{cursor.value === null ? 'newest' : timeOfDay(times[index] ?? 0)}</span>
      <ul>
        {columns.map(({ name, values }, i) => (
          <li key={name}>
            <span class="chart-swatch" style={{ background: `var(${slotName(lines[i]?.slot ?? 0)})` }} />
            {name} <b>{unit(values[index] ?? 0)}</b>
          </li>
        ))}
      </ul>
    </div>
  );
}
