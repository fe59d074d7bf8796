import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { stringify } from 'yaml';
import type { Clock } from '../../../spec/runtime/clock.ts';
import type { ConfigInput } from '../../../supervisor/config-schema.ts';
import { examine, type Told } from '../../../supervisor/doctor/examine.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

export interface Patient {
  readonly config?: ConfigInput;
  readonly env?: Record<string, string>;
  readonly clock?: Clock;
  readonly sendTest?: boolean;
  readonly version?: string;
  readonly node?: string;
  readonly signal?: AbortSignal;
  readonly data?: string;
}

/** A configuration file in a folder that goes with the test. */
export async function configured(config: ConfigInput = {}): Promise<{ folder: string; file: string }> {
  const folder = await temporaryFolder();
  const file = join(folder, 'roomd.yaml');
  await writeFile(file, stringify({ data: join(folder, 'data'), ...config }));
  return { folder, file };
}

/** What the doctor finds, by check, on a clock that stands unless another is given. */
export async function findings(patient: Patient = {}): Promise<Record<string, Omit<Told, 'check'>>> {
  const { folder, file } = await configured(patient.config);
  const stop = new AbortController();
  onTestFinished(() => stop.abort());
  const world = {
    env: { ROOMD_URL: '', PATH: process.env.PATH ?? '', ...patient.env },
    cwd: folder,
    clock: patient.clock ?? new FakeClock(),
    random: () => 0.5,
    fetch,
    version: patient.version ?? '1.2.3',
    node: patient.node ?? '24.1.0',
  };
  const found: Record<string, Omit<Told, 'check'>> = {};
  const signal = patient.signal ?? stop.signal;
  const { data, sendTest = false } = patient;
  for await (const { check, ...rest } of examine(world, { file, data, sendTest, signal })) {
    found[check] = rest;
  }
  return found;
}
