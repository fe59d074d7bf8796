/** Ways in which a text can stand in bytes. */
function spellings(text: string): Map<string, string> {
  const bytes = Buffer.from(text);
  const units = [...Array(text.length).keys()].map((i) => text.charCodeAt(i).toString(16).padStart(4, '0'));
  const json = JSON.stringify(text).slice(1, -1);
  const found = new Map([
    ['verbatim', text],
    ['JSON', json],
    ['JSON in JSON', JSON.stringify(json).slice(1, -1)],
    ['\\u', units.map((unit) => `\\u${unit}`).join('')],
    ['\\U', units.map((unit) => `\\u${unit.toUpperCase()}`).join('')],
    ['hex', bytes.toString('hex')],
    ['HEX', bytes.toString('hex').toUpperCase()],
  ]);
  // A lone surrogate has no address.
  if (text.isWellFormed()) {
    found.set('URL', encodeURIComponent(text));
    found.set('form', encodeURIComponent(text).replaceAll('%20', '+'));
  }
  // In base64 a text looks different at each of three places; its edges depend on what stands beside it.
  for (const before of [0, 1, 2]) {
    const whole = Buffer.concat([Buffer.alloc(before), bytes])
      .toString('base64')
      .replace(/=+$/, '');
    const inner = whole.slice(Math.ceil((before * 8) / 6), Math.floor(((before + bytes.length) * 8) / 6));
    found.set(`base64+${before}`, inner);
    found.set(`base64url+${before}`, inner.replaceAll('+', '-').replaceAll('/', '_'));
  }
  return found;
}

/** Below this a spelling turns up by chance. */
const SHORTEST = 6;

/**
 * Which of the texts can be found in the bytes, and how they are spelled there: `ENCODING of TEXT`. Looks also at the
 * bytes with the escapes of JSON resolved, and as UTF-16.
 */
export function tracesIn(haystack: string | Buffer, texts: Iterable<string>): string[] {
  const bytes = Buffer.isBuffer(haystack) ? haystack : Buffer.from(haystack);
  const readings = new Set([bytes.toString('utf8'), bytes.toString('latin1')]);
  for (const reading of [...readings]) readings.add(resolved(reading));
  const found: string[] = [];
  for (const text of texts) {
    for (const [spelling, written] of spellings(text)) {
      if (written.length < SHORTEST) continue;
      if ([...readings].some((reading) => reading.includes(written))) found.push(`${spelling} of ${text}`);
    }
    if (bytes.includes(Buffer.from(text, 'utf16le'))) found.push(`UTF-16 of ${text}`);
  }
  return found;
}

function resolved(text: string): string {
  return text.replaceAll(/\\(?:u([0-9a-fA-F]{4})|(["\\/]))/g, (_, unit: string | undefined, letter: string) =>
    unit === undefined ? letter : String.fromCharCode(Number.parseInt(unit, 16)),
  );
}
