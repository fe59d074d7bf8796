import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { RoomRequest, RoomState } from '../../../supervisor/room/api.ts';
import type { RoomPlan } from '../../../supervisor/room/plan.ts';
import { type Replan, recoverRooms } from '../../../supervisor/room/recovery.ts';
import { type Resumable, resumeKey } from '../../../supervisor/room/resumable.ts';
import { roomKey } from '../../../supervisor/room/view.ts';

const request: RoomRequest = { roomId: 'blue', connector: 'local', bot: 'default' };
const kept: Resumable = { request, runIds: ['earlier', 'own'], stopping: null };
const replan: Replan = async (asked) => ({ ok: true, plan: { asked } as RoomPlan });

/** A log in which an earlier supervisor has left the room `blue`, in its second run, after three events. */
async function setUp(state: RoomState, resumable: Resumable | null = kept) {
  const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
  const log = createMemoryLog({ clock: systemClock, telemetry });
  const own = new Stamper({ roomId: 'blue', runId: 'own', attempt: 2 });
  const earlier = new Stamper({ roomId: 'blue', runId: 'earlier', attempt: 1 }, 40);
  const held = (stamper: Stamper) => stamper.own('supervisor.bot.held_back', { count: 1, heldMs: 1 }, 1);
  const counts = { events: 7, violations: 1, rejected: 2, dropped: 3 };
  const times = { startedAt: 1_000, lastEventAt: 2_000 };
  const view = { roomId: 'blue', state, runId: 'own', attempt: 2, assistantId: null, tenantId: null, pid: 7 };
  const document = { ...view, ...times, counts, stop: null };
  // What the earlier run had left was taken in last.
  await log.append([held(own), held(own), held(earlier)], {
    [roomKey('blue')]: document,
    [resumeKey('blue')]: resumable,
  });
  const recover = async (plan: Replan = replan) => {
    const recovered = await recoverRooms(log, systemClock, plan);
    await recovered.recorded;
    return recovered;
  };
  const told = async () =>
    (await log.read({ after: 3, limit: 10 })).records.map(({ json }) => JSON.parse(json) as Envelope);
  return { recover, told, view: () => log.document(roomKey('blue')), kept: () => log.document(resumeKey('blue')) };
}

describe('a room that was running', () => {
  it.each(['starting', 'joining', 'live'] as const)('goes on with all it had behind it: %s', async (state) => {
    const { recover, told, view, kept } = await setUp(state);
    const { found, lost } = await recover();
    expect(lost).toEqual([]);
    expect(found).toMatchObject([
      {
        runId: 'own',
        plan: { asked: request },
        past: { attempt: 2, startedAt: 1_000, lastEventAt: 2_000, counts: { events: 7 }, runIds: ['earlier', 'own'] },
      },
    ]);
    expect(await told()).toMatchObject([
      {
        payload: { from: state, to: 'backing_off', cause: 'supervisor_lost' },
        meta: { runId: 'own', attempt: 2, seq: 3 },
      },
    ]);
    expect(await view()).toMatchObject({ state: 'backing_off', pid: null });
    expect(await kept()).toBeDefined();
  });

  it('goes on as well when the next supervisor died over it, and that is told once', async () => {
    const { recover, told } = await setUp('live');
    await recover();
    const { found } = await recover();
    expect(found).toHaveLength(1);
    expect(await told()).toHaveLength(1);
  });

  it('has ended for the reason for which it was told to', async () => {
    const { recover, told, view, kept: left } = await setUp('stopping', { ...kept, stopping: 'max_duration' });
    expect(await recover()).toMatchObject({ found: [], lost: [] });
    expect(await told()).toMatchObject([{ payload: { from: 'stopping', to: 'stopped', cause: 'max_duration' } }]);
    expect(await view()).toMatchObject({ state: 'stopped', pid: null, stop: { reason: 'max_duration' } });
    expect(await left()).toBeUndefined();
  });

  it.each<[string, Resumable | null, Replan, string]>([
    ['it cannot be met any more', kept, async () => ({ ok: false, detail: 'bot: gone' }), 'bot: gone'],
    ['planning fails', kept, () => Promise.reject(new Error('EIO')), 'EIO'],
    ['its request is not kept', null, replan, 'what it was asked for is not kept'],
  ])('ends as lost, and it is said why, when %s', async (_why, resumable, plan, detail) => {
    const { recover, told, view, kept: left } = await setUp('live', resumable);
    expect(await recover(plan)).toMatchObject({ found: [], lost: [{ roomId: 'blue', detail }] });
    expect(await told()).toMatchObject([
      { payload: { from: 'live', to: 'failed', cause: 'lost' }, meta: { runId: 'own', attempt: 2, seq: 3 } },
    ]);
    expect(await view()).toMatchObject({ state: 'failed', stop: { reason: 'lost' } });
    expect(await left()).toBeUndefined();
    // Once is enough.
    expect(await recover(plan)).toMatchObject({ found: [], lost: [] });
    expect(await told()).toHaveLength(1);
  });

  it.each(['stopped', 'failed', 'quarantined'] as const)('is left alone when it had ended: %s', async (state) => {
    const { recover, told } = await setUp(state);
    expect(await recover()).toMatchObject({ found: [], lost: [] });
    expect(await told()).toEqual([]);
  });
});
