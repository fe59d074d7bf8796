import type { Envelope } from '../../spec/envelope.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { Stamper } from '../intake/stamper.ts';
import type { Log } from '../log/port.ts';
import type { RoomView } from './api.ts';
import type { RunOrigin } from './run-folder.ts';
import { isFinal } from './state.ts';
import { findLogged } from './take-in.ts';
import { roomKey } from './view.ts';

export interface LostRooms {
  readonly count: number;
  /** Resolves when all of that is on disk, which a full one may delay; rejects when the log closes first. */
  readonly recorded: Promise<unknown>;
}

/** Rooms that were running when an earlier supervisor died end as `lost`: event and view, together. */
export async function recordLostRooms(log: Log, clock: Clock): Promise<LostRooms> {
  const appended: Promise<number>[] = [];
  for (const [key, document] of await log.documents(roomKey(''))) {
    const view = document as RoomView;
    if (isFinal(view.state)) continue;
    const { roomId, runId, attempt, assistantId, tenantId } = view;
    const origin = {
      roomId,
      runId,
      attempt,
      assistantId: assistantId ?? undefined,
      tenantId: tenantId ?? undefined,
    };
    const payload = { from: view.state, to: 'failed', cause: 'lost' } as const;
    const entry = new Stamper(origin, await lastSeq(log, origin)).own(
      'supervisor.room.state.changed',
      payload,
      clock.now(),
    );
    const stop = { reason: 'lost', code: null, signal: null, stderr: [] };
    appended.push(log.append([entry], { [key]: { ...view, state: 'failed', pid: null, stop } }));
  }
  return { count: appended.length, recorded: Promise.all(appended) };
}

async function lastSeq(log: Log, origin: RunOrigin): Promise<number> {
  const newest = await log.newest(origin.roomId);
  if (newest === undefined) return 0;
  const { meta } = JSON.parse(newest.json) as Envelope;
  if (meta?.runId === origin.runId) return meta.seq ?? 0;
  // What an earlier run had left was taken in last.
  return (await findLogged(log, origin, { lines: [] })).seq;
}
