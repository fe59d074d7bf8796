import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../../spec/runtime/clock.ts';
import { newId } from '../../../../supervisor/base/ids.ts';
import { createMetrics } from '../../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../../supervisor/base/telemetry.ts';
import type { Child, Launch } from '../../../../supervisor/child/port.ts';
import { createLauncher } from '../../../../supervisor/child/spawn.ts';
import { createMemoryLog } from '../../../../supervisor/log/memory-log.ts';
import { OriginKey } from '../../../../supervisor/room/origin-key.ts';
import { RunFolder } from '../../../../supervisor/room/run-folder.ts';
import { WarmPool } from '../../../../supervisor/room/warm/pool.ts';
import type { WarmDeps, WarmPlan } from '../../../../supervisor/room/warm/port.ts';
import { temporaryFolder, testBot } from '../../../helpers/daemon.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';
import { recordEvents } from './events.ts';

export const HEARTBEAT_TIMEOUT = 45_000;

/** A pool of real processes on a clock of the test, all ended with it. */
export async function realPool(
  bot: string,
  plan: Partial<WarmPlan> = {},
  more: Partial<WarmDeps> = {},
  clock = new FakeClock(),
) {
  const data = await temporaryFolder();
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics(), systemClock);
  const originKey = await OriginKey.load(createMemoryLog({ clock: systemClock, telemetry }));
  const children: Child[] = [];
  const watchers = new Set<() => void>();
  const changed = () => {
    for (const check of [...watchers]) check();
  };
  const start = createLauncher(systemClock);
  const launch: Launch = (spec, listener) => {
    const child = start(spec, listener);
    children.push(child);
    changed();
    return child;
  };
  const { events, told } = recordEvents(changed);
  const newFolder = () => new RunFolder(data, newId(), originKey);
  const pool = new WarmPool(
    { launch, clock, random: () => 0.5, env: process.env, newFolder, maxStarting: 2, room: () => 100, ...more },
    {
      bot,
      command: testBot(`waiting-${bot}`),
      env: [],
      floor: 1,
      ceiling: 4,
      heartbeatTimeout: HEARTBEAT_TIMEOUT,
      memory: 2 ** 30,
      refillDelay: 20,
      ...plan,
    },
    events,
  );
  onTestFinished(async () => {
    const stopped = pool.stop();
    for (const child of children) child.signal('SIGKILL');
    await Promise.all([stopped, ...children.map((child) => child.exited)]);
  });
  return {
    pool,
    clock,
    /** Every process that was started, in order. */
    children,
    told,
    folders: () => readdir(join(data, 'runs')).catch(() => [] as string[]),
    /** Resolves when something is so; looked at whenever the pool tells of anything or starts a process. */
    until: (condition: () => boolean) =>
      new Promise<void>((resolve) => {
        const check = () => {
          if (!condition()) return;
          watchers.delete(check);
          resolve();
        };
        watchers.add(check);
        check();
      }),
  };
}
