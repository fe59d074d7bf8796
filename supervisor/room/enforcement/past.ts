import type { Envelope } from '../../../spec/envelope.ts';
import type { ConversationPolicy, EnforcementRule } from '../../../spec/policy.ts';
import type { Log, LogRecord } from '../../log/port.ts';
import { policyKey } from '../view.ts';
import { type Judge, LADDER_TOPICS } from './judge.ts';
import type { Rung } from './ladder.ts';

const PAGE = 500;

/** Brings a judge that has seen nothing of the record's room to where one stands that has seen all before the record. */
export async function bringUp(judge: Judge, log: Log, record: LogRecord): Promise<void> {
  const { roomId, offset } = record;
  if (isBeginning(record)) return;
  const kept = (await log.document(policyKey(roomId))) as { policy?: ConversationPolicy } | undefined;
  judge.rungs = rungsOf(kept?.policy?.enforcement ?? []);
  for (let after = 0; after < offset - 1; ) {
    const page = await log.read({ after, limit: PAGE, roomId, topic: (name) => LADDER_TOPICS.has(name) });
    for (const earlier of page.records) if (earlier.offset < offset) judge.see(earlier);
    if (page.next === after) break;
    after = page.next;
  }
}

/** The rules as the log has them. */
export function rungsOf(rules: readonly EnforcementRule[]): Rung[] {
  return rules.map((rule) => {
    const { severity, count, within, action } = rule;
    return { severity, count, within, action, ...(rule.action === 'quarantine' && { for: rule.for }) };
  });
}

function isBeginning({ topic, json }: LogRecord): boolean {
  if (topic !== 'supervisor.policy.applied') return false;
  return (JSON.parse(json) as Envelope<'supervisor.policy.applied'>).payload.cause === 'started';
}
