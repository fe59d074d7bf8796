import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Verdict } from './judge.ts';

/** What is told of an action. */
export function enforcedPayload(
  { action, rule, causeId, receivedAt, rungs }: Verdict,
  policyVersion: string,
): TopicPayloads['supervisor.policy.enforced'] {
  const base = { action, rule, causeId, policyVersion };
  if (action !== 'quarantine') return base;
  return { ...base, until: receivedAt + Math.max(...rungs.map((rung) => rung.for ?? 0)) };
}
