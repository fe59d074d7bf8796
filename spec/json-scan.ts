/** Where a top-level value stands in the text: from `start` up to `end`, exclusive, in UTF-16 units. */
export interface Span {
  readonly start: number;
  readonly end: number;
}

export interface Scan {
  /** The first key that an object has twice. */
  readonly duplicate: string | undefined;
  /** The span of the wanted key's value in the outermost object. */
  readonly span: Span | undefined;
}

const QUOTE = 34;
const COMMA = 44;
const COLON = 58;
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/**
 * Finds what `JSON.parse` hides: keys given twice, and the source text of one value.
 * The text must already have passed `JSON.parse`; `wanted` is a key of the outermost object.
 */
export function scanJson(text: string, wanted: string): Scan {
  // One list of keys an open object, null an open array.
  const open: (string[] | null)[] = [];
  let keys: string[] | null = null;
  let expectKey = false;
  let start = -1;
  let span: Span | undefined;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = closingQuote(text, i);
        if (expectKey && keys !== null) {
          const key = keyBetween(text, i, end);
          if (keys.includes(key)) return { duplicate: key, span };
          keys.push(key);
          expectKey = false;
          if (open.length === 1 && key === wanted) start = text.indexOf(':', end) + 1;
        }
        i = end;
        break;
      }
      case COMMA:
        if (open.length === 1 && start >= 0) {
          span = { start, end: i };
          start = -1;
        }
        expectKey = keys !== null;
        break;
      case OPEN_BRACE:
        keys = [];
        open.push(keys);
        expectKey = true;
        break;
      case OPEN_BRACKET:
        keys = null;
        open.push(null);
        expectKey = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (open.length === 1 && start >= 0) {
          span = { start, end: i };
          start = -1;
        }
        open.pop();
        keys = open.at(-1) ?? null;
        expectKey = false;
        break;
      case COLON:
        expectKey = false;
        break;
    }
  }
  return { duplicate: undefined, span };
}

/** Where the string that opens at `opening` closes. */
export function closingQuote(text: string, opening: number): number {
  let end = text.indexOf('"', opening + 1);
  while (isEscaped(text, end)) end = text.indexOf('"', end + 1);
  return end;
}

function isEscaped(text: string, at: number): boolean {
  let slashes = 0;
  while (text.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}

/** The key between two quotes, its escapes resolved. */
export function keyBetween(text: string, opening: number, closing: number): string {
  const raw = text.slice(opening + 1, closing);
  return raw.includes('\\') ? (JSON.parse(text.slice(opening, closing + 1)) as string) : raw;
}
