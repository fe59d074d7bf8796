import { closingQuote, keyBetween, type Span } from './json-scan.ts';
import { afterComma, CLOSE_BRACKET, OPEN_BRACE, OPEN_BRACKET, QUOTE, skipSpace, valueEnd } from './json-values.ts';
import { itemSteps, type Lost, type PointerTrie, pathTrie } from './pointer-trie.ts';

/** The first letter of null: nothing else begins with it. */
const NULL = 110;

/** The span of a value that pointers lead to. */
export interface Found extends Span {
  /** The kinds of those pointers, as bits. */
  readonly kinds: number;
}

/**
 * The spans of the values that pointers lead to, seen from the value at `start`; none where a member is absent, or null
 * stands in its place. They come in any order, and may be in one another. The text must already have passed `JSON.parse`.
 * Each byte is looked at once, and values beside the pointers' ways are skipped, never parsed: their bytes don't matter.
 */
export function findSpans(text: string, start: number, pointers: PointerTrie): Found[] | Lost {
  const walk = new Walk(text);
  walk.value(skipSpace(text, start), pointers);
  return walk.lost ?? walk.found;
}

/** The same for one path of keys and array indexes; for a failure, why. */
export function spansAt(text: string, path: readonly string[]): Span[] | Lost['why'] {
  const found = findSpans(text, 0, pathTrie(path));
  return Array.isArray(found) ? found : found.why;
}

/** One way through a text. Each function is told where a value starts, and returns where it ends, exclusive. */
class Walk {
  readonly found: Found[] = [];
  lost: Lost | undefined;
  readonly #text: string;

  constructor(text: string) {
    this.#text = text;
  }

  value(start: number, node: PointerTrie): number {
    const end = node.steps.size === 0 ? valueEnd(this.#text, start) : this.#members(start, node);
    if (node.ends !== 0) this.found.push({ start, end, kinds: node.ends });
    return end;
  }

  #members(start: number, node: PointerTrie): number {
    const opening = this.#text.charCodeAt(start);
    if (opening === OPEN_BRACE) return this.#object(start, node);
    if (opening === OPEN_BRACKET) return this.#array(start, node);
    const [step] = node.steps.values();
    if (opening !== NULL) this.#lose(step, 'blocked');
    return valueEnd(this.#text, start);
  }

  #object(start: number, { steps }: PointerTrie): number {
    const text = this.#text;
    const seen = new Set<PointerTrie>();
    let at = skipSpace(text, start + 1);
    while (text.charCodeAt(at) === QUOTE) {
      const closing = closingQuote(text, at);
      const step = steps.get(keyBetween(text, at, closing));
      const value = skipSpace(text, text.indexOf(':', closing) + 1);
      if (step !== undefined && seen.size === seen.add(step).size) this.#lose(step, 'duplicate');
      at = afterComma(text, step === undefined ? valueEnd(text, value) : this.value(value, step));
    }
    return at + 1;
  }

  #array(start: number, node: PointerTrie): number {
    const text = this.#text;
    const { each, at: byIndex, wrong } = itemSteps(node);
    this.#lose(wrong, 'blocked');
    let at = skipSpace(text, start + 1);
    for (let index = 0; at < text.length && text.charCodeAt(at) !== CLOSE_BRACKET; index++) {
      const step = byIndex.get(index) ?? each;
      at = afterComma(text, step === undefined ? valueEnd(text, at) : this.value(at, step));
    }
    return at + 1;
  }

  /** The first is the one that is told of. */
  #lose(node: PointerTrie | undefined, why: Lost['why']): void {
    if (node !== undefined) this.lost ??= { pointer: node.pointer, kind: node.kind, why };
  }
}
