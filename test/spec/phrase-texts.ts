import fc from 'fast-check';

/** What folding means, in one go and without a thought to pieces. */
export function naiveFold(text: string): string {
  return text
    .toWellFormed()
    .replace(/\p{Default_Ignorable_Code_Point}/gu, '')
    .normalize('NFKC')
    .toLowerCase()
    .toUpperCase()
    .toLowerCase()
    .replaceAll('ς', 'σ')
    .normalize('NFKC')
    .replace(/[\s\u2800]+/gu, ' ')
    .trim();
}

/** Everything that makes folding in pieces hard; halves of surrogate pairs come as units of their own. */
const UNITS = [
  ...'aAbesSiIıİﬁﬀßẞςσΣωΩᾳᾼΐǰŉéÅÅÇçﾞﾟカｶﾞがか각가ㄱㅏㅏㄳㅎ한ＡａＦⅣ①½™㍿ﷺำ नि्ক়',
  ...['\u0300', '\u0301', '\u0308', '\u0323', '\u0345', '\u0307', '\u0327', '\u0328', '\u3099', '\u0334', '\u05b0'],
  ...['\u1100', '\u1161', '\u11a8', '\u11ab', '\uffa1', '\uffc2', '\u09c7', '\u09be', '\u0cc6', '\u0cc2', '\u0cd5'],
  ...[
    '\u200d',
    '\u200b',
    '\u00ad',
    '\ufe0f',
    '\u034f',
    '\u{e0001}',
    '\u180e',
    '\ufeff',
    '\u00a0',
    '\u3000',
    '\u2028',
    '\u2800',
  ],
  ...[' ', '\n', '\t', '\u00a8', '\u1fc1', '😀', '\u{1d165}', '\u{1d15e}', '\u{16d67}', '\u{16d63}', '𐐀', '𐐨', '𝔘'],
  ...['\ud83d', '\ude00', '\udb40', '\udc01', '\ud834', '\udd65', '.', '1'],
];

export const tricky: fc.Arbitrary<string> = fc
  .array(fc.constantFrom(...UNITS), { maxLength: 16 })
  .map((all) => all.join(''));

/** A text in pieces of those sizes, some of them empty. */
export function cut(text: string, sizes: Iterable<number>): string[] {
  const pieces: string[] = [];
  let at = 0;
  for (const size of sizes) {
    if (at >= text.length) break;
    pieces.push(text.slice(at, at + size));
    at += size;
  }
  return pieces;
}
