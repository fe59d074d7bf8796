import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry, type Telemetry } from '../../../supervisor/base/telemetry.ts';
import { createForwarder, type Forwarder, type ForwarderOptions } from '../../../supervisor/forward/forwarder.ts';
import type { Outcome, PutEventsInput, Target } from '../../../supervisor/forward/port.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { openSqliteLog } from '../../../supervisor/log/sqlite-log.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

export const NORMAL = 'room.dominance.score';
export const HIGH = 'conversation.policy.violation';
export const LOCAL = 'bot.health.heartbeat';

export type Answer = (ids: string[], signal: AbortSignal) => Outcome[] | Promise<Outcome[]>;

/** A target in the test's hand: records what it is asked to send, answers as it is told. */
export class ScriptedTarget implements Target {
  readonly name = 'scripted/test';
  /** The ids of each request, in order. */
  readonly requests: string[][] = [];
  readonly delivered: string[] = [];
  underWay = 0;
  mostUnderWay = 0;
  answer: Answer = deliverAll;

  async send(input: PutEventsInput, signal: AbortSignal): Promise<Outcome[]> {
    const ids = idsOf(input);
    this.requests.push(ids);
    this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
    const outcomes = await this.answer(ids, signal);
    this.underWay--;
    for (const [index, id] of ids.entries()) if (outcomes[index]?.kind === 'delivered') this.delivered.push(id);
    return outcomes;
  }

  async close(): Promise<void> {}
}

export function idsOf(input: { Entries: { Detail?: string | undefined }[] }): string[] {
  return input.Entries.map(({ Detail = '{}' }) => (JSON.parse(Detail) as { id: string }).id);
}

export const deliverAll: Answer = (ids) => ids.map((id) => ({ kind: 'delivered', eventId: id }));

export function all(kind: 'transient' | 'unavailable' | 'hold' | 'refused' | 'poison', reason = 'Scripted'): Answer {
  return (ids) => ids.map(() => ({ kind, reason }));
}

/** One answer after the other, then success. */
export function inTurn(...answers: Answer[]): Answer {
  let next = 0;
  return (ids, signal) => (answers[next++] ?? deliverAll)(ids, signal);
}

/** Answers nothing until the request is given up. */
export const silence: Answer = (ids, signal) =>
  new Promise((resolve) => {
    signal.addEventListener('abort', () => resolve(ids.map(() => ({ kind: 'unavailable', reason: 'aborted' }))));
  });

export function silentTelemetry(): Telemetry {
  return createTelemetry(pino({ level: 'silent' }), createMetrics());
}

/** A folder that goes with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'roomd-forward-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

/** A log that commits as fast as it can, while the forwarder's clock stands still. Closed with the test. */
export function newLog(): Log {
  const log = createMemoryLog({ clock: systemClock, telemetry: silentTelemetry() });
  onTestFinished(() => log.close());
  return log;
}

/** The log in a folder, closed with the test. */
export async function logOnDisk(folder: string): Promise<Log> {
  const log = await openSqliteLog(join(folder, 'events.db'), { clock: systemClock, telemetry: silentTelemetry() });
  onTestFinished(() => log.close());
  return log;
}

export interface Rig {
  readonly log: Log;
  readonly clock: FakeClock;
  readonly target: ScriptedTarget;
  readonly pump: Forwarder;
  /** What the pump told the log about itself. */
  readonly published: { topic: string; payload: Record<string, unknown> }[];
  /** Appends one event a topic; the ids are `id-1`, `id-2`, … by their offset. */
  append(...topics: string[]): Promise<string[]>;
  /** Appends `count` normal events. */
  many(count: number): Promise<string[]>;
}

export type RigOptions = Partial<ForwarderOptions> & {
  settings?: Partial<ForwarderOptions['config']>;
  start?: boolean;
};

/** A pump between a log and a target, on a clock that stands still. */
export async function rig(options: RigOptions = {}): Promise<Rig> {
  const clock = (options.clock as FakeClock | undefined) ?? new FakeClock();
  const log = options.log ?? newLog();
  const target = (options.target as ScriptedTarget | undefined) ?? new ScriptedTarget();
  const published: Rig['published'] = [];
  const pump = createForwarder({
    clock,
    random: () => 0.5,
    telemetry: silentTelemetry(),
    publish: (topic, payload) => published.push({ topic, payload: { ...payload } }),
    startFrom: 'start',
    ...options,
    log,
    target,
    config: { source: 'roomd', bus: 'default', ...options.settings },
  });
  onTestFinished(() => pump.stop(0));
  if (options.start !== false) await pump.start();
  const append = async (...topics: string[]) => {
    const first = log.last + 1;
    const entries = topics.map((topic, index) => entryOf(first + index, topic, clock.now()));
    await log.append(entries);
    return entries.map(({ id }) => id);
  };
  return { log, clock, target, pump, published, append, many: (count) => append(...Array(count).fill(NORMAL)) };
}

/** Every event in a room of its own, unless told: rooms keep their order, and most tests are about something else. */
export function entryOf(offset: number, topic: string, at: number, roomId = `room-${offset}`) {
  const id = `id-${offset}`;
  const json = JSON.stringify({ id, ts: at, topic, payload: {} });
  return { roomId, topic, id, ts: at, receivedAt: at, json };
}

/** Waits, without time passing, until something is so; the test's own limit is the only deadline. */
export async function until(condition: () => boolean): Promise<void> {
  while (!condition()) await setImmediate();
}

/** Lets time pass until something is so. */
export async function passing(clock: FakeClock, condition: () => boolean): Promise<void> {
  while (!condition()) {
    await setImmediate();
    clock.advance(20);
  }
}

/** Gives everything that needs no time a chance to happen, to show that something does not. */
export async function settle(): Promise<void> {
  for (let turn = 0; turn < 20; turn++) await setImmediate();
}

export function balanced(pump: Pick<Forwarder, 'accounting'>): boolean {
  const { accepted, ...parts } = pump.accounting();
  return accepted === Object.values(parts).reduce((sum, count) => sum + count, 0);
}
