import fc from 'fast-check';
import { expect, test } from 'vitest';
import { Folding, fold } from '../../spec/phrase-fold.ts';
import { cut, naiveFold, tricky } from './phrase-texts.ts';

function inPieces(pieces: readonly string[]): string {
  const folding = new Folding();
  return (pieces.map((piece) => folding.push(piece)).join('') + folding.end()).trimEnd();
}

test.each([
  ['The SECRET\n\t plan! ', 'the secret plan!'],
  ['ﬁnance', 'finance'],
  ['ＦＵＬＬ', 'full'],
  ['cafe\u0301', 'café'],
  ['Straße STRAẞE', 'strasse strasse'],
  ['ΟΔΟΣ οδος', 'οδοσ οδοσ'],
  ['pass\u200bw\u00adord', 'password'],
  ['a\u00a0\u3000b', 'a b'],
  ['ｶﾞ', 'ガ'],
  ['\u314e\u314f\u3133', '\ud55b'],
  ['\u1112\u1161\u11ab', '한'],
  ['\ud83d', '\ufffd'],
  ['\ud83d\u200d\ude00', '\ufffd\ufffd'],
])('%j is folded to %j', (text, expected) => {
  expect(fold(text)).toBe(expected);
  expect(inPieces(text.split(''))).toBe(expected);
});

test('the cases of a letter are one', () => {
  const wrong: string[] = [];
  for (let code = 0; code <= 0xffff; code++) {
    const letter = String.fromCharCode(code);
    const cases = [letter.toLowerCase(), letter.toUpperCase()].filter((other) => fold(other) !== fold(letter));
    if (cases.length > 0) wrong.push(letter);
  }
  expect(wrong).toEqual([]);
});

test('text by text and unit by unit it is what folding in one go gives', () => {
  fc.assert(
    fc.property(tricky, fc.infiniteStream(fc.nat(4)), (text, sizes) => {
      const expected = naiveFold(text);
      expect(fold(text)).toBe(expected);
      expect(inPieces(cut(text, sizes))).toBe(expected);
      expect(inPieces(text.split(''))).toBe(expected);
    }),
    { numRuns: 3_000 },
  );
});

test('… for any text at all', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 30 }), (text) => {
      expect(inPieces(text.split(''))).toBe(naiveFold(text));
    }),
    { numRuns: 1_000 },
  );
});

test('… for every composition of Unicode, cut at every place, and for whatever changes when it is folded', () => {
  const wrong: string[] = [];
  const check = (text: string) => {
    if (inPieces([...text]) !== naiveFold(text)) wrong.push(text);
  };
  for (let code = 0; code <= 0x10ffff; code++) {
    if (code >= 0xd800 && code <= 0xdfff) continue;
    const character = String.fromCodePoint(code);
    const parts = character.normalize('NFKD');
    const plain = parts === character && !/\p{M}|\p{Cased}/u.test(character);
    if (parts !== character) {
      check(parts);
      check(character.normalize('NFD'));
      check(`${character}\u0301\u0323`);
    }
    if (plain && naiveFold(character) === character) continue;
    for (const before of ['e', 'か', '\u1100', '\uac00', 'ω\u0313', '\u0915', '\u{16d67}']) check(before + character);
  }
  expect(wrong).toEqual([]);
}, 120_000);

test('marks without end are not held back without end, and those beyond the 32nd say nothing', () => {
  const folding = new Folding();
  let out = folding.push('e');
  for (let i = 0; i < 10_000; i++) out += folding.push('\u0316');
  out += folding.push('\u0301');
  out += folding.end();
  expect(out).toBe(fold(`e${'\u0316'.repeat(32)}`));
  expect(fold(`e${'\u0316'.repeat(31)}\u0301`)).toBe(`é${'\u0316'.repeat(31)}`);
});

test.each([
  ['vowels', '\u1161'],
  ['compatible vowels', 'ㅠ'],
  ['ends of syllables', '\u11a8'],
  ['halves of pairs', '\ud83d'],
  ['other halves', '\ude00'],
  ['signs of two parts', '\u0e33'],
])('%s without end leave at once', (_, unit) => {
  const folding = new Folding();
  let folded = 0;
  for (let i = 0; i < 1_000; i++) folded += folding.push(unit).length;
  expect(folded).toBeGreaterThan(900);
});
