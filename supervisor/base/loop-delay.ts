import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { Metrics } from './metrics.ts';

const RESOLUTION_MS = 10;
const QUANTILES = [0.5, 0.99, 1];

/** Measures how late the event loop is, as a metric that begins anew whenever somebody reads it; returns its end. */
export function measureLoopDelay(metrics: Metrics): () => void {
  const histogram = monitorEventLoopDelay({ resolution: RESOLUTION_MS });
  histogram.enable();
  metrics.onRead('event_loop_delay_seconds', () => {
    for (const quantile of QUANTILES) {
      // A timer that is on time counts with the resolution; nothing measured is NaN.
      const late = histogram.percentile(quantile * 100) / 1e9 - RESOLUTION_MS / 1e3;
      metrics.eventLoopDelay.set({ quantile }, Math.max(0, late || 0));
    }
    histogram.reset();
  });
  return () => histogram.disable();
}
