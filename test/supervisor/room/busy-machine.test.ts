import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pino from 'pino';
import { expect, it, vi } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Turn } from '../../../supervisor/base/turn.ts';
import { createProcesses } from '../../../supervisor/child/processes.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { composeSnapshot } from '../../../supervisor/policy/snapshot.ts';
import { LeftRuns } from '../../../supervisor/room/left-runs.ts';
import { OriginKey } from '../../../supervisor/room/origin-key.ts';
import { RunFolder } from '../../../supervisor/room/run-folder.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';

// No test can make a real process run out of files without hurting its neighbours.
const busy = vi.hoisted(() => ({ file: '' }));
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  const emfile = () => Promise.reject(Object.assign(new Error('EMFILE: too many open files'), { code: 'EMFILE' }));
  const open = (...args: Parameters<typeof real.open>) =>
    busy.file !== '' && String(args[0]).endsWith(busy.file) ? emfile() : real.open(...args);
  return { ...real, open };
});

it.each(['unacknowledged.jsonl', 'origin.json'])(
  'a run whose %s cannot be read for now is not thrown away',
  async (file) => {
    const data = await temporaryFolder();
    await mkdir(join(data, 'runs'));
    const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
    const log = createMemoryLog({ clock: systemClock, telemetry });
    const originKey = await OriginKey.load(log);
    const runId = newId();
    const folder = new RunFolder(data, runId, originKey);
    await folder.make();
    folder.fill({ roomId: 'blue', runId, attempt: 1 }, composeSnapshot([]));
    const payload = { participantId: 'ada', isBot: false };
    const event = { id: newId(), ts: 1, topic: 'room.participant.joined', specVersion, runtime: 'bot', payload };
    await writeFile(folder.spill, `${JSON.stringify(event)}\n`);
    const takeIn = async () => {
      const over = Promise.withResolvers<void>();
      const told = { ...telemetry, internalError: () => over.resolve(), spillTakenIn: () => over.resolve() };
      const deps = { log, clock: systemClock, telemetry: told, data, originKey, takingIn: new Turn() };
      const left = await LeftRuns.find({ ...deps, processes: createProcesses(systemClock) });
      left.start();
      await over.promise;
      await left.stop();
    };
    busy.file = file;
    await takeIn();
    busy.file = '';
    expect(await readdir(join(data, 'runs'))).toEqual([runId]);
    await takeIn();
    expect(log.last).toBe(1);
  },
);
