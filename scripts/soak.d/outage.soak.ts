// An hour without the target, half a million events of backlog, and its return; the hour takes seconds.
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { conclude, readOptions } from './options.ts';
import { runOutage } from './outage.ts';

const { rounds } = readOptions('soak outage', 1);
const violations: string[] = [];
for (let round = 0; round < rounds; round++) {
  const folder = mkdtempSync(join(tmpdir(), 'roomd-soak-'));
  const report = await runOutage({ folder, events: 500_000, rooms: 20, outageMs: 3_600_000, say: console.log });
  rmSync(folder, { recursive: true });
  const { probeMs, drainMs, seconds, perSecond } = report.recovery;
  console.log(
    `back after ${(probeMs / 1_000).toFixed(1)} s until a probe; the backlog went in ${seconds.toFixed(1)} real seconds ` +
      `(${Math.round(perSecond)} events/s) and ${drainMs} ms of waiting; heap ${report.heapMiB.recovered.toFixed(1)} MiB`,
  );
  violations.push(...report.violations);
}
conclude('soak outage', violations);
