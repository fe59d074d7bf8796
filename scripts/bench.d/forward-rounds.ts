import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import pino from 'pino';
import { systemClock } from '../../spec/runtime/clock.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { newId } from '../../supervisor/base/ids.ts';
import { createMetrics } from '../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../supervisor/base/telemetry.ts';
import { openEventBridge } from '../../supervisor/forward/eventbridge.ts';
import { createForwarder } from '../../supervisor/forward/forwarder.ts';
import { createGovern } from '../../supervisor/forward/govern.ts';
import type { PutEventsEntry } from '../../supervisor/forward/port.ts';
import { Stamper } from '../../supervisor/intake/stamper.ts';
import type { Entry, Log } from '../../supervisor/log/port.ts';
import { openSqliteLog } from '../../supervisor/log/sqlite-log.ts';
import type { Supervisor } from '../soak.d/supervisor.ts';
import { monotonicMs, naiveLoop, type StandIn } from './forward-target.ts';

export const TOPIC = 'room.participant.joined';
/** What the bots wait for. */
export const GO = { type: 'app_message', text: 'go' } as const;
export const CONCURRENCY = 8;
const REGION = 'eu-central-1';
const clock = systemClock;
const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());

export interface Sample {
  readonly perSecond: number;
  /** Of the process that sends, all its threads. */
  readonly cpuMsARequest: number;
}

/** A log full of events of so many rooms, in runs of `burst` events of one. */
export async function fullLog(folder: string, events: number, rooms: number, burst: number): Promise<Log> {
  const log = await openSqliteLog(join(folder, `${burst}.db`), { clock, telemetry });
  const name = 'somebody with a name of forty letters or so';
  const stampers = Array.from({ length: rooms }, (_, i) => {
    return new Stamper({ roomId: `room-${i}`, runId: newId(), attempt: 1 });
  });
  const sessionId = newId();
  const entry = (i: number): Entry => {
    const payload = { participantId: `participant-${i}`, isBot: false, name };
    const now = clock.now();
    const envelope = { id: newId(), ts: now, topic: TOPIC, specVersion, runtime: 'bot', sessionId, payload } as const;
    const stamper = stampers[Math.floor(i / burst) % rooms] ?? new Stamper({ runId: newId() });
    return stamper.stamp(envelope, JSON.stringify(payload), now);
  };
  for (let i = 0; i < events; i += 1_000) await log.append(Array.from({ length: 1_000 }, (_, j) => entry(i + j)));
  return log;
}

/** What is sent of a log: the same entries as by the forwarder. */
export async function entriesOf(log: Log): Promise<PutEventsEntry[]> {
  const govern = createGovern({ source: 'roomd', bus: 'naive', bytes: 1_000_000 });
  const entries: PutEventsEntry[] = [];
  for (let after = 0; after < log.last; ) {
    const page = await log.read({ after, limit: 1_000 });
    for (const record of page.records) {
      const governed = govern(record);
      if (governed.kind === 'entry') entries.push(governed.entry);
    }
    after = page.next;
  }
  return entries;
}

async function measured(standIn: StandIn, events: number, cpuMs: () => number, work: () => Promise<unknown>) {
  const { came } = await standIn.expect(TOPIC, events);
  const cpu = cpuMs();
  const started = monotonicMs();
  const working = work();
  const { at, requests } = await came;
  const spent = cpuMs() - cpu;
  await working;
  return { perSecond: (events / (at - started)) * 1_000, cpuMsARequest: spent / requests };
}

function ownCpuMs(): number {
  const { user, system } = process.cpuUsage();
  return (user + system) / 1_000;
}

export function naiveRound(standIn: StandIn, entries: readonly PutEventsEntry[]): Promise<Sample> {
  return measured(standIn, entries.length, ownCpuMs, () => naiveLoop(standIn.endpoint, entries, CONCURRENCY));
}

/** The forwarder, from the beginning of a log that is there already; `bus` has to be a new one. */
export async function forwarderRound(standIn: StandIn, log: Log, bus: string): Promise<Sample> {
  const target = openEventBridge({ region: REGION, bus, clock, endpoint: standIn.endpoint });
  const forwarder = createForwarder({
    log,
    target,
    clock,
    random: Math.random,
    telemetry,
    publish: () => {},
    startFrom: 'start',
    config: { source: 'roomd', bus, concurrency: CONCURRENCY },
  });
  const sample = await measured(standIn, log.last, ownCpuMs, () => forwarder.start());
  await forwarder.stop(0);
  await target.close();
  return sample;
}

/** Bots that write at once, through everything, to the stand-in. */
export async function wholeRound(
  standIn: StandIn,
  supervisor: Supervisor,
  rooms: readonly string[],
  events: number,
): Promise<Sample> {
  const body = { bot: 'feeder', connector: 'external', options: { count: events / rooms.length } };
  for (const roomId of rooms) await supervisor.post('/v1/rooms', { roomId, ...body });
  // Live and quiet: preparing what they are to write costs time too.
  await untilQuiet(supervisor);
  const sample = await measured(
    standIn,
    events,
    () => cpuMsOf(supervisor.pid),
    () => Promise.all(rooms.map((roomId) => supervisor.post(`/v1/rooms/${roomId}/commands`, GO))),
  );
  for (const roomId of rooms) await supervisor.json(`/v1/rooms/${roomId}`, { method: 'DELETE' });
  await untilQuiet(supervisor);
  return sample;
}

/** Resolves when for a second nothing has been accepted, and all is settled. */
export async function untilQuiet(supervisor: Supervisor): Promise<void> {
  for (let before = -1; ; ) {
    const { accepted, pending } = (await supervisor.status()).accounting;
    if (pending === 0 && accepted === before) return;
    before = accepted;
    await new Promise((resolve) => setTimeout(resolve, 1_000));
  }
}

/** User and system time of another process, of all its threads; in steps of 10 ms. */
function cpuMsOf(pid: number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
  const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
  return (Number(fields[11]) + Number(fields[12])) * 10;
}
