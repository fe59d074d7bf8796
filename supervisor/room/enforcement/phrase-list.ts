import { setImmediate } from 'node:timers/promises';
import { Phrases } from '../../../spec/phrases.ts';
import { canonicalJson, sha256 } from '../../../spec/version.ts';

/** What is made ready for so many takes a few milliseconds: the supervisor has other rooms too. */
const SLICE = 500;
/** Of 10,000 phrases each takes some 26 MB. */
const MAX_LISTS = 8;

/** The blocked phrases of a policy, made ready in slices between other work. */
export class PhraseList {
  readonly #slices: readonly { readonly from: number; readonly phrases: Phrases }[];

  constructor(phrases: readonly string[]) {
    this.#slices = Array.from({ length: Math.ceil(phrases.length / SLICE) }, (_, i) => ({
      from: i * SLICE,
      phrases: new Phrases(phrases.slice(i * SLICE, (i + 1) * SLICE)),
    }));
  }

  /** Indexes of the phrases that the text contains, ascending. Whatever isn't ready is made so. */
  find(text: string): number[] {
    return this.#slices.flatMap(({ from, phrases }) => phrases.find(text).map((index) => from + index));
  }

  /** Makes one slice ready, then lets others work, until all are. */
  async prepare(): Promise<void> {
    for (const { phrases } of this.#slices) {
      await setImmediate();
      phrases.find('');
    }
  }
}

const recent = new Map<string, PhraseList>();

/** Policies that block the same share what is made of it. */
export function phraseListOf(phrases: readonly string[]): PhraseList {
  const key = sha256(canonicalJson(phrases));
  const known = recent.get(key);
  const list = known ?? new PhraseList(phrases);
  if (known === undefined) void list.prepare();
  recent.delete(key);
  recent.set(key, list);
  const [oldest] = recent.keys();
  if (recent.size > MAX_LISTS && oldest !== undefined) recent.delete(oldest);
  return list;
}
