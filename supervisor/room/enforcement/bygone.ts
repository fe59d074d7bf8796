import type { Envelope } from '../../../spec/envelope.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { Stamper } from '../../intake/stamper.ts';
import type { Documents, Log } from '../../log/port.ts';
import { lastSeq } from '../recovery.ts';
import { enforcedPayload } from './enforced.ts';
import type { Verdict } from './judge.ts';
import type { Quarantine } from './quarantine.ts';

export interface BygoneDeps {
  readonly log: Log;
  readonly clock: Clock;
  readonly quarantine: Quarantine;
}

/**
 * Acts on what a bot did whose room isn't there any more: it is recorded, and of what the ladder calls for quarantine is
 * all that still makes a difference. Resolves with the offset of the event when it is on disk.
 */
export async function enforceBygone(
  { log, clock, quarantine }: BygoneDeps,
  roomId: string,
  verdict: Verdict,
  documents: Documents,
): Promise<number> {
  const { records } = await log.read({ after: verdict.offset - 1, limit: 1, roomId });
  const violation = JSON.parse(records[0]?.json ?? '{}') as Envelope<'conversation.policy.violation'>;
  const { assistantId, tenantId, meta } = violation;
  const { attempt, local } = meta ?? {};
  const names = { assistantId, tenantId, local };
  const origin = { roomId, runId: verdict.runId, ...(attempt !== undefined && { attempt }), ...names };
  const payload = enforcedPayload(verdict, violation.payload.policyVersion);
  const { rule, causeId, until } = payload;
  const imposed = until === undefined ? {} : quarantine.impose(roomId, { until, rule, causeId });
  const entry = new Stamper(origin, await lastSeq(log, origin)).own('supervisor.policy.enforced', payload, clock.now());
  return log.append([entry], { ...documents, ...imposed });
}
