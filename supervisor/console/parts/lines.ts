import { useSignal } from '@preact/signals';
import { useEffect, useRef } from 'preact/hooks';
import { ask, timeline } from '../live.ts';
import type { Row } from '../worker/protocol.ts';

/** Lines asked for beyond those that are needed, on both sides. */
const MARGIN = 100;
/** More than that aren't kept here: the worker has them. */
const MAX_LINES = 2_000;

/** The timeline's lines by their numbers, as far as the worker has handed them over; it is asked for those needed. */
export class Lines {
  #rows = new Map<number, Row>();
  #version = -1;

  /** Forgets all lines of another version. */
  take(version: number, from: number, rows: readonly Row[]): void {
    if (version !== this.#version || this.#rows.size > MAX_LINES) this.#rows = new Map();
    this.#version = version;
    rows.forEach((row, i) => {
      this.#rows.set(from + i, row);
    });
  }

  at(line: number): Row | undefined {
    return this.#rows.get(line);
  }

  /** The first and the last of the lines that aren't here. */
  lacking(from: number, to: number): readonly [number, number] | undefined {
    let first: number | undefined;
    let last = from;
    for (let line = from; line <= to; line++) {
      if (this.#rows.has(line)) continue;
      first ??= line;
      last = line;
    }
    return first === undefined ? undefined : [first, last];
  }
}

/** `from` and `to`: numbers of the first and the last line that are needed at the moment. */
export function useLines(): { at(line: number): Row | undefined; need(from: number, to: number): void } {
  const lines = useRef<Lines>(null);
  lines.current ??= new Lines();
  const known = lines.current;
  const { version, tail } = timeline.value;
  known.take(version, tail.from, tail.rows);
  const asking = useRef(false);
  const needed = useRef<readonly [number, number]>([0, -1]);
  const handed = useSignal(0);
  handed.value;

  useEffect(() => {
    const lack = known.lacking(...needed.current);
    if (lack === undefined || asking.current) return;
    asking.current = true;
    const from = Math.max(0, lack[0] - MARGIN);
    ask({ type: 'rows', from, count: lack[1] + MARGIN + 1 - from }).then(
      (answer) => {
        asking.current = false;
        if (timeline.peek().version !== version) return;
        known.take(version, answer.from, answer.rows);
        // None: they are gone, and the next timeline says so.
        if (answer.rows.length > 0) handed.value++;
      },
      () => {
        asking.current = false;
      },
    );
  });

  return {
    at: (line) => known.at(line),
    need(from, to) {
      needed.current = [from, to];
    },
  };
}
