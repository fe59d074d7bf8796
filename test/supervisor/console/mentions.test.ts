import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { completionAt, longestFirst, mentionsOf } from '../../../supervisor/console/chat/mentions.ts';

const names = ['Ada', 'Ada 2', 'bot', 'Zoë'];

describe('a name about to be written', () => {
  it.each([
    ['@', ['Ada', 'Ada 2', 'bot', 'Zoë']],
    ['hello @a', ['Ada', 'Ada 2']],
    ['@ZO', ['Zoë']],
  ])('%s may be one of %j', (text, choices) => {
    expect(completionAt(text, text.length, names)?.choices).toEqual(choices);
  });

  it.each(['', 'hello', 'ada@b', '@x', '@bot'])('%j is none', (text) => {
    expect(completionAt(text, text.length, names)).toBeUndefined();
  });
});

describe('mentions in a text', () => {
  it('are found whatever their case, the longest name, whole', () => {
    expect(mentionsOf('@ada 2 and @Bot, not @botany', longestFirst(names))).toEqual([
      { text: '@ada 2', name: 'Ada 2' },
      { text: ' and ' },
      { text: '@Bot', name: 'bot' },
      { text: ', not @botany' },
    ]);
  });

  it('leave every character where it was', () => {
    const text = fc.array(fc.constantFrom('@', 'ada', ' 2', 'bot', ' ', ',', 'é'), { maxLength: 30 });
    fc.assert(
      fc.property(text, (parts) => {
        const pieces = mentionsOf(parts.join(''), longestFirst(names));
        expect(pieces.map((piece) => piece.text).join('')).toBe(parts.join(''));
      }),
    );
  });
});
