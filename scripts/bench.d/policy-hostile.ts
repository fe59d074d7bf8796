import { fold, foldedLength, Phrases } from '../../spec/phrases.ts';
import { mixed, nested } from '../../test/spec/phrase-sets.ts';
import { printTable, spread, thousands } from './table.ts';

const ROUNDS = 5;
const UNITS = 1_000_000;

const sets: Record<string, () => string[]> = {
  '10,000 phrases of 12 letters': () => mixed(120_000, 12, 26),
  'a, aa, aaa …, each with letters before it': () => nested(UNITS),
  '10,000 phrases of 100 letters of 10,000': () => mixed(UNITS, 100, 10_000),
  '2,000 phrases of 500 letters of two': () => mixed(UNITS, 500, 2),
};

/** Texts that take the longest to fold; what the first becomes is eighteen times as long. */
const texts: Record<string, string> = {
  'ligatures of 18 letters': 'ﷺ'.repeat(4_096),
  'marks in the wrong order': `e${'\u0301\u0316'.repeat(15)}`.repeat(132),
  'vowel signs of two parts': `e${'\u0f73\u0f75'.repeat(16)}`.repeat(124),
};

function ms(work: () => unknown): number {
  const start = performance.now();
  work();
  return performance.now() - start;
}

function usedMiB(): number {
  globalThis.gc?.();
  const { heapUsed, arrayBuffers } = process.memoryUsage();
  return (heapUsed + arrayBuffers) / 1024 / 1024;
}

/** Phrases made ready by their first text, and dropped: milliseconds, and MiB that they kept. */
function makeReady(words: readonly string[]): { time: number; memory: number } {
  const before = usedMiB();
  const phrases = new Phrases(words);
  const time = ms(() => phrases.find(''));
  const memory = usedMiB() - before;
  phrases.find('');
  return { time, memory };
}

/** Phrases and texts that are meant to be expensive: what they take stays in proportion to their length. */
export function benchHostile(): void {
  const rows = Object.entries(sets).map(([name, make]) => {
    const words = make();
    // The first round counts: a policy comes to a cold process.
    const rounds = Array.from({ length: ROUNDS }, () => makeReady(words));
    const [times, memory] = [rounds.map(({ time }) => time), rounds.map(({ memory }) => memory)];
    return [name, thousands(foldedLength(words)), spread(times), spread(memory)];
  });
  printTable(['phrases are made ready, folding included', 'units', 'ms', 'MiB kept'], rows);

  const costOf = (text: string) =>
    spread(
      Array.from({ length: ROUNDS }, () => (ms(() => fold(text)) * 1_000) / text.length),
      2,
    );
  const costs = Object.entries(texts).map(([name, text]) => [
    name,
    thousands(text.length),
    costOf(text),
    costOf(text.repeat(16)),
  ]);
  printTable(['texts are folded, µs a unit', 'units', 'once', '16 times as long'], costs);
}
