import { PassThrough } from 'node:stream';
import pino from 'pino';
import { expect, it } from 'vitest';
import { LogSummary } from '../../../supervisor/base/log-summary.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function collect() {
  const stream = new PassThrough();
  const log = pino({ base: undefined, timestamp: false }, stream);
  const lines = () =>
    String(stream.read() ?? '')
      .split('\n')
      .filter(Boolean)
      .map((line) => JSON.parse(line) as Record<string, unknown>);
  return { log, lines, clock: new FakeClock() };
}

it('writes one line a second and key, and counts the others', () => {
  const { log, lines, clock } = collect();
  const summary = new LogSummary(log, clock);
  for (let i = 0; i < 1_000; i++) summary.warn('a', { i }, 'often');
  summary.warn('b', {}, 'once');
  expect(lines()).toEqual([
    { level: 40, i: 0, msg: 'often' },
    { level: 40, msg: 'once' },
  ]);
  clock.advance(1_000);
  summary.warn('a', { i: 'x' }, 'often');
  expect(lines()).toEqual([{ level: 40, i: 'x', omitted: 999, msg: 'often' }]);
});

it('a flood of violations counts each and writes few lines, without words of the bot', () => {
  const { log, lines, clock } = collect();
  const metrics = createMetrics();
  const telemetry = createTelemetry(log, metrics, clock);
  for (let i = 0; i < 500; i++) telemetry.violationSeen('room', 'something somebody said', 'blocked');
  telemetry.policyEnforced('room', 'warn', 'turns.maxPerSession', 'id');
  telemetry.eventsDropped('room', 'what.they.said', 3);
  const written = lines();
  expect(written).toHaveLength(3);
  expect(written.map(({ rule, topic }) => rule ?? topic)).toEqual(['(unknown)', 'turns.maxPerSession', '(unknown)']);
});
