import pino from 'pino';
import { expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Intake } from '../../../supervisor/intake/intake.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { testBus } from '../../helpers/test-bus.ts';

function setUp(seq?: number) {
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const log = createMemoryLog({ clock: systemClock, telemetry });
  /** How far the log was at each acknowledgement, and what was acknowledged. */
  const acknowledged: { through: string; last: number }[] = [];
  const listener = {
    onEnvelope() {},
    /** As a run does it, which tells of holding its bot back. */
    onPressure(high: boolean) {
      if (high) void intake.publish('supervisor.bot.held_back', { count: 1, heldMs: 1 });
    },
    onCommitted: (through: string) => acknowledged.push({ through, last: log.last }),
  };
  const origin = { roomId: 'blue', runId: 'run', attempt: 1 };
  const intake = new Intake({ log, clock: systemClock, telemetry }, origin, listener, seq);
  const { bus, envelopes } = testBus({ specVersion });
  const join = () => bus.publish('room.participant.joined', { participantId: 'ada', isBot: false });
  const speak = () => bus.publish('room.speaker.changed', { participantId: null, at: 0 });
  const take = () => {
    const ids = envelopes.map(({ id }) => id);
    for (const envelope of envelopes.splice(0)) intake.line(JSON.stringify(envelope));
    return ids;
  };
  return { log, intake, acknowledged, join, speak, take };
}

it('names the newest authoritative event of each commit, once it is on disk', async () => {
  const { intake, acknowledged, join, speak, take } = setUp();
  join();
  join();
  speak();
  const [, second] = take();
  expect(acknowledged).toEqual([]);
  await intake.settled();
  expect(acknowledged).toMatchObject([{ through: second }]);
  expect(acknowledged[0]?.last).toBeGreaterThanOrEqual(3);
  speak();
  take();
  await intake.settled();
  expect(acknowledged).toHaveLength(1);
  // The supervisor's own events are nobody's to acknowledge.
  await intake.publish('supervisor.bot.held_back', { count: 1, heldMs: 1 });
  expect(acknowledged).toHaveLength(1);
});

it('names nothing that the log has refused', async () => {
  const { log, intake, acknowledged, join, take } = setUp();
  const append: Log['append'] = () => Promise.reject(new Error('closed'));
  Object.assign(log, { append });
  join();
  take();
  await expect(intake.settled()).rejects.toThrow('closed');
  expect(acknowledged).toEqual([]);
});

it('goes on counting where a run was left', async () => {
  const { log, intake, join, take } = setUp(41);
  join();
  take();
  await intake.settled();
  const { records } = await log.read({ after: 0, limit: 10 });
  expect(records.map(({ json }) => (JSON.parse(json) as Envelope).meta?.seq)).toEqual([42]);
});

it('keeps the order of its numbers in the log, also when pressure is answered with an event', async () => {
  const { log, intake, join, take } = setUp();
  for (let i = 0; i < 2_500; i++) join();
  take();
  await intake.settled();
  const { records } = await log.read({ after: 0, limit: 10_000 });
  expect(records.some(({ topic }) => topic === 'supervisor.bot.held_back')).toBe(true);
  expect(records.map(({ json }) => (JSON.parse(json) as Envelope).meta?.seq)).toEqual(records.map((_, i) => i + 1));
});
