import type { Envelope } from '../../spec/envelope.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Origin } from './stamper.ts';

export type Claim = TopicPayloads['events.envelope.overwritten']['fields'][number];

const CLAIMED: Readonly<Record<Claim, (envelope: Envelope) => string | undefined>> = {
  roomId: (envelope) => envelope.roomId,
  runId: (envelope) => envelope.meta?.runId,
  tenantId: (envelope) => envelope.tenantId,
  assistantId: (envelope) => envelope.assistantId,
};
const FIELDS = Object.keys(CLAIMED) as Claim[];

/** What a bot says it is and isn't; undefined, and nothing allocated, for nearly every event. */
export function falseClaims(envelope: Envelope, origin: Origin): Claim[] | undefined {
  let found: Claim[] | undefined;
  for (const field of FIELDS) {
    const claimed = CLAIMED[field](envelope);
    const truth = origin[field];
    if (claimed === undefined || truth === undefined || claimed === truth) continue;
    if (found === undefined) found = [field];
    else found.push(field);
  }
  return found;
}
