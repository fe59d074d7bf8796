import { RE2JS } from 're2js';
import { Phrases } from '../../spec/phrases.ts';
import { plainText } from './plain-text.ts';

/** Texts that contain one of the phrases are kept out; phrases are found as those that a policy blocks are. */
export interface BlockList {
  readonly name: string;
  readonly phrases: readonly string[];
}

/** Whatever fits the pattern, in the syntax of RE2, becomes `[name]`. */
export interface Redaction {
  readonly name: string;
  readonly pattern: string;
}

export interface ModerationConfig {
  readonly block: readonly BlockList[];
  readonly redact: readonly Redaction[];
}

/** `rules` are names of block lists and redactions; a text that was redacted fits the schemas of messages. */
export type Moderated =
  | { readonly kind: 'clean' }
  | { readonly kind: 'redacted'; readonly text: string; readonly rules: readonly string[] }
  | { readonly kind: 'dropped'; readonly rules: readonly string[] };

/** Names of rules in one audit event, and code points of a message, as their schemas have it. */
export const MAX_RULES = 32;
const MAX_CHARS = 4_096;
/** From where to where. */
type Span = readonly [number, number];
const CLEAN: Moderated = { kind: 'clean' };

/** The rules of the house: what is kept out of local rooms, and what is masked in them. Linear in the text. */
export class Moderation {
  readonly #block: readonly { readonly name: string; readonly phrases: Phrases }[];
  readonly #redact: readonly { readonly name: string; readonly pattern: RE2JS }[];

  /** Throws what `patternProblem` tells of, for a pattern that is none. */
  constructor({ block, redact }: ModerationConfig) {
    this.#block = block.map(({ name, phrases }) => ({ name, phrases: new Phrases(phrases) }));
    this.#redact = redact.map(({ name, pattern }) => ({ name, pattern: RE2JS.compile(pattern) }));
  }

  /** What becomes of a message or a name. */
  judge(text: string): Moderated {
    const blocking = this.#block.filter(({ phrases }) => phrases.find(text).length > 0);
    if (blocking.length > 0) return { kind: 'dropped', rules: namesOf(blocking) };
    let redacted = text;
    const masking = this.#redact.filter(({ name, pattern }) => {
      const before = redacted;
      redacted = mask(redacted, pattern, `[${name}]`);
      return redacted !== before;
    });
    if (masking.length === 0) return CLEAN;
    return { kind: 'redacted', text: cut(redacted), rules: namesOf(masking) };
  }
}

/** Why that is no pattern to redact by; undefined: it is one. */
export function patternProblem(pattern: string): string | undefined {
  try {
    if (RE2JS.compile(pattern).matcher('').find()) return 'expected a pattern that does not fit the empty text';
    return undefined;
  } catch (error) {
    return `expected a regular expression in the syntax of RE2: ${(error as Error).message}`;
  }
}

function namesOf(rules: readonly { readonly name: string }[]): string[] {
  return rules.map(({ name }) => name).slice(0, MAX_RULES);
}

/** What fits as it stands there, and what fits as it looks. */
function mask(text: string, pattern: RE2JS, by: string): string {
  const plain = plainText(text);
  const looks = plain === undefined ? [] : spansIn(plain.text, pattern).map(([start, end]) => plain.source(start, end));
  const spans = [...spansIn(text, pattern), ...looks].sort(([a], [b]) => a - b);
  let out = '';
  let from = 0;
  for (const [start, end] of spans) {
    // What overlaps is masked once.
    if (start >= from) out += text.slice(from, start) + by;
    from = Math.max(from, end);
  }
  return from === 0 ? text : out + text.slice(from);
}

function spansIn(text: string, pattern: RE2JS): Span[] {
  const spans: Span[] = [];
  for (const matcher = pattern.matcher(text); matcher.find(); ) {
    // Of nothing there is nothing to hide.
    if (matcher.end() > matcher.start()) spans.push([matcher.start(), matcher.end()]);
  }
  return spans;
}

/** What stands for a match may be longer than the match. */
function cut(text: string): string {
  if (text.length <= MAX_CHARS) return text;
  const points = [...text];
  return points.length <= MAX_CHARS ? text : points.slice(0, MAX_CHARS).join('');
}
