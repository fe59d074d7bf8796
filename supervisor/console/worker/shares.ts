import type { Series } from './protocol.ts';

/** Points kept at most; when there are more, every second one goes, the newest stays. */
const MAX_POINTS = 480;
/** People with a line of their own. */
const MAX_LINES = 10;
const OTHERS = 'others';

interface Point {
  readonly at: number;
  readonly shares: ReadonlyMap<string, number>;
}

/** How speech is shared, over time: a point for every time that it was told. */
export class Shares {
  #points: Point[] = [];
  /** Everybody ever told of, with the largest share they had: whose line stays when there are too many. */
  readonly #largest = new Map<string, number>();

  /** `at`: seconds since 1970; shares from 0 to 1. */
  add(at: number, shares: ReadonlyMap<string, number>): void {
    for (const [id, share] of shares) {
      if (share > (this.#largest.get(id) ?? -1)) this.#largest.set(id, share);
    }
    this.#points.push({ at: Math.max(at, this.#points.at(-1)?.at ?? 0), shares });
    if (this.#points.length > MAX_POINTS) {
      const odd = this.#points.length % 2;
      this.#points = this.#points.filter((_, index) => index % 2 !== odd);
    }
  }

  clear(): void {
    this.#points = [];
    this.#largest.clear();
  }

  /** Who had most comes first. */
  series(nameOf: (id: string) => string): Series {
    const ids = [...this.#largest].sort(([, a], [, b]) => b - a).map(([id]) => id);
    const lines = ids.length > MAX_LINES ? ids.slice(0, MAX_LINES - 1) : ids;
    const rest = ids.slice(lines.length);
    const columns = lines.map((id) => ({
      name: nameOf(id),
      values: this.#points.map(({ shares }) => shares.get(id) ?? null),
    }));
    const others = this.#points.map(({ shares }) => rest.reduce((sum, id) => sum + (shares.get(id) ?? 0), 0));
    return {
      times: this.#points.map(({ at }) => at),
      columns: rest.length > 0 ? [...columns, { name: OTHERS, values: others }] : columns,
    };
  }
}
