import { closingQuote } from '../../spec/json-scan.ts';

const MAX_DEPTH = 1_000;
const INT64_MAX = 2n ** 63n - 1n;
const INT64_MIN = -(2n ** 63n);

/** What PutEvents would refuse in a Detail that is known to be a JSON object; undefined when it is fine. */
export function detailProblem(json: string): string | undefined {
  // Most events are too short for the one and have no number for the other.
  const deep = json.length > 2 * MAX_DEPTH && depth(json) > MAX_DEPTH;
  if (deep) return `MalformedDetail: expected at most ${MAX_DEPTH} levels`;
  if (/\d{19}/.test(json) && hasHugeInteger(json)) return 'MalformedDetail: expected integers within int64';
  return undefined;
}

function depth(json: string): number {
  let open = 0;
  let deepest = 0;
  for (let at = 0; at < json.length; at++) {
    const char = json[at];
    if (char === '"') at = closingQuote(json, at);
    else if (char === '{' || char === '[') deepest = Math.max(deepest, ++open);
    else if (char === '}' || char === ']') open--;
  }
  return deepest;
}

function hasHugeInteger(json: string): boolean {
  for (let at = 0; at < json.length; at++) {
    const char = json.charAt(at);
    if (char === '"') at = closingQuote(json, at);
    else if (char === '-' || (char >= '0' && char <= '9')) {
      const [number = char] = /^[-+.\deE]+/.exec(json.slice(at, at + 400)) ?? [];
      if (/^-?\d{19,}$/.test(number) && !isInt64(BigInt(number))) return true;
      at += number.length - 1;
    }
  }
  return false;
}

function isInt64(value: bigint): boolean {
  return value >= INT64_MIN && value <= INT64_MAX;
}
