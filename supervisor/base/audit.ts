import type { Parsed } from '../../spec/envelope.ts';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { eventOf } from './event.ts';
import type { Moderated } from './moderation.ts';

type Payload = TopicPayloads['room.message.moderated'];

/** What is told when a message or a name was kept out or masked: the rules, never what they found. */
export function auditOf(
  { kind: action, rules }: Exclude<Moderated, { kind: 'clean' }>,
  { messageId, participantId, at }: Pick<Payload, 'messageId' | 'participantId' | 'at'>,
  now: number,
  id?: string,
): Parsed {
  return eventOf('room.message.moderated', { messageId, participantId, action, rules: [...rules], at }, now, id);
}
