/** What a daemon says under /metrics: name with labels → value. */
export type Readings = ReadonlyMap<string, number>;

export function parseMetrics(text: string): Readings {
  const lines = text.split('\n').filter((line) => line !== '' && !line.startsWith('#'));
  return new Map(lines.map((line) => [line.slice(0, line.lastIndexOf(' ')), Number(line.split(' ').at(-1))]));
}

/** The upper bound, in ms, of the histogram's bucket that the share `p` of the observations since `before` lies in. */
export function bucketOf(name: string, p: number, before: Readings, after: Readings): string {
  const counts = new Map<number, number>();
  for (const [key, value] of after) {
    const le = key.startsWith(`${name}_bucket{`) ? /le="([^"]+)"/.exec(key)?.[1] : undefined;
    if (le === undefined) continue;
    const bound = le === '+Inf' ? Number.POSITIVE_INFINITY : Number(le);
    // All other labels together.
    counts.set(bound, (counts.get(bound) ?? 0) + value - (before.get(key) ?? 0));
  }
  const total = counts.get(Number.POSITIVE_INFINITY) ?? 0;
  if (total === 0) return '–';
  const bounds = [...counts].sort(([a], [b]) => a - b);
  const [bound] = bounds.find(([, count]) => count >= p * total) ?? [Number.NaN];
  return `≤ ${bound * 1_000}`;
}

/** The mean, in ms, of the histogram's observations since `before`; NaN without any. */
export function meanOf(name: string, before: Readings, after: Readings): number {
  const grown = (part: string) =>
    [...after]
      .filter(([key]) => key === `${name}_${part}` || key.startsWith(`${name}_${part}{`))
      .reduce((sum, [key, value]) => sum + value - (before.get(key) ?? 0), 0);
  return (grown('sum') / grown('count')) * 1_000;
}

/** `p50 …, p99 …, max … ms`: of the daemon's event loop, since somebody asked last. Undefined when it doesn't tell. */
export function eventLoopDelay(readings: Readings): string | undefined {
  const parts = [...readings].flatMap(([key, value]) => {
    const quantile = /^roomd_event_loop_delay_seconds\{quantile="([^"]+)"/.exec(key)?.[1];
    if (quantile === undefined) return [];
    return [`${quantile === '1' ? 'max' : `p${Number(quantile) * 100}`} ${(value * 1_000).toFixed(1)}`];
  });
  return parts.length === 0 ? undefined : `${parts.join(', ')} ms`;
}
