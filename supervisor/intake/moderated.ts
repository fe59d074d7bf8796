import type { Envelope, Parsed } from '../../spec/envelope.ts';
import { auditOf } from '../base/audit.ts';
import type { Moderation } from '../base/moderation.ts';

/** What was said as it may stand in the room, and what is told about that; neither, or one of them, may be missing. */
export interface Outcome {
  readonly said?: Parsed;
  readonly audit?: Parsed;
  readonly action?: 'dropped' | 'redacted';
}

/**
 * What a bot has said in a local room, by the rules of the house. The audit event of what is kept out takes the id of
 * what was said: so nobody takes that in a second time.
 */
export function moderate(parsed: Parsed, house: Moderation, now: number): Outcome {
  const said = parsed.envelope as Envelope<'room.message.sent'>;
  const moderated = house.judge(said.payload.text);
  if (moderated.kind === 'clean') return { said: parsed };
  const { kind: action } = moderated;
  if (action === 'dropped') return { audit: auditOf(moderated, said.payload, now, said.id), action };
  const masked = { ...said.payload, text: moderated.text };
  return {
    said: { ok: true, envelope: { ...said, payload: masked }, payloadText: JSON.stringify(masked) },
    audit: auditOf(moderated, said.payload, now),
    action,
  };
}
