import { isOfTheRoom } from '../../spec/chat.ts';
import type { Parsed } from '../../spec/envelope.ts';
import { topicInfo } from '../../spec/redact.ts';
import { isReserved } from '../../spec/reserved.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';
import type { RoomView } from '../room/api.ts';

/** What somebody beside the bot can know of a room: who is in it, what they say and do. */
const KNOWN = [
  'room.participant.*',
  'room.message.received',
  'room.message.edited',
  'room.message.deleted',
  'room.reaction.*',
  'room.typing.*',
  'room.presence.*',
  'room.speaker.*',
  'room.transcript.*',
].map(nameMatcher);

/** Why an event isn't one that a browser or a service may bring into the room; undefined: it is. */
export function whyNotFromOutside(
  { envelope }: Parsed,
  room: RoomView,
): { topic: boolean; detail: string } | undefined {
  const { topic, runtime } = envelope;
  const isOwn = topicInfo(topic)?.own === true && !isReserved(topic);
  if (!isOwn && !KNOWN.some((matches) => matches(topic))) {
    const detail = `expected what people do in a room, or a topic of your own; ${topic} is for its bot or roomd to tell`;
    return { topic: true, detail };
  }
  if (room.connector === 'local' && isOfTheRoom(topic)) {
    return {
      topic: true,
      detail: `${topic} is for roomd to tell in a local room: people enter it, see docs/local-rooms.md`,
    };
  }
  if (runtime === 'bot') return { topic: false, detail: 'expected runtime browser or node, got bot' };
  for (const key of ['roomId', 'assistantId', 'tenantId'] as const) {
    const claimed = envelope[key];
    if (claimed !== undefined && claimed !== room[key])
      return { topic: false, detail: `expected no ${key}, or the room's` };
  }
  return undefined;
}
