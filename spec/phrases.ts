import { hmacSha256Hex } from './hmac.ts';
import { PhraseAutomaton } from './phrase-automaton.ts';
import { Folding, fold } from './phrase-fold.ts';

export { fold };

/** One text that comes in pieces. */
export interface PhraseStream {
  /** Indexes of phrases that this piece completes for the first time, ascending. */
  push(piece: string): number[];
  /** What only the end of the text decides: more could have joined with its last character. */
  end(): number[];
}

/** Finds phrases anywhere in a text, also within words and within each other, as `fold` understands sameness. */
export class Phrases {
  readonly #phrases: readonly string[];
  /** Made when there is a first text to look at: most bots never say anything. */
  #made: Made | undefined;

  constructor(phrases: readonly string[]) {
    this.#phrases = phrases;
  }

  /** Indexes of the phrases that the text contains, ascending, each once. */
  find(text: string): number[] {
    const stream = this.stream();
    return [...stream.push(text), ...stream.end()].sort(ascending);
  }

  /** For a text that comes in pieces: together they find what `find` finds in the whole. */
  stream(): PhraseStream {
    if (this.#phrases.length === 0) return NOTHING;
    this.#made ??= make(this.#phrases);
    const { automaton, last, before } = this.#made;
    const folding = new Folding();
    const walk = automaton.walk();
    const known = new Set<number>();
    const look = (folded: string): number[] => {
      const found: number[] = [];
      walk(folded, (word) => {
        if (known.has(word)) return false;
        known.add(word);
        for (let index = last[word] ?? -1; index >= 0; index = before[index] ?? -1) found.push(index);
        return true;
      });
      return found.sort(ascending);
    };
    return { push: (piece) => look(folding.push(piece)), end: () => look(folding.end()) };
  }
}

/** Units (of UTF-16) of all phrases as they are looked for: what finding them takes grows with it, 18 bytes each at most. */
export function foldedLength(phrases: readonly string[]): number {
  return phrases.reduce((sum, phrase) => sum + fold(phrase).length, 0);
}

/** `phrase:INDEX:` and 16 hexadecimal digits: names a phrase without saying it, and in each run otherwise. */
export function phraseSubject(runId: string, phrase: string, index: number): string {
  return `phrase:${index}:${hmacSha256Hex(runId, phrase).slice(0, 16)}`;
}

const NOTHING: PhraseStream = { push: () => [], end: () => [] };

/** Phrases that are the same when folded are one word. */
interface Made {
  readonly automaton: PhraseAutomaton;
  /** Word → the last of its phrases; phrase → the one before it of the same word, or -1. */
  readonly last: readonly number[];
  readonly before: Int32Array;
}

function make(phrases: readonly string[]): Made {
  const words = new Map<string, number>();
  const last: number[] = [];
  const before = new Int32Array(phrases.length).fill(-1);
  for (const [index, phrase] of phrases.entries()) {
    const folded = fold(phrase);
    // Of what is invisible altogether, every text would be full.
    if (folded === '') continue;
    const word = words.get(folded) ?? words.size;
    words.set(folded, word);
    before[index] = last[word] ?? -1;
    last[word] = index;
  }
  return { automaton: new PhraseAutomaton([...words.keys()]), last, before };
}

function ascending(a: number, b: number): number {
  return a - b;
}
