import { expect, test } from 'vitest';
import { wordsFor } from '../../../bot/chat/addressed.ts';

const self = { participantId: 'ann', names: ['ann', 'bot'], said: (messageId: string) => messageId === 'mine' };

test.each<[string, string]>([
  ['@bot who is here?', 'who is here?'],
  ['  @BOT, who is here?', 'who is here?'],
  ['@Ann: help', 'help'],
  ['bot: help', 'help'],
  ['Bot , help', 'help'],
  ['@bot', ''],
  ['@bot — help', 'help'],
  ['@bot say @bot', 'say @bot'],
])('A2: %j begins with its name, and says %j', (text, words) => {
  expect(wordsFor({ text }, self)).toBe(words);
});

test.each([
  'who is here?',
  'robot: help',
  '@bots help',
  '@bot2 help',
  '@bot-two help',
  '@bo help',
  'bot is broken',
  'Ann has left',
  'ask @bot for help',
  '@ada ask the bot: help',
  '@botänd',
  '',
])('A2: %j is for somebody else', (text) => {
  expect(wordsFor({ text }, self)).toBeUndefined();
});

test.each<[string, string]>([
  ['help, @bot!', 'help, !'],
  ['and @Ann, who is here', 'and , who is here'],
  ['@ada or @bot help', '@ada or  help'],
  ['help me, you there', 'help me, you there'],
  ['mail me at x@y.z', 'mail me at x@y.z'],
])('A2: a mention anywhere counts when the room says so: %j is %j', (text, words) => {
  expect(wordsFor({ text, mentions: ['ada', 'ann'] }, self)).toBe(words);
  expect(wordsFor({ text, mentions: ['ada'] }, self)).toBeUndefined();
});

test('A2: a reply to what it has said is for it, another one is not', () => {
  expect(wordsFor({ text: 'who is here?', replyTo: 'mine' }, self)).toBe('who is here?');
  expect(wordsFor({ text: '@ada no', replyTo: 'other' }, self)).toBeUndefined();
});
