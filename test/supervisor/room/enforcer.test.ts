import { setImmediate } from 'node:timers/promises';
import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { EnforcementRule } from '../../../spec/policy.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { Enforcer } from '../../../supervisor/room/enforcer.ts';
import type { Room } from '../../../supervisor/room/room.ts';

const ENFORCEMENT = [{ severity: 'high', count: 1, within: 1_000, action: 'warn' }] as const;

/** A room of which only the run `new` is one. */
function actedOn(enforcement: readonly EnforcementRule[] = ENFORCEMENT) {
  const causes: string[] = [];
  const first = Promise.withResolvers<void>();
  const room = {
    ended: false,
    plan: { request: { roomId: 'room' } },
    policy: { policy: { enforcement } },
    ran: (runId: string | undefined) => runId === 'new',
    enforce: (_action: string, _rule: string, causeId: string) => {
      causes.push(causeId);
      first.resolve();
    },
  } as unknown as Room;
  return { room, causes, first: first.promise };
}

function violationOf(runId: string, receivedAt = 0) {
  const payload = {
    policyVersion: specVersion,
    rule: 'rates',
    severity: 'high',
    action: 'blocked',
    subject: 'x',
    count: 1,
  } as const;
  return new Stamper({ roomId: 'room', runId }).own('conversation.policy.violation', payload, receivedAt);
}

function start(log: Log, room: Room): Enforcer {
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const enforcer = new Enforcer({ log, clock: systemClock, telemetry, find: () => room });
  enforcer.start();
  onTestFinished(() => enforcer.stop());
  return enforcer;
}

const memoryLog = () =>
  createMemoryLog({ clock: systemClock, telemetry: createTelemetry(pino({ level: 'silent' }), createMetrics()) });

it('charges a room with what its own runs did, and with nothing of an earlier room of its id', async () => {
  const log = memoryLog();
  const { room, causes, first } = actedOn();
  const enforcer = start(log, room);
  const own = violationOf('new');
  await log.append([violationOf('old'), own]);
  await first;
  expect(causes).toEqual([own.id]);
  expect(enforcer.passed).toBe(2);
});

it('goes on reading after the log could not be read, and says so meanwhile', async () => {
  const log = memoryLog();
  const read = log.read.bind(log);
  let failures = 0;
  const problems: (string | undefined)[] = [];
  log.read = async (query) => {
    problems.push(enforcer.problem);
    if (failures++ === 0) throw new Error('disk I/O error');
    return read(query);
  };
  const { room, causes, first } = actedOn();
  const enforcer: Enforcer = start(log, room);
  const violation = violationOf('new');
  await log.append([violation]);
  await first;
  expect(causes).toEqual([violation.id]);
  expect(problems.slice(0, 2)).toEqual([undefined, expect.stringContaining('disk I/O error')]);
});

it('acts on what a room that is brought back did before, unless it was acted on, and its ladder stands where it stood', async () => {
  const log = memoryLog();
  const enforced = (causeId: string) => {
    const payload = { action: 'warn', rule: 'rates', causeId, policyVersion: specVersion } as const;
    return new Stamper({ roomId: 'room', runId: 'new' }).own('supervisor.policy.enforced', payload, 0);
  };
  const [stranger, done, missed] = [violationOf('old'), violationOf('new'), violationOf('new')];
  await log.append([stranger, done, enforced(done.id), missed]);
  const { room, causes } = actedOn();
  const read = log.read.bind(log);
  let failures = 0;
  log.read = async (query) => {
    if (query.roomId === 'room' && failures++ === 0) throw new Error('disk I/O error');
    return read({ ...query, limit: 2 });
  };
  await start(log, room).takeUp(room, Promise.resolve());
  expect(causes).toEqual([missed.id]);
});

it('counts what a room did before it was brought back', async () => {
  const log = memoryLog();
  const rule = { severity: 'high', count: 2, within: 1_000, action: 'warn' } as const;
  await log.append([violationOf('new')]);
  const { room, causes, first } = actedOn([rule]);
  await start(log, room).takeUp(room, Promise.resolve());
  expect(causes).toEqual([]);
  const second = violationOf('new');
  await log.append([second]);
  await first;
  expect(causes).toEqual([second.id]);
});

const HOUR = 3_600_000;
const twice = { severity: 'high', count: 2, within: HOUR, action: 'terminate' } as const;

/** Resolves when the reader has come to the end of the log. */
async function passed(enforcer: Enforcer, log: Log): Promise<void> {
  while (enforcer.passed < log.last) await setImmediate();
}

it('judges what a run has left after what is older, though it comes in first', async () => {
  const log = memoryLog();
  const [old, spilled, soon] = [violationOf('new', 0), violationOf('new', 2 * HOUR), violationOf('new', 2 * HOUR + 1)];
  await log.append([old]);
  const { room, causes, first } = actedOn([twice]);
  const enforcer = start(log, room);
  const gone = Promise.withResolvers<void>();
  const judged = enforcer.takeUp(room, gone.promise);
  await log.append([spilled]);
  await passed(enforcer, log);
  gone.resolve();
  await judged;
  expect(causes).toEqual([]);
  await log.append([soon]);
  await first;
  expect(causes).toEqual([soon.id]);
});

it('judges each violation once, in log order, however reading the past and reading on interleave', async () => {
  const turns = [0, 1, 2, 3, 5, 8, 13, 21];
  for (const [late, slow] of turns.flatMap((one) => turns.map((other) => [one, other] as const))) {
    const log = memoryLog();
    const all = Array.from({ length: 12 }, () => violationOf('new'));
    await log.append(all.slice(0, 4));
    const { room, causes } = actedOn();
    const read = log.read.bind(log);
    let reads = 0;
    log.read = async (query) => {
      const page = await read({ ...query, limit: 2 });
      const past = query.roomId !== undefined;
      // The room's events go on meanwhile.
      if (past && reads < 8) await log.append(all.slice(4 + reads, 4 + ++reads));
      for (let i = 0; i < (past ? late : slow); i++) await Promise.resolve();
      return page;
    };
    const enforcer = start(log, room);
    await enforcer.takeUp(room, Promise.resolve());
    if (reads < 8) await log.append(all.slice(4 + reads));
    await passed(enforcer, log);
    expect(causes).toEqual(all.map(({ id }) => id));
  }
});

it('passes over only the room that is awaited, and does not wait for it when it stops', async () => {
  const log = memoryLog();
  const [awaited, other] = [actedOn(), actedOn()];
  let found = awaited.room;
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const enforcer = new Enforcer({ log, clock: systemClock, telemetry, find: () => found });
  enforcer.start();
  const judged = enforcer.takeUp(awaited.room, new Promise(() => {}));
  await log.append([violationOf('new')]);
  await passed(enforcer, log);
  found = other.room;
  await log.append([violationOf('new')]);
  await other.first;
  await enforcer.stop();
  await judged;
  expect([awaited.causes.length, other.causes.length]).toEqual([0, 1]);
});

it('stamps a payload as the publisher wrote it', () => {
  const { json } = violationOf('new');
  expect((JSON.parse(json) as Envelope).meta).toEqual({ runId: 'new', seq: 1, receivedAt: 0 });
});
