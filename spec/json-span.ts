import { closingQuote, keyBetween, type Span } from './json-scan.ts';

const SPACE = 32;
const QUOTE = 34;
const COMMA = 44;
const OPEN_BRACKET = 91;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** Why a path has no span: `blocked` by a value that has no such members, `duplicate` keys on the way. */
export type Missing = 'absent' | 'blocked' | 'duplicate';

/**
 * The span of the value at a path of keys and array indexes, seen from the value at `from`. The text must already have passed `JSON.parse`.
 * Values beside the path are skipped, never parsed: their bytes don't matter.
 */
export function spanAt(text: string, path: readonly string[], from = 0): Span | Missing {
  let start = skipSpace(text, from);
  for (const step of path) {
    const opening = text.charCodeAt(start);
    let found: number | Missing = 'blocked';
    if (opening === OPEN_BRACE) found = member(text, start, step);
    else if (opening === OPEN_BRACKET) found = element(text, start, step);
    if (typeof found === 'string') return found;
    start = found;
  }
  return { start, end: valueEnd(text, start) };
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
