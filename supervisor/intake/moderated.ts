import type { Envelope, Parsed } from '../../spec/envelope.ts';
import { specVersion } from '../../spec/spec-version.ts';
import { newId } from '../base/ids.ts';
import type { Moderation } from '../base/moderation.ts';

export type Audit = Parsed & { readonly envelope: Envelope<'room.message.moderated'> };

/**
 * What a bot has said in a local room, as it may stand there, and what is to be told about that. The audit event of what
 * is kept out takes the id of what was said: so nobody takes that in a second time.
 */
export function moderate(
  parsed: Parsed,
  house: Moderation,
  now: number,
): { readonly said?: Parsed; readonly audit?: Audit } {
  const said = parsed.envelope as Envelope<'room.message.sent'>;
  const { text, messageId, participantId, at } = said.payload;
  const moderated = house.judge(text);
  if (moderated.kind === 'clean') return { said: parsed };
  const { kind: action } = moderated;
  const payload = { messageId, participantId, action, rules: [...moderated.rules], at };
  const id = action === 'dropped' ? said.id : newId();
  const envelope: Audit['envelope'] = {
    id,
    ts: now,
    topic: 'room.message.moderated',
    specVersion,
    runtime: 'node',
    payload,
  };
  const audit = { ok: true, envelope, payloadText: JSON.stringify(payload) } as const;
  if (moderated.kind === 'dropped') return { audit };
  const masked = { ...said.payload, text: moderated.text };
  return { said: { ok: true, envelope: { ...said, payload: masked }, payloadText: JSON.stringify(masked) }, audit };
}
