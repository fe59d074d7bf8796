import { expect, test } from 'vitest';
import { startHeartbeat } from '../../bot/heartbeat.ts';
import { testBus } from '../helpers/test-bus.ts';

test('P11: a heartbeat as often as asked, with what the bot knows of itself, until cancelled', async () => {
  const { bus, clock, payloads } = testBus();
  const output = { fill: 0.25, dropped: 7 };
  const heartbeat = startHeartbeat({ bus, clock, everyMs: 1_000, output, rssBytes: () => 42 });
  await clock.pass(2_500);
  expect(payloads('bot.health.heartbeat')).toEqual([
    { uptimeMs: 1_000, rssBytes: 42, queueFill: 0.25, published: 0, dropped: 7 },
    { uptimeMs: 2_000, rssBytes: 42, queueFill: 0.25, published: 1, dropped: 7 },
  ]);
  heartbeat.cancel();
  await clock.pass(5_000);
  expect(payloads('bot.health.heartbeat')).toHaveLength(2);
  expect(clock.waiting).toBe(0);
});
