/** C0 and C1, and what makes a line run backwards or vanish. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;

const HIDDEN = '[redacted]';
const SECRETS: readonly (readonly [RegExp, string])[] = [
  // user:password@ of an address.
  [/:\/\/[^/?#\s"'<>]*@/g, `://${HIDDEN}@`],
  // What follows an address's question mark: more names mean a token than anybody can list.
  [/(:\/\/[^?#\s"'<>]*)[?#][^\s"'<>)]*/g, `$1?${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${HIDDEN}`],
  [/((?:authorization|cookie|x-api-key)["']?\s*[:=]\s*["']?)(?!bearer|basic)[^\s"',;}]+/gi, `$1${HIDDEN}`],
  [
    /((?:token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|signature|credential)[\w-]{0,32}["']?[=:]\s*["']?)[^\s"',;&}]+/gi,
    `$1${HIDDEN}`,
  ],
  // AWS access key ids, and tokens of the JSON Web kind.
  [/(?:AKIA|ASIA|AROA)[A-Z0-9]{12,}/g, HIDDEN],
  [/eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, HIDDEN],
];
/** A secret that the end of a text cuts in two isn't known as one. */
const LONGEST_SECRET = 4_096;

/** What any secret has that is worth a look; nearly no line has it. */
const SUSPECT = /:\/\/|[=:]|bearer|basic|AKIA|ASIA|AROA|eyJ/i;

/**
 * A text that is fit for a log line or an error: one line, nothing invisible, at most `max` characters, and without what
 * looks like a secret: credentials and queries of addresses, authorization headers, tokens and keys by name or form.
 */
export function cleanText(text: string, max: number): string {
  // Bounded first, so that no text is too long for the patterns.
  const looked = max + LONGEST_SECRET;
  let clean = text.slice(0, looked).replaceAll(CONTROLS, ' ');
  if (SUSPECT.test(clean)) for (const [pattern, to] of SECRETS) clean = clean.replaceAll(pattern, to);
  return clean.length > max || text.length > looked ? `${clean.slice(0, max - 1)}…` : clean;
}
