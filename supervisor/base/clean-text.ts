/** C0 and C1, and what makes a line run backwards or vanish. */
// biome-ignore lint/suspicious/noControlCharactersInRegex: they are what is looked for
const CONTROLS = /[\u0000-\u001f\u007f-\u009f\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff]+/g;

const HIDDEN = '[redacted]';
/** Quoted, in brackets up to the last one that closes, or else a word. What is hidden already is one. */
const VALUE = String.raw`(?:"(?:[^"\\]|\\.)*"?|'(?:[^'\\]|\\.)*'?|\[(?!redacted\])(?:.*\]|.*)|\{(?:.*\}|.*)|[^\s"',;&}]+)`;
const NAME = 'token|secret|passw(?:or)?d|passphrase|api[_-]?key|access[_-]?key|private[_-]?key|signature|credential';
const SECRETS: readonly (readonly [RegExp, string | ((all: string, before: string, value: string) => string)])[] = [
  [/-----BEGIN [A-Z0-9 ]{1,64}-----(?:.*-----END [A-Z0-9 ]{1,64}-----|.*)/g, HIDDEN],
  // user:password@ of an address.
  [/:\/\/[^/?#\s"'<>]*@/g, `://${HIDDEN}@`],
  // What follows an address's question mark: more names mean a token than anybody can list.
  [/(:\/\/[^?#\s"'<>]*)[?#][^\s"'<>)]*/g, `$1?${HIDDEN}`],
  [/\b(bearer|basic)\s+[\w.~+/=-]{4,}/gi, `$1 ${HIDDEN}`],
  // These have several words: up to the closing quote, or all that follows.
  [
    /((?:authorization|cookie)["']?\s*[:=]\s*)((?!["']?(?:bearer|basic) \[redacted\])(?:"[^"]*"?|'[^']*'?|\S.*))/gi,
    hidden,
  ],
  [new RegExp(String.raw`((?:${NAME})[\w-]{0,32}["']?\s*[=:]\s*)(${VALUE})`, 'gi'), hidden],
  // AWS access key ids, tokens of the JSON Web kind, and what some others begin with.
  [/(?:AKIA|ASIA|AROA)[A-Z0-9]{12,}/g, HIDDEN],
  [/eyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?/g, HIDDEN],
  [/\b(?:gh[a-z]_|github_pat_|sk-|[sr]k_(?:live|test)_|xox[a-z]-|glpat-)[\w-]{8,}/g, HIDDEN],
];

/** In the quotes that it had. */
function hidden(_: string, before: string, value: string): string {
  const quote = /^["']/.exec(value)?.[0] ?? '';
  return `${before}${quote}${HIDDEN}${quote}`;
}

/** A secret that the end of a text cuts in two isn't known as one. */
const LONGEST_SECRET = 4_096;

/** What any secret has that is worth a look; nearly no line has it. */
const SUSPECT = /[=:]|-----|bearer|basic|AKIA|ASIA|AROA|eyJ|gh[a-z]_|github_|sk[-_]|xox|glpat/i;

/**
 * A text that is fit for a log line or an error: one line, nothing invisible, at most `max` characters, and without what
 * looks like a secret: credentials and queries of addresses, authorization headers and cookies, tokens and keys by name
 * or form. It is a net, not a proof: a secret that neither its name nor its form gives away stays, and so do the further
 * words of one that is written without quotes.
 */
export function cleanText(text: string, max: number): string {
  // Bounded first, so that no text is too long for the patterns.
  const looked = max + LONGEST_SECRET;
  let clean = text.slice(0, looked).replaceAll(CONTROLS, ' ');
  if (SUSPECT.test(clean)) for (const [pattern, to] of SECRETS) clean = clean.replaceAll(pattern, to as string);
  return clean.length > max || text.length > looked ? `${clean.slice(0, max - 1)}…` : clean;
}
