import { SortedWords } from './phrase-words.ts';

/**
 * All words at once, whatever their number, in one pass over a text, after Aho and Corasick: a state is a beginning of
 * words, and knows the longest of its ends that is one too. 18 bytes a state, one state a unit of the words at most, and
 * no list of what is found in a state: words within words within words would fill it with their square.
 */
export class PhraseAutomaton {
  /** By state, in order of length: 0 is the root. The last unit of each. */
  readonly #unit: Uint16Array;
  /** The states that are one unit longer are neighbours, ascending by unit: from here to where the next state's begin. */
  readonly #children: Int32Array;
  /** The longest proper end that is a state too. */
  readonly #end: Int32Array;
  /** The longest proper end that is a word, or the root. */
  readonly #wordEnd: Int32Array;
  /** Index of the word that the state is, or -1. */
  readonly #word: Int32Array;
  /** The root's children by unit, since most of a text is there; 0 where no word begins so. */
  readonly #first: Int32Array;

  /** No word is empty or there twice. Takes time in proportion to their length together, but for their sorting. */
  constructor(words: readonly string[]) {
    const sorted = new SortedWords(words);
    const states = sorted.beginnings() + 1;
    this.#unit = new Uint16Array(states);
    this.#children = new Int32Array(states + 1);
    this.#end = new Int32Array(states);
    this.#wordEnd = new Int32Array(states);
    this.#word = new Int32Array(states).fill(-1);
    this.#first = new Int32Array(sorted.highestFirst() + 1);
    this.#grow(sorted);
  }

  /** What the tables take. */
  get bytes(): number {
    const tables = [this.#unit, this.#children, this.#end, this.#wordEnd, this.#word, this.#first];
    return tables.reduce((sum, { byteLength }) => sum + byteLength, 0);
  }

  /**
   * A walk through one text: each call goes on where the last one ended, and tells the words that end in its piece by
   * their index, the longest first. `found` says whether the word is new to it: after one that isn't, the words at its
   * end aren't either.
   */
  walk(): (piece: string, found: (word: number) => boolean) => void {
    let state = 0;
    return (piece, found) => {
      for (let i = 0; i < piece.length; i++) {
        state = this.#next(state, piece.charCodeAt(i));
        if (state === 0) continue;
        let at = this.#wordFrom(state);
        while (at !== 0 && found(this.#word[at] ?? 0)) at = this.#wordEnd[at] ?? 0;
      }
    };
  }

  /** State by state, the shortest first: what a state asks of shorter ones is there already. */
  #grow(sorted: SortedWords): void {
    const states = this.#end.length;
    // The words that begin with a state are neighbours among the sorted ones: from … to.
    const from = new Int32Array(states);
    const to = new Int32Array(states);
    to[0] = sorted.count;
    let made = 1;
    let length = 0;
    let longer = 1;
    for (let state = 0; state < states; state++) {
      if (state === longer) {
        length++;
        longer = made;
      }
      this.#children[state] = made;
      this.#wordEnd[state] = this.#wordFrom(this.#end[state] ?? 0);
      let at = from[state] ?? 0;
      const stop = to[state] ?? 0;
      if (at < stop && sorted.lengthOf(at) === length) this.#word[state] = sorted.indexOf(at++);
      let last = -1;
      for (; at < stop; at++) {
        const unit = sorted.unit(at, length);
        if (unit !== last) {
          this.#end[made] = state === 0 ? 0 : this.#next(this.#end[state] ?? 0, unit);
          if (state === 0) this.#first[unit] = made;
          this.#unit[made] = unit;
          from[made] = at;
          last = unit;
          made++;
        }
        to[made - 1] = at + 1;
      }
    }
    this.#children[states] = made;
  }

  /** The state itself where it is a word, else the longest of its ends that is one. */
  #wordFrom(state: number): number {
    return (this.#word[state] ?? -1) >= 0 ? state : (this.#wordEnd[state] ?? 0);
  }

  /** The longest end of the state and the unit that is a state. */
  #next(from: number, unit: number): number {
    for (let state = from; state !== 0; state = this.#end[state] ?? 0) {
      const child = this.#child(state, unit);
      if (child !== 0) return child;
    }
    return this.#first[unit] ?? 0;
  }

  #child(state: number, unit: number): number {
    let low = this.#children[state] ?? 0;
    let high = this.#children[state + 1] ?? 0;
    while (low < high) {
      const middle = (low + high) >>> 1;
      const found = this.#unit[middle] ?? 0;
      if (found === unit) return middle;
      if (found < unit) low = middle + 1;
      else high = middle;
    }
    return 0;
  }
}
