import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Turn } from '../../../supervisor/base/turn.ts';
import { createProcesses } from '../../../supervisor/child/processes.ts';
import { createLauncher } from '../../../supervisor/child/spawn.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Policies } from '../../../supervisor/policy/port.ts';
import { Quarantine } from '../../../supervisor/room/enforcement/quarantine.ts';
import { createMachine } from '../../../supervisor/room/machine.ts';
import { OriginKey } from '../../../supervisor/room/origin-key.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';

/** What a run is made of, on a log in memory and real processes, without rooms or a daemon around it. */
export async function runParts() {
  const clock = systemClock;
  const metrics = createMetrics();
  const telemetry = createTelemetry(pino({ level: 'silent' }), metrics);
  const log = createMemoryLog({ clock, telemetry });
  const data = await temporaryFolder();
  for (const folder of ['runs', 'stderr']) await mkdir(join(data, folder));
  return {
    clock,
    metrics,
    telemetry,
    log,
    data,
    originKey: await OriginKey.load(log),
    takingIn: new Turn(),
    launch: createLauncher(clock),
    env: process.env,
    machine: createMachine(createProcesses(clock), clock),
    random: Math.random,
    quarantine: await Quarantine.load(log, clock),
    concluded: async () => {},
  };
}

/** Nothing is configured: the defaults hold, and what a request brings. */
export const noPolicies: Policies = { layersFor: async () => [], onChange() {}, problem: undefined };
