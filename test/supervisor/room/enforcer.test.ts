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

function violationOf(runId: string) {
  const payload = {
    policyVersion: specVersion,
    rule: 'rates',
    severity: 'high',
    action: 'blocked',
    subject: 'x',
    count: 1,
  } as const;
  return new Stamper({ roomId: 'room', runId }).own('conversation.policy.violation', payload, 0);
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
  await start(log, room).catchUp(room);
  expect(causes).toEqual([missed.id]);
});

it('counts what a room did before it was brought back', async () => {
  const log = memoryLog();
  const rule = { severity: 'high', count: 2, within: 1_000, action: 'warn' } as const;
  await log.append([violationOf('new')]);
  const { room, causes, first } = actedOn([rule]);
  await start(log, room).catchUp(room);
  expect(causes).toEqual([]);
  const second = violationOf('new');
  await log.append([second]);
  await first;
  expect(causes).toEqual([second.id]);
});

it('stamps a payload as the publisher wrote it', () => {
  const { json } = violationOf('new');
  expect((JSON.parse(json) as Envelope).meta).toEqual({ runId: 'new', seq: 1, receivedAt: 0 });
});
