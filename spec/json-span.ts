import { closingQuote, keyBetween, type Span } from './json-scan.ts';

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
/** The first letter of null: nothing else begins with it. */
const NULL = 110;
const CLOSE_BRACE = 125;

/** Why a path leads to no value: `blocked` by one that has no such members, `duplicate` keys on the way. */
export type Blocked = 'blocked' | 'duplicate';
type Missing = Blocked | 'absent';

/** In a path: every item of an array. In an object it is a key like any other. */
export const EACH = '*';

/**
 * The spans of the values at a path of keys and array indexes, seen from the value at `from`; none where a member is
 * absent, or null stands in its place. The text must already have passed `JSON.parse`.
 * Values beside the path are skipped, never parsed: their bytes don't matter.
 */
export function spansAt(text: string, path: readonly string[], from = 0): Span[] | Blocked {
  const spans: Span[] = [];
  return collect(text, path, 0, skipSpace(text, from), spans) ?? spans;
}

/** The spans of all values in the object or array at `start`. */
export function* childSpans(text: string, start: number): Generator<Span> {
  const isObject = text.charCodeAt(start) === OPEN_BRACE;
  let at = skipSpace(text, start + 1);
  while (at < text.length && text.charCodeAt(at) !== (isObject ? CLOSE_BRACE : CLOSE_BRACKET)) {
    const value = isObject ? skipSpace(text, text.indexOf(':', closingQuote(text, at)) + 1) : at;
    const end = valueEnd(text, value);
    yield { start: value, end };
    at = afterComma(text, end);
  }
}

function collect(
  text: string,
  path: readonly string[],
  depth: number,
  start: number,
  spans: Span[],
): Blocked | undefined {
  const step = path[depth];
  if (step === undefined) {
    spans.push({ start, end: valueEnd(text, start) });
    return undefined;
  }
  const opening = text.charCodeAt(start);
  let found: number | Missing = opening === NULL ? 'absent' : 'blocked';
  if (opening === OPEN_BRACE) found = member(text, start, step);
  else if (opening === OPEN_BRACKET) {
    if (step === EACH) return collectEach(text, path, depth + 1, start, spans);
    found = element(text, start, step);
  }
  if (found === 'absent') return undefined;
  return typeof found === 'string' ? found : collect(text, path, depth + 1, found, spans);
}

function collectEach(
  text: string,
  path: readonly string[],
  depth: number,
  array: number,
  spans: Span[],
): Blocked | undefined {
  for (const item of childSpans(text, array)) {
    const blocked = collect(text, path, depth, item.start, spans);
    if (blocked !== undefined) return blocked;
  }
  return undefined;
}

function member(text: string, object: number, wanted: string): number | Missing {
  let found: number | undefined;
  let at = skipSpace(text, object + 1);
  while (text.charCodeAt(at) === QUOTE) {
    const closing = closingQuote(text, at);
    const key = keyBetween(text, at, closing);
    const value = skipSpace(text, text.indexOf(':', closing) + 1);
    if (key === wanted) {
      if (found !== undefined) return 'duplicate';
      found = value;
    }
    at = afterComma(text, valueEnd(text, value));
  }
  return found ?? 'absent';
}

function element(text: string, array: number, wanted: string): number | Missing {
  if (!/^(0|[1-9]\d*)$/.test(wanted)) return 'blocked';
  let at = skipSpace(text, array + 1);
  for (let index = Number(wanted); at < text.length && text.charCodeAt(at) !== CLOSE_BRACKET; index--) {
    if (index === 0) return at;
    at = afterComma(text, valueEnd(text, at));
  }
  return 'absent';
}

/** Where the value that begins at `start` ends, exclusive. */
function valueEnd(text: string, start: number): number {
  const opening = text.charCodeAt(start);
  if (opening === QUOTE) return closingQuote(text, start) + 1;
  if (opening !== OPEN_BRACE && opening !== OPEN_BRACKET) return scalarEnd(text, start);
  let depth = 0;
  for (let at = start; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = closingQuote(text, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if ((code === CLOSE_BRACE || code === CLOSE_BRACKET) && --depth === 0) return at + 1;
  }
  return text.length;
}

function scalarEnd(text: string, start: number): number {
  let at = start;
  for (; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (code <= SPACE || code === COMMA || code === CLOSE_BRACE || code === CLOSE_BRACKET) break;
  }
  return at;
}

/** From the end of a value to the next key or value, or to the closing bracket. */
function afterComma(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

/** JSON knows no other white space, and no other character up to the space outside of strings. */
function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}
