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

/** Who brings in what people do in a local room, as `meta.by` of its events has it. Nobody else can say so. */
export const GATEWAY = 'gateway';

export type ChatTopic = (typeof CHAT_TOPICS)[number];

/** How the words of a call are told; where people write there are none, and nobody would moderate them. */
const SPOKEN = /^room\.(?:speaker|transcript)\./;
const KNOWN: ReadonlySet<string> = new Set(CHAT_TOPICS);

export function isChat(topic: string): topic is ChatTopic {
  return KNOWN.has(topic);
}

/** In a local room that is for the room itself to tell: what people do there and say. What the bot says, the bot tells. */
export function isOfTheRoom(topic: string): boolean {
  return (isChat(topic) && topic !== 'room.message.sent') || SPOKEN.test(topic);
}
