import type { Envelope, Parsed, Rejection } from '../../spec/envelope.ts';
import type { RecentIds } from './recent-ids.ts';

type Said = Envelope<'room.message.sent'>;

/** They are shown nowhere, and told to everybody: no place for words. */
const ID = /^[A-Za-z0-9._:-]+$/;

/** Why a bot can't say that in a local room; undefined: it can, and the message is `known` from now on. */
export function whyNotSaid({ payload }: Said, known: RecentIds): Omit<Rejection, 'ok'> | undefined {
  const { messageId, replyTo } = payload;
  if (!ID.test(messageId) || (replyTo !== undefined && !ID.test(replyTo))) {
    const detail = 'expected messageId and replyTo of nothing but letters A to Z, digits and . _ : - in a local room';
    return { reason: 'invalid_payload', detail };
  }
  if (known.add(messageId)) return undefined;
  return { reason: 'repeated_id', detail: 'expected every message in a local room to have a messageId of its own' };
}

/** What a bot says is its own, whoever it says it is. */
export function saidBy(parsed: Parsed, participantId: string): Parsed {
  const said = parsed.envelope as Said;
  if (said.payload.participantId === participantId) return parsed;
  const payload = { ...said.payload, participantId };
  return { ok: true, envelope: { ...said, payload }, payloadText: JSON.stringify(payload) };
}
