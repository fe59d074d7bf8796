import fc from 'fast-check';
import { expect, test } from 'vitest';
import { sha256 } from '../../../bot/policy/sha256.ts';
import { sha256 as judge } from '../../../spec/version.ts';

test('the hash is that of node:crypto, for every length around the ends of blocks and of what is short', () => {
  const lengths = [...Array.from({ length: 260 }, (_, i) => i), 4_095, 4_096, 4_097, 100_000];
  for (const length of lengths) expect(sha256('x'.repeat(length))).toBe(judge('x'.repeat(length)));
});

test('… and for any text', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary', maxLength: 1_500 }), (text) => {
      expect(sha256(text)).toBe(judge(text));
    }),
  );
});
