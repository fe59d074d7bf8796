import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import { cut, isObject, jsonText } from './texts.ts';

type Payload<T extends keyof TopicPayloads> = Omit<TopicPayloads[T], 'participantId' | 'at'>;

/** What an app message amounts to; who sent it, and when, goes with it. */
export type AppMessage =
  | { readonly topic: 'room.message.received'; readonly payload: Omit<Payload<'room.message.received'>, 'messageId'> }
  | { readonly topic: 'room.command.received'; readonly payload: Payload<'room.command.received'> }
  | { readonly topic: 'room.app_message.received'; readonly payload: Payload<'room.app_message.received'> };

const MAX_TEXT = 4_096;
const MAX_JSON = 16_384;
const COMMAND = /^[a-z][a-z0-9_.]{0,63}$/;

/** Whatever a browser sent → a chat message, a command, or an app message of no known kind; undefined: too long. */
export function readAppMessage(data: unknown): AppMessage | undefined {
  const known = isObject(data) ? (chatMessage(data) ?? command(data)) : undefined;
  if (known !== undefined) return known;
  const text = jsonText(data, MAX_JSON);
  return text === undefined ? undefined : { topic: 'room.app_message.received', payload: { data: text } };
}

/** Whether this is what a bot tells browsers, which is nothing that another bot has to hear. */
export function isTold(data: unknown): boolean {
  return isObject(data) && isObject(data.roomd) && typeof data.roomd.topic === 'string';
}

/** Of Daily's own pages, and of others that write as they do. */
function chatMessage({ event, message }: Readonly<Record<string, unknown>>): AppMessage | undefined {
  if (event !== 'chat-msg' || typeof message !== 'string') return undefined;
  const text = cut(message.trim(), MAX_TEXT);
  return text === '' ? undefined : { topic: 'room.message.received', payload: { text } };
}

function command({ roomd }: Readonly<Record<string, unknown>>): AppMessage | undefined {
  if (!isObject(roomd) || typeof roomd.command !== 'string' || !COMMAND.test(roomd.command)) return undefined;
  const { command, args } = roomd;
  if (args === undefined) return { topic: 'room.command.received', payload: { command } };
  const text = isObject(args) ? jsonText(args, MAX_JSON) : undefined;
  return text === undefined ? undefined : { topic: 'room.command.received', payload: { command, args: text } };
}
