import type { Envelope } from '../../spec/envelope.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { AssistantRecord } from '../assistants/api.ts';
import { Stamper } from '../intake/stamper.ts';
import type { Documents, Log } from '../log/port.ts';
import type { RoomRequest, RoomState, RoomView, StopReason } from './api.ts';
import { quarantineKey } from './enforcement/quarantine.ts';
import type { RoomPlan } from './plan.ts';
import type { Planned } from './planning.ts';
import { type Past, type Resumable, resumeKey } from './resumable.ts';
import type { RunOrigin } from './run-folder.ts';
import { isFinal } from './state.ts';
import { findLogged } from './take-in.ts';
import { roomKey } from './view.ts';

/** A room that an earlier supervisor had and that can go on. */
export interface FoundRoom {
  readonly plan: RoomPlan;
  readonly past: Omit<Past, 'gone'>;
  /** The last that the log knows of. */
  readonly runId: string;
}

export interface Recovered {
  readonly found: readonly FoundRoom[];
  /** Rooms that ended with the earlier supervisor, and why they can't go on. */
  readonly lost: readonly { readonly roomId: string; readonly detail: string }[];
  /** Resolves when all of that is on disk, which a full one may delay; rejects when the log closes first. */
  readonly recorded: Promise<unknown>;
}

/** A request, and what was found of its assistant → how to run it, or why not. */
export type Replan = (request: RoomRequest, assistant: AssistantRecord | undefined) => Promise<Planned>;

/**
 * Rooms that were running when an earlier supervisor died. Those that can go on back off until they do; one that was
 * told to end has ended for that reason; every other one ends as `lost`. Event and view of each are written together.
 */
export async function recoverRooms(log: Log, clock: Clock, replan: Replan): Promise<Recovered> {
  const appended: Promise<number>[] = [];
  const found: FoundRoom[] = [];
  const lost: { roomId: string; detail: string }[] = [];
  const tell = async (view: RoomView, to: RoomState, cause: string, documents: Documents) => {
    const { roomId, runId, attempt, assistantId, tenantId, connector } = view;
    const local = connector === 'local' || undefined;
    const names = { assistantId: assistantId ?? undefined, tenantId: tenantId ?? undefined };
    const origin = { roomId, runId, attempt, ...names, local };
    const stamper = new Stamper(origin, await lastSeq(log, origin));
    const entry = stamper.own('supervisor.room.state.changed', { from: view.state, to, cause }, clock.now());
    appended.push(log.append([entry], documents));
  };
  const end = (view: RoomView, state: 'stopped' | 'failed' | 'quarantined', reason: StopReason) => {
    const stop = { reason, code: null, signal: null, stderr: [] };
    const ended = { ...view, state, pid: null, usage: null, stop };
    return tell(view, state, reason, { [roomKey(view.roomId)]: ended, [resumeKey(view.roomId)]: null });
  };
  for (const document of (await log.documents(roomKey(''))).values()) {
    const view = document as RoomView;
    if (isFinal(view.state)) continue;
    const { roomId, runId, state } = view;
    const kept = (await log.document(resumeKey(roomId))) as Resumable | undefined;
    if (kept?.stopping != null) {
      const quarantined = (await log.document(quarantineKey(roomId))) !== undefined;
      await end(view, quarantined ? 'quarantined' : 'stopped', kept.stopping);
      continue;
    }
    const planned = await planAgain(kept, replan);
    if (!planned.ok) {
      lost.push({ roomId, detail: planned.detail });
      await end(view, 'failed', 'lost');
      continue;
    }
    found.push({
      plan: planned.plan,
      past: { ...view, runIds: kept?.runIds ?? [], restrictions: kept?.restrictions ?? [] },
      runId,
    });
    if (state === 'backing_off') continue;
    const waiting = { ...view, state: 'backing_off', pid: null, usage: null };
    await tell(view, 'backing_off', 'supervisor_lost', { [roomKey(roomId)]: waiting });
  }
  return { found, lost, recorded: Promise.all(appended) };
}

async function planAgain(kept: Resumable | undefined, replan: Replan): Promise<Planned> {
  if (kept === undefined) return { ok: false, detail: 'what it was asked for is not kept' };
  try {
    return await replan(kept.request, kept.assistant);
  } catch (error) {
    return { ok: false, detail: (error as Error).message };
  }
}

/** The highest sequence number that the log has of a run, which is its room's last. */
export async function lastSeq(log: Log, origin: RunOrigin): Promise<number> {
  const newest = await log.newest(origin.roomId);
  if (newest === undefined) return 0;
  const { meta } = JSON.parse(newest.json) as Envelope;
  if (meta?.runId === origin.runId) return meta.seq ?? 0;
  // What an earlier run had left was taken in last.
  return (await findLogged(log, origin, { lines: [] })).seq;
}
