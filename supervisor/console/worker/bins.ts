import type { Series } from './protocol.ts';

/** Bins of time at most; when they don't suffice, each becomes twice as wide. */
const MAX_BINS = 240;
/** Names at most; what has another one counts as `others`. */
const MAX_NAMES = 200;
const OTHERS = 'others';

type Counts = Map<string, number>;

/** How often something of a name has happened, over time. What it keeps is bounded, whatever comes. */
export class Bins {
  #width = 1;
  #bins = new Map<number, Counts>();
  readonly #totals: Counts = new Map();

  /** `at`: seconds since 1970. */
  add(at: number, name: string, count = 1): void {
    const known = this.#totals.has(name) || this.#totals.size < MAX_NAMES ? name : OTHERS;
    more(this.#totals, known, count);
    more(this.#bin(at), known, count);
  }

  /** Nothing has happened by then but that time has passed. */
  reach(at: number): void {
    this.#bin(at);
  }

  clear(): void {
    this.#width = 1;
    this.#bins.clear();
    this.#totals.clear();
  }

  /** Of the `top` names that there is most of, and the others together, how many a second. */
  rates(top: number): Series {
    return this.#series(this.#names(top), (counts, name) => (counts.get(name) ?? 0) / this.#width);
  }

  /** The same as totals up to each time. */
  totals(top: number): Series {
    const sums: Counts = new Map();
    return this.#series(this.#names(top), (counts, name) => more(sums, name, counts.get(name) ?? 0));
  }

  #names(top: number): string[] {
    const byCount = [...this.#totals].sort(([, a], [, b]) => b - a).map(([name]) => name);
    const named = byCount.filter((name) => name !== OTHERS).slice(0, top);
    return named.length < byCount.length ? [...named, OTHERS] : named;
  }

  #series(names: readonly string[], value: (counts: Counts, name: string) => number): Series {
    const bins = this.#inOrder();
    const gathered = bins.map(([, counts]) => gather(counts, names));
    return {
      times: bins.map(([bin]) => bin * this.#width),
      columns: names.map((name) => ({ name, values: gathered.map((counts) => value(counts, name)) })),
    };
  }

  /** All bins from the first to the last, also those in which nothing has happened. */
  #inOrder(): [number, Counts][] {
    const keys = [...this.#bins.keys()];
    if (keys.length === 0) return [];
    const [first, last] = [Math.min(...keys), Math.max(...keys)];
    return Array.from({ length: last - first + 1 }, (_, i) => [first + i, this.#bins.get(first + i) ?? new Map()]);
  }

  #bin(at: number): Counts {
    const key = Math.floor(at / this.#width);
    const found = this.#bins.get(key);
    if (found !== undefined) return found;
    const keys = [key, ...this.#bins.keys()];
    if (Math.max(...keys) - Math.min(...keys) >= MAX_BINS) {
      this.#widen();
      return this.#bin(at);
    }
    const fresh: Counts = new Map();
    this.#bins.set(key, fresh);
    return fresh;
  }

  #widen(): void {
    const wider = new Map<number, Counts>();
    for (const [key, counts] of this.#bins) {
      const merged = wider.get(Math.floor(key / 2)) ?? new Map();
      for (const [name, count] of counts) more(merged, name, count);
      wider.set(Math.floor(key / 2), merged);
    }
    this.#width *= 2;
    this.#bins = wider;
  }
}

function gather(counts: Counts, names: readonly string[]): Counts {
  const gathered: Counts = new Map();
  for (const [name, count] of counts) more(gathered, names.includes(name) ? name : OTHERS, count);
  return gathered;
}

function more(counts: Counts, name: string, count: number): number {
  const sum = (counts.get(name) ?? 0) + count;
  counts.set(name, sum);
  return sum;
}
