import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { PhraseGuard } from '../../../bot/policy/phrases.ts';

test.each([
  ['secret plan', 'The SECRET\n\t plan!'],
  ['straße', 'In der STRASSE'],
  ['ﬁnance', 'finance'],
  ['ＦＵＬＬ', 'full'],
  ['café', 'cafe\u0301'],
  ['ΟΔΟΣ', 'οδοσ'],
  ['ΟΔΟΣ', 'οδοστρωμα'],
  ['password', 'pass\u200bword'],
  ['password', 'p\u00adassword'],
  ['word', 'passwords'],
])('P19: %j is found in %j', (phrase, text) => {
  expect(new PhraseGuard([phrase], 'key').find(text)).toHaveLength(1);
});

test.each([
  ['secret plan', 'a plan, secret'],
  ['\u200b', 'anything'],
])('%j is not found in %j', (phrase, text) => {
  expect(new PhraseGuard([phrase], 'key').find(text)).toEqual([]);
});

test('a match names the phrase by index and keyed hash only', () => {
  const hash = createHmac('sha256', 'run-1').update('Plan').digest('hex').slice(0, 16);
  expect(new PhraseGuard(['other', 'Plan'], 'run-1').find('the plan')).toEqual([{ subject: `phrase:1:${hash}` }]);
  expect(new PhraseGuard(['other', 'Plan'], 'run-2').find('the plan')).not.toEqual([{ subject: `phrase:1:${hash}` }]);
});
