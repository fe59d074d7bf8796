/** So many marks in a row say as much as any number; more would have to be held back for ever. */
const MAX_MARKS = 32;
/** What may join with a character before it, whatever that is; beside marks, vowel signs that Unicode calls letters. */
const MARK = /[\p{M}\uff9e\uff9f\u{16d63}-\u{16d6a}]/u;
const MANY_MARKS = new RegExp(`(${MARK.source}{${MAX_MARKS}})${MARK.source}+`, 'gu');
/** Parts of Hangul syllables, of all widths: whether they join depends on what is before them. */
const JAMO = /[\u1100-\u11ff\u3131-\u318e\ua960-\ua97c\ud7b0-\ud7fb\uffa0-\uffdc]/u;
/** A syllable has three parts at most. */
const JAMO_CONTEXT = 3;
const NOT_ASCII = /[\u0080-\uffff]/;
/** White space that isn't one space already: most is. A pattern of Braille without a dot is as blank. */
const OTHER_SPACE = /[\s\u2800]{2,}|[^\S ]|\u2800/gu;

/**
 * Texts that people would call the same come out the same: case, width and other compatible forms, invisible characters
 * and the kind of white space don't matter, nor does a half of a surrogate pair, or a mark beyond the 32nd in a row.
 */
export function fold(text: string): string {
  const folding = new Folding();
  const folded = folding.push(text) + folding.end();
  return folded.endsWith(' ') ? folded.slice(0, -1) : folded;
}

/** Folds a text that comes in pieces: the outcomes in a row are `fold` of the whole, but for a space at the end. */
export class Folding {
  /** Half of a surrogate pair. */
  #half = '';
  /** What may still join with what comes: seldom more than a character, and always bounded. */
  #held = '';
  #afterSpace = true;

  push(piece: string): string {
    let text = this.#half + piece;
    this.#half = isHigh(text.charCodeAt(text.length - 1)) ? text.slice(-1) : '';
    if (this.#half !== '') text = text.slice(0, -1);
    let held = this.#held + visible(text);
    if (held.length > MAX_MARKS && NOT_ASCII.test(held)) held = held.replace(MANY_MARKS, '$1');
    const cut = lastBoundary(held);
    this.#held = held.slice(cut);
    return this.#spaced(same(held.slice(0, cut)));
  }

  end(): string {
    const rest = this.#held + visible(this.#half);
    this.#half = '';
    this.#held = '';
    return this.#spaced(same(rest));
  }

  #spaced(text: string): string {
    if (text === '') return text;
    const spaced = text.replace(OTHER_SPACE, ' ');
    const start = this.#afterSpace && spaced.startsWith(' ') ? 1 : 0;
    if (start < spaced.length) this.#afterSpace = spaced.endsWith(' ');
    return spaced.slice(start);
  }
}

function visible(text: string): string {
  return NOT_ASCII.test(text) ? text.toWellFormed().replace(/\p{Default_Ignorable_Code_Point}/gu, '') : text;
}

/** Compatible forms and cases become one. What comes before and after a boundary may be done apart. */
function same(text: string): string {
  if (!NOT_ASCII.test(text)) return text.toLowerCase();
  const normal = text.normalize('NFKC');
  // Lower case first for ẞ, which has no upper case; upper case for ß, which has one of two letters.
  return normal.toLowerCase().toUpperCase().toLowerCase().replaceAll('ς', 'σ').normalize('NFKC');
}

/** The last place where nothing after it can join with anything before it; 0 when there is none. Well-formed text. */
function lastBoundary(text: string): number {
  for (let i = text.length - 1; i > 0; i--) {
    const unit = text.charCodeAt(i);
    if (unit < 0x80) return i;
    if (!isHigh(text.charCodeAt(i - 1)) && isBoundary(text, i)) return i;
  }
  return 0;
}

function isBoundary(text: string, at: number): boolean {
  const character = String.fromCodePoint(text.codePointAt(at) ?? 0);
  if (MARK.test(character)) return false;
  if (!JAMO.test(character)) return true;
  const before = text.slice(Math.max(0, at - JAMO_CONTEXT), at);
  return (before + character).normalize('NFKC') === before.normalize('NFKC') + character.normalize('NFKC');
}

function isHigh(unit: number): boolean {
  return (unit & 0xfc00) === 0xd800;
}
