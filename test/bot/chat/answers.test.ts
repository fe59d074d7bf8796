import { describe, expect, test } from 'vitest';
import { answerTo, type RoomKnowledge } from '../../../bot/chat/answers.ts';
import type { Part } from '../../../bot/chat/talk.ts';

const room = (people: string[] = [], parts: Part[] = []): RoomKnowledge => ({
  people,
  parts,
  nameOf: (participantId) => participantId.toUpperCase(),
});
const part = (participantId: string, messages: number, share: number): Part => ({ participantId, messages, share });
const text = (words: string, knowledge = room()) => answerTo(words, knowledge).text;

describe('what the bot answers', () => {
  test.each(['help', 'Help!', 'what can you do?', 'what  can you do'])('to %j: what it can do', (words) => {
    expect(text(words)).toMatch(/^I am a small bot, not a language model\..*who is here.*who speaks most.*say …/);
  });

  test.each(['who is here', 'Who’s here?', "who's there", 'whos here', 'who is in here, ?'])(
    'to %j: who is',
    (words) => {
      expect(text(words, room(['Ada']))).toBe('Only Ada, and I.');
    },
  );

  test('to who is here: all of few, and how many of many', () => {
    const names = Array.from({ length: 12 }, (_, i) => `n${i}`);
    expect(text('who is here', room(names.slice(0, 2)))).toBe('n0 and n1, and I.');
    expect(text('who is here', room(names.slice(0, 3)))).toBe('n0, n1 and n2, and I.');
    expect(text('who is here', room(names.slice(0, 10)))).toBe(`${names.slice(0, 9).join(', ')} and n9, and I.`);
    expect(text('who is here', room(names))).toBe(`${names.slice(0, 10).join(', ')} and 2 more, and I.`);
    expect(text('who is here', room())).toBe('I know of nobody but you and me.');
  });

  test('to who speaks most: shares of what was written, in words', () => {
    const ask = (...parts: Part[]) => text('Who speaks the most?', room([], parts));
    expect(ask()).toBe('In the last 5 minutes nobody has written anything, but to me.');
    expect(ask(part('ada', 1, 1))).toBe('In the last 5 minutes, ADA: 1 message, 100 % of all.');
    expect(ask(part('ada', 6, 0.6), part('bo', 3, 0.3), part('cy', 1, 0.1))).toBe(
      'In the last 5 minutes, ADA: 6 messages, 60 % of all. Then BO (30 %) and CY (10 %).',
    );
  });

  test.each<[string, string]>([
    ['say Hello, World!', 'Hello, World!'],
    ['SAY  two  words ', 'two  words'],
    ['say say it', 'say it'],
    ['say\nso', 'so'],
  ])('to %j: %j', (words, expected) => {
    expect(answerTo(words, room())).toEqual({ text: expected, repeats: true });
  });

  test('to everything else: how to go on', () => {
    for (const words of ['', 'sing', 'saying', 'who is here with me', 'help yourself']) {
      expect(answerTo(words, room())).toEqual({ text: expect.stringMatching(/^That is beyond me.*“@bot help”/) });
    }
    expect(answerTo('say  ', room())).toEqual({ text: 'Gladly: what shall I say?' });
  });
});
