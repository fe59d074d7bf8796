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
  #made: { readonly automaton: PhraseAutomaton; readonly indexes: ReadonlyMap<string, readonly number[]> } | undefined;

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
    const { automaton, indexes } = this.#made;
    const folding = new Folding();
    const walk = automaton.walk();
    const known = new Set<string>();
    const look = (folded: string): number[] => {
      const found: number[] = [];
      walk(folded, (phrase) => {
        if (known.has(phrase)) return;
        known.add(phrase);
        found.push(...(indexes.get(phrase) ?? []));
      });
      return found.sort(ascending);
    };
    return { push: (piece) => look(folding.push(piece)), end: () => look(folding.end()) };
  }
}

/** `phrase:INDEX:` and 16 hexadecimal digits: names a phrase without saying it, and in each run otherwise. */
export function phraseSubject(
  hmacSha256Hex: (key: string, text: string) => string,
  runId: string,
  phrase: string,
  index: number,
): string {
  return `phrase:${index}:${hmacSha256Hex(runId, phrase).slice(0, 16)}`;
}

const NOTHING: PhraseStream = { push: () => [], end: () => [] };

function make(phrases: readonly string[]) {
  const indexes = new Map<string, number[]>();
  for (const [index, phrase] of phrases.entries()) {
    const folded = fold(phrase);
    // Of what is invisible altogether, every text would be full.
    if (folded === '') continue;
    const same = indexes.get(folded);
    if (same === undefined) indexes.set(folded, [index]);
    else same.push(index);
  }
  return { automaton: new PhraseAutomaton([...indexes.keys()]), indexes };
}

function ascending(a: number, b: number): number {
  return a - b;
}
