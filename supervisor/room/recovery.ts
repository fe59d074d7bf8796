import type { Envelope } from '../../spec/envelope.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { Stamper } from '../intake/stamper.ts';
import type { Log } from '../log/port.ts';
import type { RoomView } from './api.ts';
import { isFinal } from './state.ts';
import { roomKey } from './view.ts';

/** Rooms that were running when an earlier supervisor died end as `lost`: event and view, together. Returns how many. */
export async function recordLostRooms(log: Log, clock: Clock): Promise<number> {
  let lost = 0;
  for (const [key, document] of await log.documents(roomKey(''))) {
    const view = document as RoomView;
    if (isFinal(view.state)) continue;
    const newest = await log.newest(view.roomId);
    const meta = newest === undefined ? undefined : (JSON.parse(newest.json) as Envelope).meta;
    const runId = meta?.runId ?? view.runId;
    const { roomId, assistantId, tenantId } = view;
    const origin = {
      roomId,
      runId,
      attempt: meta?.attempt ?? view.attempt,
      assistantId: assistantId ?? undefined,
      tenantId: tenantId ?? undefined,
    };
    const payload = { from: view.state, to: 'failed', cause: 'lost' } as const;
    const entry = new Stamper(origin, meta?.seq ?? 0).own('supervisor.room.state.changed', payload, clock.now());
    const stop = { reason: 'lost', code: null, signal: null, stderr: [] };
    await log.append([entry], { [key]: { ...view, state: 'failed', pid: null, stop } });
    lost++;
  }
  return lost;
}
