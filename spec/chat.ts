import type { TopicId } from './generated/topics.ts';

/** What whoever is in a room with others sees of it: people, what they say, and what they do. */
export const CHAT_TOPICS = [
  'room.participant.joined',
  'room.participant.updated',
  'room.participant.left',
  'room.message.received',
  'room.message.edited',
  'room.message.deleted',
  'room.message.moderated',
  'room.message.sent',
  'room.reaction.added',
  'room.reaction.removed',
  'room.typing.started',
  'room.presence.updated',
] as const satisfies readonly TopicId[];

export type ChatTopic = (typeof CHAT_TOPICS)[number];

const KNOWN: ReadonlySet<string> = new Set(CHAT_TOPICS);

export function isChat(topic: string): topic is ChatTopic {
  return KNOWN.has(topic);
}
