import { isPattern, nameMatcher } from '../../../spec/runtime/match.ts';
import type { Filter, Row } from './protocol.ts';

/** An event as the worker keeps it. */
export interface Kept {
  readonly row: Row;
  readonly id: string;
  /** The envelope's own text. */
  readonly json: string;
}

export type Matches = (event: Kept) => boolean;

/** A filter → a test. A pattern that is none, being typed maybe, lets everything through. */
export function matcherOf({ topic = '', text = '' }: Filter): Matches {
  const onTopic = topic === '' || !isPattern(topic) ? undefined : nameMatcher(topic);
  const onText = text === '' ? undefined : textMatcher(text);
  return (event) =>
    isMissing(event) || ((onTopic?.(event.row.topic) ?? true) && (onText === undefined || onText(event)));
}

/** Stands for events that are missing. */
export function isMissing({ row }: Kept): boolean {
  return row.topic === '';
}

/** Looked for where people look: in what happened, its topic, its room and its ids; not in the frame around it. */
function textMatcher(text: string): Matches {
  const found = new RegExp(text.replaceAll(/[\\^$.*+?()[\]{}|/]/g, '\\$&'), 'iu');
  return ({ row, id, json }) =>
    found.test(row.summary) || found.test(row.topic) || found.test(row.roomId) || found.test(id) || inPayload(json);

  function inPayload(json: string): boolean {
    const begin = json.indexOf(PAYLOAD);
    const end = json.lastIndexOf(META);
    return found.test(begin < 0 ? json : json.slice(begin + PAYLOAD.length, end > begin ? end : undefined));
  }
}

/** Inside of a JSON string their quotes would be escaped. */
const PAYLOAD = ',"payload":';
const META = ',"meta":{';
