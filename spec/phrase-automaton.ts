import { AhoCorasick } from '@monyone/aho-corasick';

/** Most units of most texts are below. */
const COMMON = 256;

/** All words at once, whatever their number, in one pass over a text: the library's automaton, walked piece by piece. */
export class PhraseAutomaton extends AhoCorasick {
  /** 1 for the common units that a word begins with: where none is under way, all others are passed over. */
  readonly #begins = new Uint8Array(COMMON);

  constructor(words: string[]) {
    super(words);
    for (const word of words) {
      const unit = word.charCodeAt(0);
      if (unit < COMMON) this.#begins[unit] = 1;
    }
  }

  /** A walk through one text: each call goes on where the last one ended, and tells every word that ends in its piece. */
  walk(): (piece: string, found: (word: string) => void) => void {
    let state = this.root;
    return (piece, found) => {
      for (let i = 0; i < piece.length; i++) {
        if (state === this.root && this.#begins[piece.charCodeAt(i)] === 0) continue;
        const unit = piece[i] ?? '';
        let next = state.go(unit);
        while (next === undefined && state !== this.root) {
          state = this.failure_link.get(state) ?? this.root;
          next = state.go(unit);
        }
        state = next ?? this.root;
        if (state.empty()) continue;
        for (const word of state.values()) found(word);
      }
    };
  }
}
