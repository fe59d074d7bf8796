import pino from 'pino';
import { expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import { recordLostRooms } from '../../../supervisor/room/recovery.ts';
import { roomKey } from '../../../supervisor/room/view.ts';

it('a lost room is told of as of its own run, though what an earlier run had left came last', async () => {
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const log = createMemoryLog({ clock: systemClock, telemetry });
  const own = new Stamper({ roomId: 'blue', runId: 'own', attempt: 2 });
  const earlier = new Stamper({ roomId: 'blue', runId: 'earlier', attempt: 1 }, 40);
  const held = (stamper: Stamper) => stamper.own('supervisor.bot.held_back', { count: 1, heldMs: 1 }, 1);
  const view = { roomId: 'blue', state: 'live', runId: 'own', attempt: 2, assistantId: null, tenantId: null };
  await log.append([held(own), held(own), held(earlier)], { [roomKey('blue')]: view });
  const lost = await recordLostRooms(log, systemClock);
  expect(lost.count).toBe(1);
  await lost.recorded;
  const { records } = await log.read({ after: 3, limit: 10 });
  const told = records.map(({ json }) => JSON.parse(json) as Envelope);
  expect(told).toMatchObject([
    { payload: { from: 'live', to: 'failed', cause: 'lost' }, meta: { runId: 'own', attempt: 2, seq: 3 } },
  ]);
  // Once is enough.
  expect((await recordLostRooms(log, systemClock)).count).toBe(0);
});
