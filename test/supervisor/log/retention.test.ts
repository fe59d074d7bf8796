import { expect, onTestFinished, test } from 'vitest';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { RetentionLoop } from '../../../supervisor/log/retention.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { entries, metric, quietTelemetry } from './support.ts';

test('trims from time to time what the forwarder has passed, and what is too old anyway', async () => {
  const clock = new FakeClock();
  const telemetry = quietTelemetry();
  const log = createMemoryLog({ clock, telemetry });
  let passed = 0;
  let told = 0;
  const afterTrim = async () => {
    told += 1;
  };
  const deps = { clock, telemetry, passed: () => passed, afterTrim };
  const retention = new RetentionLoop(log, { maxEventsPerRoom: 3, maxAge: 60_000 }, deps);
  onTestFinished(() => retention.stop());
  await log.append(entries(10, ['a'], { receivedAt: clock.now() }));
  retention.start();
  await clock.pass(10_000);
  expect([await log.first(), told]).toEqual([1, 0]);
  passed = 5;
  await clock.pass(10_000);
  expect([await log.first(), told]).toEqual([6, 1]);
  await clock.pass(60_000);
  expect([await log.first(), told]).toEqual([11, 2]);
  expect(await metric(telemetry, 'log_expired_events_total')).toBe(10);
});

test('holds telemetry to its own cap, and counts it', async () => {
  const clock = new FakeClock();
  const telemetry = quietTelemetry();
  const log = createMemoryLog({ clock, telemetry });
  const deps = { clock, telemetry, passed: () => 99, afterTrim: async () => undefined };
  const retention = new RetentionLoop(log, { maxEventsPerRoom: 9, maxTelemetryPerRoom: 2, maxAge: 60_000 }, deps);
  onTestFinished(() => retention.stop());
  const now = { receivedAt: clock.now() };
  await log.append([...entries(10, ['a'], now), ...entries(5, ['a'], { ...now, topic: 'room.speaker.changed' })]);
  retention.start();
  await clock.pass(10_000);
  expect(await metric(telemetry, 'log_expired_events_total')).toBe(4);
  expect(await metric(telemetry, 'log_expired_telemetry_total')).toBe(3);
});

test('keeps the log below its size, whatever the forwarder has passed', async () => {
  const clock = new FakeClock();
  const telemetry = quietTelemetry();
  const log = createMemoryLog({ clock, telemetry });
  const deps = { clock, telemetry, passed: () => 0, afterTrim: async () => undefined };
  const retention = new RetentionLoop(log, { maxEventsPerRoom: 1e9, maxAge: 1e9, maxSize: 1_000 }, deps);
  onTestFinished(() => retention.stop());
  await log.append(entries(20, ['a'], { receivedAt: clock.now(), json: 'x'.repeat(100) }));
  retention.start();
  await clock.pass(10_000);
  expect(await log.first()).toBe(12);
  expect(await metric(telemetry, 'log_expired_events_total')).toBe(11);
});

test('a trim that fails is tried again at the next turn; stopped, it leaves no timer', async () => {
  const clock = new FakeClock();
  const telemetry = quietTelemetry();
  const log = createMemoryLog({ clock, telemetry });
  const deps = { clock, telemetry, passed: () => 0, afterTrim: async () => undefined };
  const retention = new RetentionLoop(log, { maxEventsPerRoom: 3, maxAge: 60_000 }, deps);
  await log.close();
  retention.start();
  await clock.pass(20_000);
  expect(clock.waiting).toBe(1);
  await retention.stop();
  expect(clock.waiting).toBe(0);
});
