import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Phrases } from '../../spec/phrases.ts';
import { meetingNames, readMeeting } from '../helpers/meetings.ts';
import { cut, naiveFold } from './phrase-texts.ts';

const meetings = meetingNames();
const where = 'real meetings, from ../shared/meetings';

if (meetings.length === 0) test.skip(`${where}: put them there to enable this`);

/** Of the meetings' own words: what is said often, what is said once, several in a row, parts; and what nobody says. */
function phrasesOf(lines: readonly string[]): string[] {
  const said = new Map<string, number>();
  for (const word of lines.flatMap((line) => line.split(/\s+/))) said.set(word, (said.get(word) ?? 0) + 1);
  const byCount = [...said.keys()]
    .filter((word) => word !== '')
    .sort((a, b) => (said.get(b) ?? 0) - (said.get(a) ?? 0));
  const rows = lines
    .map((line, i) => line.split(/\s+/).slice(i % 5, (i % 5) + 2 + (i % 3)))
    .filter((row) => row.length > 1);
  return [
    ...byCount.slice(0, 100),
    ...byCount.slice(-300),
    ...rows.filter((_, i) => i % 7 === 0).map((row) => row.join('  ').toUpperCase()),
    ...byCount
      .filter((_, i) => i % 20 === 0)
      .map((word) => word.slice(1, 4))
      .filter((part) => part.trim() !== ''),
    ...byCount.slice(0, 100).map((word) => `${word} zqx`),
    'ＰＲＯＪＥＣＴ',
    're\u00admote con\u200btrol',
  ];
}

describe.skipIf(meetings.length === 0)(where, () => {
  const lines = meetings.flatMap((name) => readMeeting(name).map(({ text }) => text));
  const words = phrasesOf(lines);
  const folded = words.map(naiveFold);
  const phrases = new Phrases(words);
  const expected = lines.map((line) => {
    const text = naiveFold(line);
    return folded.flatMap((phrase, index) => (text.includes(phrase) ? [index] : []));
  });

  test('P22: there is something to find, and something not to find', () => {
    const found = new Set(expected.flat());
    expect(words.length).toBeGreaterThan(500);
    expect(found.size).toBeGreaterThan(500);
    expect(words.length - found.size).toBeGreaterThanOrEqual(100);
  });

  test('P22: in every line every phrase is found that is in it, and no other', () => {
    for (const [i, line] of lines.entries()) expect(phrases.find(line)).toEqual(expected[i]);
  });

  test('P22: … and in any pieces', () => {
    const sizes = fc.sample(fc.nat(7), { numRuns: 10_007, seed: 5 });
    let at = 0;
    const next = () => sizes[at++ % sizes.length] ?? 1;
    for (const [i, line] of lines.entries()) {
      const stream = phrases.stream();
      const pieces = cut(line, Array.from({ length: line.length * 2 + 100 }, next));
      expect(pieces.join('')).toBe(line);
      const found = [...pieces, ''].flatMap((piece) => stream.push(piece));
      expect([...found, ...stream.end()].sort((a, b) => a - b)).toEqual(expected[i]);
    }
  });
});
