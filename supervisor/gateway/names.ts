import { fold } from '../../spec/phrases.ts';

/** Code points. */
export const MAX_NAME = 64;
/** What would break a line, or turn around what stands beside the name. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** Their letters look alike: in a word of one of them a letter of another is there to deceive. */
const SCRIPTS = [
  /\p{Script=Latin}/u,
  /\p{Script=Cyrillic}/u,
  /\p{Script=Greek}/u,
  /\p{Script=Armenian}/u,
  /\p{Script=Cherokee}/u,
  /\p{Script=Coptic}/u,
  /\p{Script=Lisu}/u,
];
const BETWEEN_WORDS = /[^\p{L}\p{M}\p{N}]+/u;

/** What is expected of a name. */
export const A_NAME = `a name of 1 to ${MAX_NAME} characters in one line, each word of it in one alphabet`;

/** A name as it is shown, or undefined when it can't be one: nothing of it is visible, it is too long, or it deceives. */
export function readName(text: string): string | undefined {
  const name = text.toWellFormed().normalize('NFC').trim();
  const folded = fold(name);
  if (UNFIT.test(name) || folded === '' || [...name].length > MAX_NAME) return undefined;
  return folded.split(BETWEEN_WORDS).some(isMixed) ? undefined : name;
}

function isMixed(word: string): boolean {
  return SCRIPTS.filter((script) => script.test(word)).length > 1;
}

/** The name, or the name and a number, whichever nobody has. Names that people would call the same are the same. */
export function uniqueName(name: string, taken: Iterable<string>): string {
  const known = new Set([...taken].map(fold));
  for (let n = 1; ; n++) {
    const suffix = n === 1 ? '' : ` ${n}`;
    const candidate = `${[...name].slice(0, MAX_NAME - suffix.length).join('')}${suffix}`;
    if (!known.has(fold(candidate))) return candidate;
  }
}
