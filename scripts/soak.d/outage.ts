import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import pino from 'pino';
import type { TopicId, TopicPayloads } from '../../spec/generated/topics.ts';
import { systemClock } from '../../spec/runtime/clock.ts';
import { createMetrics } from '../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../supervisor/base/telemetry.ts';
import { createForwarder } from '../../supervisor/forward/forwarder.ts';
import { createJournal } from '../../supervisor/intake/journal.ts';
import { openSqliteLog } from '../../supervisor/log/sqlite-log.ts';
import { FakeClock } from '../../test/helpers/fake-clock.ts';
import { backlogEntry, OutageTarget } from './outage-target.ts';
import { imbalance } from './supervisor.ts';

export interface OutageOptions {
  /** Where the log is to be; it must exist. */
  readonly folder: string;
  /** Of backlog, at least 1,000. */
  readonly events: number;
  readonly rooms: number;
  readonly outageMs: number;
  readonly say?: (line: string) => void;
}

export interface OutageReport {
  /** What should have held and didn't. */
  readonly violations: readonly string[];
  /** JavaScript heap after a full collection, in MiB: with a fifth of the backlog, with all of it, after recovery. */
  readonly heapMiB: { readonly fifth: number; readonly whole: number; readonly recovered: number };
  readonly recovery: {
    /** Fake milliseconds from the end of the outage to the first delivery. */
    readonly probeMs: number;
    /** Fake milliseconds from there to the last: nothing but the wait of a last batch that isn't full. */
    readonly drainMs: number;
    /** Real seconds. */
    readonly seconds: number;
    readonly perSecond: number;
  };
}

/** The heap may grow by so much while the backlog grows fivefold: a thousandth of what the events would take. */
const FLAT_MIB = 8;
const CHUNK = 1_000;
/** The longest a probe may be away. */
const PROBE_MS = 30_000;
const WAIT_MS = 1_000;
/** Real time without any delivery, after which nothing more is expected to come without waiting. */
const STALL_MS = 5_000;

/** An outage with a clock that isn't real, a log that is, and a target that comes back: see the report. */
export async function runOutage(options: OutageOptions): Promise<OutageReport> {
  const { folder, events, rooms, outageMs, say = () => {} } = options;
  const violations: string[] = [];
  const clock = new FakeClock();
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const log = await openSqliteLog(join(folder, 'events.db'), { clock: systemClock, telemetry });
  const target = new OutageTarget(events, rooms);
  const journal = createJournal(log, clock);
  const told: string[] = [];
  const forwarder = createForwarder({
    log,
    target,
    clock,
    random: Math.random,
    telemetry,
    publish: <T extends TopicId>(topic: T, payload: TopicPayloads[T]) => {
      told.push(topic);
      journal(topic, payload);
    },
    startFrom: 'start',
    config: { source: 'roomd', bus: 'default', batch: { entries: 10, waitMs: WAIT_MS, bytes: 1_000_000 } },
  });
  const balanced = (when: string) => {
    const wrong = imbalance(forwarder.status());
    if (wrong !== 0) violations.push(`${when}: accepted − sum of fates = ${wrong}`);
  };
  await forwarder.start();

  let fifth = Number.NaN;
  for (let appended = 0; appended < events; ) {
    const count = Math.min(CHUNK, events - appended);
    await log.append(Array.from({ length: count }, (_, i) => backlogEntry(appended + i, rooms, clock.now())));
    appended += count;
    await clock.pass((outageMs * count) / events);
    balanced(`with ${appended} events`);
    if (Number.isNaN(fifth) && appended >= events / 5) fifth = heapMiB();
  }
  const whole = heapMiB();
  say(`${events} events wait; heap ${fifth.toFixed(1)} MiB with a fifth of them, ${whole.toFixed(1)} MiB with all`);
  if (whole - fifth > FLAT_MIB) violations.push(`the heap grew by ${(whole - fifth).toFixed(1)} MiB`);
  if (target.delivered > 0) violations.push(`${target.delivered} events got through a target that was down`);
  if (!/^deferred/.test(forwarder.problem ?? '')) violations.push(`the problem was ${forwarder.problem}`);

  target.isUp = true;
  const recovery = await recover(clock, target, balanced);
  await clock.pass(WAIT_MS);
  // It writes the cursor down.
  await forwarder.stop(WAIT_MS);
  const { cursor, last } = forwarder.status();
  if (cursor !== last) violations.push(`the cursor stands at ${cursor}, the log ends at ${last}`);
  balanced('at the end');
  const recovered = heapMiB();
  violations.push(...target.violations);
  if (target.delivered !== events) violations.push(`${events} in the backlog, ${target.delivered} delivered`);
  if (recovery.probeMs > PROBE_MS) violations.push(`the probe was ${recovery.probeMs} ms away`);
  const expected = ['forwarding.delivery.deferred', 'forwarding.delivery.recovered'];
  if (told.join() !== expected.join()) violations.push(`expected ${expected.join()}, got ${told.join()}`);
  await log.close();
  return { violations, heapMiB: { fifth, whole, recovered }, recovery };
}

/** From the target's return until the backlog has gone; lets time pass only where nothing moves without. */
async function recover(
  clock: FakeClock,
  target: OutageTarget,
  balanced: (when: string) => void,
): Promise<OutageReport['recovery']> {
  const back = clock.monotonic();
  while (target.delivered === 0 && clock.monotonic() - back <= PROBE_MS) await clock.pass(100);
  const probed = clock.monotonic();
  const started = performance.now();
  let moved = started;
  for (let seen = target.delivered; target.left > 0; ) {
    await setImmediate();
    balanced(`with ${target.left} left`);
    const idleMs = performance.now() - moved;
    if (target.delivered > seen) {
      seen = target.delivered;
      moved = performance.now();
    } else if (idleMs > STALL_MS) {
      break;
    } else if (idleMs > 100 && target.left < 10 && clock.monotonic() === probed) {
      // Only a last batch that isn't full may wait.
      await clock.pass(WAIT_MS);
    }
  }
  const seconds = (performance.now() - started) / 1_000;
  const drainMs = clock.monotonic() - probed;
  return { probeMs: probed - back, drainMs, seconds, perSecond: target.delivered / seconds };
}

function heapMiB(): number {
  setFlagsFromString('--expose-gc');
  const collect = runInNewContext('gc') as () => void;
  collect();
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}
