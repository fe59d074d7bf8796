import { createHmac } from 'node:crypto';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { foldedLength, Phrases, phraseSubject } from '../../spec/phrases.ts';
import { cut, naiveFold, tricky } from './phrase-texts.ts';

/** Phrase by phrase. */
function naiveFind(phrases: readonly string[], text: string): number[] {
  const folded = naiveFold(text);
  return phrases.flatMap((phrase, index) => {
    const wanted = naiveFold(phrase);
    return wanted !== '' && folded.includes(wanted) ? [index] : [];
  });
}

function findInPieces(phrases: Phrases, pieces: readonly string[]): number[][] {
  const stream = phrases.stream();
  return [...pieces.map((piece) => stream.push(piece)), stream.end()];
}

test.each([
  ['secret plan', 'The SECRET\n\t plan!'],
  ['straße', 'In der STRASSE'],
  ['strasse', 'In der STRAẞE'],
  ['ﬁnance', 'finance'],
  ['ＦＵＬＬ', 'full'],
  ['café', 'cafe\u0301'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['ΟΔΟΣ', 'οδοστρωμα'],
  ['password', 'pass\u200bword'],
  ['password', 'p\u00adassword'],
  ['word', 'passwords'],
])('P19: %j is found in %j', (phrase, text) => {
  expect(new Phrases([phrase]).find(text)).toEqual([0]);
});

test.each([
  ['secret plan', 'a plan, secret'],
  ['\u200b', 'anything'],
  ['cafe', 'cafe\u0301'],
])('%j is not found in %j', (phrase, text) => {
  expect(new Phrases([phrase]).find(text)).toEqual([]);
});

test('phrases within phrases, overlapping ones, and ones that are the same are all found, each once', () => {
  const phrases = new Phrases(['hers', 'he', 'she', 'HE', 'is', 'rsi', 'hers is']);
  expect(phrases.find('ushersishe')).toEqual([0, 1, 2, 3, 4, 5]);
  expect(findInPieces(phrases, ['us', 'he', 'rs', 'ishe'])).toEqual([[], [], [1, 2, 3], [0, 4, 5], []]);
});

test('however many phrases are the same, all are found', () => {
  const many = Array.from({ length: 200_000 }, (_, i) => (i % 2 === 0 ? 'a' : 'A'));
  expect(new Phrases(['b', ...many]).find('a')).toEqual(Array.from(many, (_, i) => i + 1));
});

test('the length of phrases is that of what is looked for', () => {
  expect(foldedLength([])).toBe(0);
  expect(foldedLength(['Plan', 'plan', '\u200b', 'ﷺ', '  a\n\nb '])).toBe(4 + 4 + 0 + 18 + 3);
});

test('a piece that completes a phrase says so, as soon as nothing can join with its end', () => {
  expect(findInPieces(new Phrases(['plan', 'plans']), ['pl', 'an', 's ', 'plan'])).toEqual([[], [], [0, 1], [], []]);
  expect(findInPieces(new Phrases(['cafe']), ['cafe'])).toEqual([[], [0]]);
  expect(findInPieces(new Phrases(['cafe']), ['cafe', '\u0301'])).toEqual([[], [], []]);
});

test('P19: in the whole and in pieces, the same are found as phrase by phrase', () => {
  const phrase = tricky.map((text) => text.slice(0, 3)).filter((text) => text !== '');
  const sizes = fc.infiniteStream(fc.nat(3));
  fc.assert(
    fc.property(fc.array(phrase, { maxLength: 8 }), fc.array(tricky), sizes, (words, texts, sizes) => {
      // Some text of each phrase's own, so that there is something to find.
      const text = [...texts, ...words].join(' ');
      const phrases = new Phrases(words);
      const expected = naiveFind(words, text);
      expect(phrases.find(text)).toEqual(expected);
      const found = findInPieces(phrases, cut(text, sizes)).flat();
      expect(found.sort((a, b) => a - b)).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('P19: … in texts of few letters, where everything overlaps', () => {
  const word = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\u0301'), maxLength: 5 });
  const text = fc.string({ unit: fc.constantFrom('a', 'b', 'A', ' ', '\u0301'), maxLength: 40 });
  fc.assert(
    fc.property(fc.array(word, { maxLength: 10 }), text, fc.infiniteStream(fc.nat(3)), (words, text, sizes) => {
      const expected = naiveFind(words, text);
      expect(new Phrases(words).find(text)).toEqual(expected);
      const found = findInPieces(new Phrases(words), cut(text, sizes)).flat();
      expect(found.sort((a, b) => a - b)).toEqual(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('streams of the same phrases know nothing of each other', () => {
  const phrases = new Phrases(['ab']);
  const [one, other] = [phrases.stream(), phrases.stream()];
  expect([one.push('a'), other.push('b '), one.push('b '), other.push('ab ')]).toEqual([[], [], [0], [0]]);
});

test('a subject names the phrase by index and keyed hash only', () => {
  const hmac = (key: string, text: string) => createHmac('sha256', key).update(text).digest('hex');
  expect(phraseSubject('run-1', 'Plan', 1)).toBe(`phrase:1:${hmac('run-1', 'Plan').slice(0, 16)}`);
  expect(phraseSubject('run-1', 'Plan', 1)).not.toBe(phraseSubject('run-2', 'Plan', 1));
});
