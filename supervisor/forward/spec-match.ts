import { spansAt } from '../../spec/json-span.ts';

/** The frame as the supervisor writes it, up to the version: nothing of the payload is looked at. */
const FRAME = /^\{"id":"[^"\\]*","ts":\d+,"topic":"[^"\\]*","specVersion":"([^"\\]*)"/;

/** The specVersion in an envelope's JSON text, without parsing it; empty when there is none. */
export function versionOf(json: string): string {
  return FRAME.exec(json)?.[1] ?? slowVersionOf(json);
}

/** However it is written. */
function slowVersionOf(json: string): string {
  const spans = spansAt(json, ['specVersion']);
  if (!Array.isArray(spans) || spans[0] === undefined) return '';
  try {
    return String(JSON.parse(json.slice(spans[0].start, spans[0].end)));
  } catch {
    return '';
  }
}
