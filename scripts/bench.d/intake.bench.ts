import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../../spec/runtime/clock.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { createMetrics } from '../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../supervisor/base/telemetry.ts';
import type { Child } from '../../supervisor/child/port.ts';
import { createLauncher } from '../../supervisor/child/spawn.ts';
import { Intake } from '../../supervisor/intake/intake.ts';
import type { Log } from '../../supervisor/log/port.ts';
import { openSqliteLog } from '../../supervisor/log/sqlite-log.ts';
import { root } from './serve.ts';
import { median, printMachine, printTable, spread, thousands } from './table.ts';

const EVENTS = 400_000;
const ROUNDS = 5;
const BOTS = [1, 10, 100];
const clock = systemClock;
const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
const launch = createLauncher(clock);

/** What is done with each line of one bot; `pressure` is told when to stop reading it. */
type Work = (roomId: string, pressure: (high: boolean) => void) => (line: string) => void;

interface Sample {
  /** By wall clock. */
  readonly perSecond: number;
  /** By CPU time of this process, all its threads. */
  readonly perCpuSecond: number;
}

async function measure(bots: number, work: Work, settled: () => Promise<void>): Promise<Sample> {
  const each = Math.ceil(EVENTS / bots / 200) * 200;
  const spec = {
    command: [process.execPath, join(root, 'scripts/bench.d/feeder.mjs'), String(each)],
    env: { ROOMD_SPEC_VERSION: specVersion },
    cwd: root,
    maxLineBytes: 262_144,
  };
  let lines = 0;
  const children: Child[] = [];
  const ready: Promise<void>[] = [];
  for (let i = 0; i < bots; i++) {
    const onLine = work(`room-${i}`, (high) => (high ? children[i]?.pause() : children[i]?.resume()));
    const isReady = Promise.withResolvers<void>();
    ready.push(isReady.promise);
    const listener = {
      onLine(line: string) {
        lines++;
        onLine(line);
      },
      onFault: (fault: string) => console.error(fault),
      onStderr: () => isReady.resolve(),
    };
    children.push(launch(spec, listener));
  }
  // The starting of processes is another benchmark.
  await Promise.all(ready);
  const start = performance.now();
  const cpu = process.cpuUsage();
  for (const child of children) child.send({ type: 'app_message', text: 'go' });
  await Promise.all(children.map((child) => child.exited));
  await settled();
  const seconds = (performance.now() - start) / 1000;
  const { user, system } = process.cpuUsage(cpu);
  if (lines !== each * bots) throw new Error(`expected ${each * bots} lines, got ${lines}`);
  return { perSecond: lines / seconds, perCpuSecond: lines / ((user + system) / 1e6) };
}

const parse: Work = () => (line) => void JSON.parse(line);

const intoLog =
  (log: Log): Work =>
  (roomId, pressure) => {
    const listener = { onEnvelope: () => {}, onPressure: pressure, onCommitted: () => {} };
    const intake = new Intake({ log, clock, telemetry }, { roomId, runId: roomId, attempt: 1 }, listener);
    return (line) => intake.line(line);
  };

/** Takes everything and forgets it: what is left is the intake itself. */
const nowhere = { last: 0, append: () => Promise.resolve(0) } as unknown as Log;

const nothing = async () => {};
const rows: string[][] = [];
for (const bots of BOTS) {
  const base: Sample[] = [];
  const intake: Sample[] = [];
  const durable: Sample[] = [];
  for (let round = 0; round <= ROUNDS; round++) {
    const data = mkdtempSync(join(tmpdir(), 'roomd-bench-'));
    const log = await openSqliteLog(join(data, 'events.db'), {
      clock,
      telemetry,
      onFatal: (error) => {
        throw error;
      },
    });
    const samples = [
      await measure(bots, parse, nothing),
      await measure(bots, intoLog(nowhere), nothing),
      await measure(bots, intoLog(log), async () => void (await log.append([], { done: true }))),
    ];
    await log.close();
    rmSync(data, { recursive: true });
    // The first round warms the compiler up.
    if (round === 0) continue;
    [base, intake, durable].forEach((list, i) => {
      const sample = samples[i];
      if (sample) list.push(sample);
    });
  }
  const wall = (list: Sample[]) => list.map(({ perSecond }) => perSecond / 1000);
  const cpu = (list: Sample[]) => list.map(({ perCpuSecond }) => perCpuSecond / 1000);
  const ratio = (list: Sample[]) => list.map(({ perSecond }, i) => perSecond / (base[i]?.perSecond ?? 1));
  const add = (name: string, list: Sample[]) =>
    rows.push([`${bots} bots: ${name}`, spread(wall(list), 0), spread(cpu(list), 0), spread(ratio(list), 2)]);
  add('split2 → JSON.parse', base);
  add('intake', intake);
  add('intake and durable log', durable);
  console.error(`${bots} bots: ${thousands(median(wall(intake)) * 1000)} events/s`);
}
printMachine(`intake: ${thousands(EVENTS)} envelopes of about 330 bytes, ${ROUNDS} rounds; median (min … max)`);
printTable(['thousand events a second', 'wall clock', 'a CPU second', 'ratio to parse'], rows);
console.log('targets: intake ≥ 300 on one core, from 1, 10 and 100 bots alike; durable ≥ 80');
