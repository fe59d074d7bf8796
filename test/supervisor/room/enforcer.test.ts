import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { Enforcer } from '../../../supervisor/room/enforcer.ts';
import { RoomLimits } from '../../../supervisor/room/limits.ts';
import type { Room } from '../../../supervisor/room/room.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

const ENFORCEMENT = [{ severity: 'high', count: 1, within: 1_000, action: 'warn' }] as const;

/** A room of which only the run `new` is one. */
function actedOn() {
  const causes: string[] = [];
  const first = Promise.withResolvers<void>();
  const room = {
    ended: false,
    policy: { policy: { enforcement: ENFORCEMENT } },
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

it('lets the idle clock of a room stand still while its pipe is not read', () => {
  const clock = new FakeClock();
  const exceeded: string[] = [];
  const limits = new RoomLimits(clock, { idleTimeout: 100, maxDuration: 10_000 }, (reason) => exceeded.push(reason));
  limits.onPressure(true);
  clock.advance(5_000);
  limits.onPressure(false);
  clock.advance(99);
  limits.onEvent('bot.health.heartbeat');
  expect(exceeded).toEqual([]);
  clock.advance(1);
  expect(exceeded).toEqual(['idle']);
  limits.stop();
  clock.advance(10_000);
  expect(exceeded).toEqual(['idle']);
});

it('stamps a payload as the publisher wrote it', () => {
  const { json } = violationOf('new');
  expect((JSON.parse(json) as Envelope).meta).toEqual({ runId: 'new', seq: 1, receivedAt: 0 });
});
