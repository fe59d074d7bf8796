import { MAX_APP_MESSAGE_BYTES } from '../../../spec/call.ts';
import { cut, jsonBytes } from './texts.ts';

const MAX_PARTS = 8;
const MAX_NAME = 128;
/** A part is cut between words when it is so full by then. */
const FULL_ENOUGH = 0.75;

/** A chat message as Daily's own pages send and show it. */
export interface ChatMessage {
  readonly event: 'chat-msg';
  readonly name: string;
  readonly message: string;
  /** ISO 8601. */
  readonly date: string;
  readonly room: 'main-room';
}

/**
 * A text → what goes into the call, in order: one message, or several when it is too long, cut between words where that
 * is possible. Undefined for a text that would take more than eight.
 */
export function chatParts(text: string, name: string, date: string): ChatMessage[] | undefined {
  const frame = { event: 'chat-msg', name: cut(name, MAX_NAME), date, room: 'main-room' } as const;
  const most = MAX_APP_MESSAGE_BYTES - jsonBytes({ ...frame, message: '' });
  const parts: ChatMessage[] = [];
  for (let rest = text.toWellFormed(); rest !== '' || parts.length === 0; ) {
    if (parts.length === MAX_PARTS) return undefined;
    const end = endOfPart(rest, most);
    const last = end === rest.length;
    parts.push({ ...frame, message: last ? rest : rest.slice(0, end).trimEnd() });
    rest = last ? '' : rest.slice(end).trimStart();
  }
  return parts;
}

/** What of a text is in the call when these of its parts are, the first ones. */
export function textOf(parts: readonly ChatMessage[], text: string): string {
  const whole = text.toWellFormed();
  let end = 0;
  // Between parts only white space was left out.
  for (const { message } of parts) end = whole.indexOf(message, end) + message.length;
  return whole.slice(0, end);
}

/** Where a part of at most so many bytes ends. */
function endOfPart(text: string, most: number): number {
  let bytes = 0;
  let index = 0;
  let betweenWords: number | undefined;
  for (const character of text) {
    bytes += jsonBytes(character) - 2;
    if (bytes > most) return betweenWords ?? index;
    if (/\s/.test(character) && bytes >= most * FULL_ENOUGH) betweenWords = index;
    index += character.length;
  }
  return index;
}
