import { fold } from '../../spec/phrases.ts';

/** Code points. */
export const MAX_NAME = 64;
/** What would break a line, or turn around what stands beside the name. */
const UNFIT = /[\p{Cc}\p{Zl}\p{Zp}\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]/u;

/** A name as it is shown, or undefined when it can't be one: nothing of it is visible, or it is too long. */
export function readName(text: string): string | undefined {
  const name = text.toWellFormed().normalize('NFC').trim();
  if (UNFIT.test(name) || fold(name) === '' || [...name].length > MAX_NAME) return undefined;
  return name;
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
