import { specVersion } from '../../spec/spec-version.ts';
import type { RoomState, RoomView } from './api.ts';
import { callOf } from './daily-options.ts';
import type { RoomPlan } from './plan.ts';
import type { Run } from './run.ts';

/** Where a room's view is kept, so that it stays readable after its end and after a restart. */
export function roomKey(roomId: string): string {
  return `room/${roomId}`;
}

/** Where a room's policy is kept, as long as its view. */
export function policyKey(roomId: string): string {
  return `policy/${roomId}`;
}

/** The counts of runs that have ended, and of the one that is. */
export class Tally {
  readonly #past = { events: 0, violations: 0, rejected: 0, dropped: 0 };

  add(counts: RoomView['counts']): void {
    for (const key of KEYS) this.#past[key] += counts[key];
  }

  with(counts: RoomView['counts']): RoomView['counts'] {
    const sum = { ...this.#past };
    for (const key of KEYS) sum[key] += counts[key];
    return sum;
  }
}

const KEYS = ['events', 'violations', 'rejected', 'dropped'] as const;

/** What a room looks like from outside at this moment. */
export function viewRoom(
  plan: RoomPlan,
  run: Run,
  now: Pick<RoomView, 'startedAt' | 'lastEventAt' | 'stop' | 'policyVersion'> & {
    readonly state: RoomState;
    readonly tally: Tally;
  },
): RoomView {
  const { request } = plan;
  return {
    roomId: request.roomId,
    state: now.state,
    runId: run.runId,
    attempt: run.plan.attempt,
    pid: run.pid ?? null,
    bot: request.bot,
    connector: request.connector,
    call: callOf(request, run.address),
    assistantId: request.assistantId ?? null,
    tenantId: request.tenantId ?? null,
    policyVersion: now.policyVersion,
    specVersion,
    startedAt: now.startedAt,
    lastEventAt: now.lastEventAt,
    counts: now.tally.with(run.intake.counts),
    usage: run.usage,
    quarantine: null,
    stop: now.stop,
  };
}
