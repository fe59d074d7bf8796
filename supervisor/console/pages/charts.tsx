import { Chart } from '../charts/chart.tsx';
import { asCount, asPercent, asRate } from '../charts/format.ts';
import type { Drawing } from '../charts/plot.ts';
import { charts } from '../live.ts';

const SPEAKING: Drawing = { kind: 'areas', unit: asPercent, max: 1 };
const TOPICS: Drawing = { kind: 'bars', unit: asRate };
const VIOLATIONS: Drawing = { kind: 'steps', unit: asCount, whole: true };

/** What goes on in a room, in numbers over time. */
export function ChartsTab({ roomId }: { readonly roomId: string }) {
  const { speaking, topics, violations } = charts.value;
  return (
    <div class="charts" key={roomId}>
      <Chart
        title="Who speaks"
        about="Each person's share of what was said, over a window that moves along. One broad band: one person dominates."
        series={speaking}
        drawing={SPEAKING}
        empty="Nobody has been measured yet: shares come with room.dominance.score, once people speak."
      />
      <Chart
        title="Events"
        about="Events a second, by the first two words of their topic."
        series={topics}
        drawing={TOPICS}
        empty="No events yet. They show here as soon as the room has some."
      />
      <Chart
        title="Violations"
        about="Breaches of the policy so far, by rule; dashed, with an arrow: what was done about them."
        series={violations}
        drawing={VIOLATIONS}
        empty="No rule has been broken."
      />
    </div>
  );
}
