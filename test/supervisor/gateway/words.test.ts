import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { isEmoji } from '../../../supervisor/gateway/emoji.ts';
import { mentionsIn } from '../../../supervisor/gateway/mentions.ts';
import { readName, uniqueName } from '../../../supervisor/gateway/names.ts';
import { Seats } from '../../../supervisor/gateway/seats.ts';

/** A flag in which words are hidden. */
const HIDDEN = `🏴${[...'words'].map((c) => String.fromCodePoint(0xe0000 + c.charCodeAt(0))).join('')}\u{e007f}`;

describe('an emoji', () => {
  it.each(['👍', '👍🏽', '❤', '❤️', '🇨🇭', '👨‍👩‍👧‍👦', '1️⃣', '🏴󠁧󠁢󠁥󠁮󠁧󠁿', '🏳️‍🌈'])('is %s', (text) =>
    expect(isEmoji(text)).toBe(true),
  );

  it.each([
    '',
    'a',
    '1',
    '#',
    '👍👍',
    '👍 ',
    ' 👍',
    'ok',
    '\u200d',
    '\ufe0f',
    '👍\u0301',
    '👍'.repeat(20),
    '<b>',
    HIDDEN,
  ])('is not %j', (text) => expect(isEmoji(text)).toBe(false));
});

describe('a mention', () => {
  const people = [
    { participantId: 'a', name: 'Ada' },
    { participantId: 'l', name: 'Ada Lovelace' },
    { participantId: 'z', name: 'Zoë' },
    { participantId: 'bot', name: 'bot' },
  ];
  it.each([
    ['@ada', ['a']],
    ['hi @ADA LOVELACE!', ['l']],
    ['@Ada Lovelacey', ['a']],
    ['@adam', []],
    ['@ada_', []],
    ['@ada2', []],
    ['@zoË, @bot. @zoë', ['z', 'bot']],
    ['mail ada@bot', []],
    ['(@bot)', ['bot']],
    ['@@bot', ['bot']],
    ['@ bot', []],
    ['🙂@bot🙂', ['bot']],
    ['𝒜@bot', []],
    ['@', []],
  ] as const)('in %j', (text, ids) => expect(mentionsIn(text, people)).toEqual(ids));

  it('of the bot is taken away by nobody who is called nearly so', () => {
    const bot = [{ participantId: 'bot', name: 'bot' }];
    expect(mentionsIn('@bot help', [{ participantId: 'e', name: 'bot help' }], bot)).toEqual(['bot', 'e']);
    expect(mentionsIn('@bothelp', [{ participantId: 'e', name: 'bothelp' }], bot)).toEqual(['e']);
  });

  it('is of somebody who is there, at most 32 of them', () => {
    const many = Array.from({ length: 50 }, (_, i) => ({ participantId: `${i}`, name: `n${i}` }));
    expect(mentionsIn(many.map(({ name }) => `@${name}`).join(' '), many)).toHaveLength(32);
    fc.assert(
      fc.property(fc.string({ unit: 'grapheme' }), (text) =>
        mentionsIn(text, people).every((id) => text.includes('@') && id),
      ),
    );
  });
});

describe('a name', () => {
  it('is another one than all that are taken, and fits', () => {
    const name = fc.string({ unit: 'grapheme', maxLength: 70 }).map(readName);
    fc.assert(
      fc.property(fc.array(name, { maxLength: 12 }), (wanted) => {
        const taken: string[] = [];
        for (const each of wanted) if (each !== undefined) taken.push(uniqueName(each, taken));
        return (
          new Set(taken).size === taken.length && taken.every((each) => [...each].length <= 64 && each.trim() !== '')
        );
      }),
    );
    for (const blank of ['\u2800', '\u115f', '\u3164', '\uffa0']) {
      expect(readName(blank)).toBeUndefined();
      expect(uniqueName(`bot${blank}`, ['bot'])).toBe(`bot${blank} 2`);
    }
    expect(uniqueName('x'.repeat(64), ['X'.repeat(64)])).toBe(`${'x'.repeat(62)} 2`);
    expect(uniqueName('Straße', ['STRASSE'])).toBe('Straße 2');
  });
});

describe('a name with letters that look alike', () => {
  it.each(['b\u043et', 'b\u03bft', 'A\u0501a', 'bo\u{1d42d}\u0430'])('is none: %j', (name) =>
    expect(readName(name)).toBeUndefined(),
  );

  it.each(['Ада', 'Ada Иванова', 'Ζωή', 'Zoë', 'Ada3', 'ユキ Yuki', 'YukiユキさんB', '李Ada', 'مريم', '🙂'])(
    'is not %s',
    (name) => expect(readName(name)).toBe(name),
  );
});

describe('a seat', () => {
  it('is read by whoever has its key, and by nobody when a character is another one', () => {
    const seats = new Seats(Buffer.alloc(32, 1));
    const seat = { roomId: 'lobby', participantId: 'p-1', name: 'Zoë', since: 17 };
    const text = seats.write(seat);
    expect(seats.read(text)).toEqual(seat);
    expect(new Seats(Buffer.alloc(32, 2)).read(text)).toBeUndefined();
    fc.assert(
      fc.property(fc.nat(text.length - 2), fc.constantFrom('A', 'b', '.', '-', '"'), (at, other) => {
        const changed = text.slice(0, at) + other + text.slice(at + 1);
        return changed === text || seats.read(changed) === undefined;
      }),
    );
    fc.assert(fc.property(fc.string(), (any) => seats.read(any) === undefined));
  });
});
