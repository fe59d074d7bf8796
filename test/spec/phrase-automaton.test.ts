import { execFileSync } from 'node:child_process';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { PhraseAutomaton } from '../../spec/phrase-automaton.ts';
import { ends, fibonacci, mixed, nested } from './phrase-sets.ts';

/** After each unit of the text: the words that end there, the longest first. */
function told(words: readonly string[], text: string): string[][] {
  const walk = new PhraseAutomaton(words).walk();
  return text.split('').map((unit) => {
    const found: string[] = [];
    walk(unit, (word) => found.push(words[word] ?? '') > 0);
    return found;
  });
}

function naive(words: readonly string[], text: string): string[][] {
  const longestFirst = [...words].sort((a, b) => b.length - a.length);
  return text.split('').map((_, i) => longestFirst.filter((word) => text.slice(0, i + 1).endsWith(word)));
}

const repeated = (letters: string, units: number): string => letters.repeat(Math.ceil(units / letters.length));

test.each([
  ['no words', [], 'abc'],
  ['words within words', nested(81_000), `b${'a'.repeat(500)}b一${'a'.repeat(300)}丁${'a'.repeat(450)}`],
  ['words made of words', fibonacci(13), `${fibonacci(15).at(-1)}bb${fibonacci(13).at(-1)}`],
  ['all ends of a word', ends('abracadabra mississippi'), 'ississippi abra mississippi abracadabra mississippi'],
  ['all ends of one letter', ends(repeated('ab', 200)), `${repeated('ab', 300)}${repeated('ba', 300)}`],
  ['any units', ['\uffff', '\u0000', '\uffff\u0000', 'é'], '\u0000\uffff\uffff\u0000é\u0000'],
])('%s: at every place all words that end there are told', (_, words, text) => {
  expect(told(words, text)).toEqual(naive(words, text));
});

test('… for any words of few letters, and any text', () => {
  const texts = (maxLength: number) => fc.string({ unit: fc.constantFrom('a', 'b', 'c'), minLength: 1, maxLength });
  fc.assert(
    fc.property(fc.uniqueArray(texts(6), { maxLength: 40 }), texts(60), (words, text) => {
      expect(told(words, text)).toEqual(naive(words, text));
    }),
    { numRuns: 2_000 },
  );
});

test('a state with children of every unit finds each of them', () => {
  const words = Array.from({ length: 0x10000 }, (_, unit) => `x${String.fromCharCode(unit)}`);
  const found: number[] = [];
  new PhraseAutomaton(words).walk()(words.join(''), (word) => found.push(word) > 0);
  // Of xx too the second is a first one.
  expect(found.filter((word) => word !== 0x78)).toEqual([...words.keys()].filter((word) => word !== 0x78));
});

test('a text of words within words tells few of them twice', () => {
  const words = ends('a'.repeat(500));
  const known = new Set<number>();
  let calls = 0;
  new PhraseAutomaton(words).walk()('a'.repeat(2_000), (word) => {
    calls++;
    return known.size < known.add(word).size;
  });
  expect(known.size).toBe(500);
  expect(calls).toBeLessThanOrEqual(2_000 + 500);
});

test.each([
  ['words within words', nested(300_000)],
  ['words made of words', fibonacci(22)],
  ['all ends of a word', ends(repeated('ab', 600))],
  ['words that share nothing', mixed(300_000, 100, 50)],
  ['words of which all is shared', ends('a'.repeat(1_000))],
])('%s: the tables take 18 bytes a unit at most', (_, words) => {
  const units = words.reduce((sum, { length }) => sum + length, 0);
  expect(new PhraseAutomaton(words).bytes).toBeLessThanOrEqual(18 * (units + 1) + 4 + 4 * 0x10000);
});

test('a million units of words within words need no more than 48 MB of heap', () => {
  const modules = ['../../spec/phrases.ts', './phrase-sets.ts'].map((path) => join(import.meta.dirname, path));
  const code = `
    const [{ Phrases, foldedLength }, { nested }] = await Promise.all(${JSON.stringify(modules)}.map((path) => import(path)));
    const words = nested(1_000_000);
    console.log(foldedLength(words), new Phrases(words).find('a'.repeat(600)).length);`;
  const args = ['--max-old-space-size=48', '--input-type=module', '--eval', code];
  expect(execFileSync(process.execPath, args, { encoding: 'utf8' })).toBe('1000000 400\n');
});
