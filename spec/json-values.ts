import { closingQuote, type Span } from './json-scan.ts';

const SPACE = 32;
export const QUOTE = 34;
const COMMA = 44;
export const OPEN_BRACKET = 91;
export const CLOSE_BRACKET = 93;
export const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

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

/** Where the value that begins at `start` ends, exclusive. */
export function valueEnd(text: string, start: number): number {
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
export function afterComma(text: string, end: number): number {
  const at = skipSpace(text, end);
  return text.charCodeAt(at) === COMMA ? skipSpace(text, at + 1) : at;
}

/** JSON knows no other white space, and no other character up to the space outside of strings. */
export function skipSpace(text: string, from: number): number {
  let at = from;
  while (text.charCodeAt(at) <= SPACE) at++;
  return at;
}
