/** Words in the order of their units, one after another in one table: those that begin alike are neighbours. */
export class SortedWords {
  readonly count: number;
  readonly #order: Int32Array;
  readonly #units: Uint16Array;
  /** Where each word begins, and at last where all end. */
  readonly #starts: Int32Array;

  constructor(words: readonly string[]) {
    this.count = words.length;
    const sorted = words.map((word, index) => ({ word, index })).sort((a, b) => (a.word < b.word ? -1 : 1));
    this.#order = Int32Array.from(sorted, ({ index }) => index);
    this.#units = new Uint16Array(words.reduce((sum, { length }) => sum + length, 0));
    this.#starts = new Int32Array(words.length + 1);
    let at = 0;
    for (const [i, { word }] of sorted.entries()) {
      this.#starts[i] = at;
      for (let k = 0; k < word.length; k++) this.#units[at++] = word.charCodeAt(k);
    }
    this.#starts[words.length] = at;
  }

  /** Where the word was before. */
  indexOf(word: number): number {
    return this.#order[word] ?? 0;
  }

  lengthOf(word: number): number {
    return (this.#starts[word + 1] ?? 0) - (this.#starts[word] ?? 0);
  }

  unit(word: number, at: number): number {
    return this.#units[(this.#starts[word] ?? 0) + at] ?? 0;
  }

  /** The first unit of the last word; 0 without words. */
  highestFirst(): number {
    return this.count === 0 ? 0 : this.unit(this.count - 1, 0);
  }

  /** How many different texts, but for the empty one, words begin with. */
  beginnings(): number {
    let all = this.#units.length;
    for (let word = 1; word < this.count; word++) {
      const most = Math.min(this.lengthOf(word - 1), this.lengthOf(word));
      let same = 0;
      while (same < most && this.unit(word - 1, same) === this.unit(word, same)) same++;
      all -= same;
    }
    return all;
  }
}
