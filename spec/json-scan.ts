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
const OPEN_BRACKET = 91;
const BACKSLASH = 92;
const CLOSE_BRACKET = 93;
const OPEN_BRACE = 123;
const CLOSE_BRACE = 125;

/** The keys of the objects that are open, as pairs of quotes; scratch space, since a line makes a dozen of them. */
const openings: number[] = [];
const closings: number[] = [];
/** For each open object where its keys begin in there, for each open array ARRAY. */
const bases: number[] = [];
const ARRAY = -1;
/** So many keys of an object are compared in place, one by one; beyond it, that would take their square. */
const FEW = 64;

/**
 * Finds what `JSON.parse` hides: keys given twice, and the source text of one value.
 * The text must already have passed `JSON.parse`; `wanted` is a key of the outermost object.
 */
export function scanJson(text: string, wanted: string): Scan {
  const escaped = text.includes('\\');
  let depth = 0;
  let base = ARRAY;
  let count = 0;
  let expectKey = false;
  /** The keys of open objects that have many, by their depth. */
  let large: (Set<string> | undefined)[] | undefined;
  let start = -1;
  let span: Span | undefined;
  for (let i = 0; i < text.length; i++) {
    switch (text.charCodeAt(i)) {
      case QUOTE: {
        const end = escaped ? closingQuote(text, i) : text.indexOf('"', i + 1);
        if (expectKey) {
          for (let k = base; k < count && count - base < FEW; k++) {
            if (sameKey(text, openings[k] ?? 0, closings[k] ?? 0, i, end, escaped)) {
              return { duplicate: keyBetween(text, i, end), span };
            }
          }
          if (count - base >= FEW) {
            large ??= [];
            const seen = large[depth] ?? keysFrom(text, base, count);
            large[depth] = seen;
            const key = keyBetween(text, i, end);
            if (seen.has(key)) return { duplicate: key, span };
            seen.add(key);
          }
          openings[count] = i;
          closings[count++] = end;
          expectKey = false;
          if (depth === 1 && keyBetween(text, i, end) === wanted) start = text.indexOf(':', end) + 1;
        }
        i = end;
        break;
      }
      case COMMA:
        if (depth === 1 && start >= 0) {
          span = { start, end: i };
          start = -1;
        }
        expectKey = base !== ARRAY;
        break;
      case OPEN_BRACE:
        base = count;
        bases[depth++] = base;
        if (large !== undefined) large[depth] = undefined;
        expectKey = true;
        break;
      case OPEN_BRACKET:
        base = ARRAY;
        bases[depth++] = base;
        expectKey = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        if (depth === 1 && start >= 0) {
          span = { start, end: i };
          start = -1;
        }
        if (base !== ARRAY) count = base;
        depth--;
        base = depth > 0 ? (bases[depth - 1] ?? ARRAY) : ARRAY;
        expectKey = false;
        break;
    }
  }
  return { duplicate: undefined, span };
}

function keysFrom(text: string, from: number, to: number): Set<string> {
  const keys = new Set<string>();
  for (let k = from; k < to; k++) keys.add(keyBetween(text, openings[k] ?? 0, closings[k] ?? 0));
  return keys;
}

/** Compares without making strings as long as length and first letter tell the keys apart. */
function sameKey(text: string, a: number, aEnd: number, b: number, bEnd: number, escaped: boolean): boolean {
  if (escaped) return keyBetween(text, a, aEnd) === keyBetween(text, b, bEnd);
  if (aEnd - a !== bEnd - b || text.charCodeAt(a + 1) !== text.charCodeAt(b + 1)) return false;
  return text.slice(a + 1, aEnd) === text.slice(b + 1, bEnd);
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
