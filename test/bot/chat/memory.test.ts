import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Remembered } from '../../../bot/chat/remembered.ts';
import { Roster } from '../../../bot/chat/roster.ts';
import { Talk } from '../../../bot/chat/talk.ts';

describe('who is in the room', () => {
  test('comes, changes names and goes; bots are no people', () => {
    const roster = new Roster();
    roster.set({ participantId: 'a', name: 'Ada', isBot: false });
    roster.set({ participantId: 'x', name: 'X', isBot: true });
    roster.set({ participantId: 'b', isBot: false });
    expect([roster.people, roster.isBot('x'), roster.isBot('a'), roster.isBot('?')]).toEqual([
      ['Ada', 'b'],
      true,
      false,
      false,
    ]);
    roster.set({ participantId: 'a', name: 'Ada L.', isBot: false });
    roster.left('b');
    roster.left('nobody');
    expect([roster.people, roster.nameOf('a'), roster.nameOf('b')]).toEqual([['Ada L.'], 'Ada L.', 'b']);
  });

  test('is bounded, and so are names', () => {
    const roster = new Roster();
    for (let i = 0; i < 1_100; i++) roster.set({ participantId: `p${i}`, isBot: false });
    roster.set({ participantId: 'p0', name: '👍'.repeat(100), isBot: false });
    expect([roster.people.length, roster.people[0]]).toEqual([1_000, '👍'.repeat(40)]);
  });
});

test('who wrote how much: as a count of the last five minutes would have it', () => {
  const message = fc.record({ participantId: fc.constantFrom('a', 'b', 'c'), after: fc.nat(60_000) });
  const property = fc.property(fc.array(message, { maxLength: 60 }), fc.nat(400_000), (messages, wait) => {
    const talk = new Talk();
    const all: { participantId: string; at: number }[] = [];
    let at = 0;
    for (const { participantId, after } of messages) {
      at += after;
      all.push({ participantId, at });
      talk.wrote(participantId, at);
    }
    const now = at + wait;
    const lately = all.filter((one) => one.at > now - 300_000);
    const parts = talk.parts(now);
    for (const { participantId, messages: count, share } of parts) {
      expect(count).toBe(lately.filter((one) => one.participantId === participantId).length);
      expect(share).toBe(count / lately.length);
    }
    expect(parts.map(({ participantId }) => participantId).sort()).toEqual(
      [...new Set(lately.map(({ participantId }) => participantId))].sort(),
    );
    expect(parts.map(({ messages: count }) => count)).toEqual(
      parts.map(({ messages: count }) => count).sort((x, y) => y - x),
    );
  });
  fc.assert(property);
});

test('of very many messages the oldest are forgotten', () => {
  const talk = new Talk();
  for (let i = 0; i < 10_005; i++) talk.wrote(i < 10 ? 'first' : 'later', 0);
  expect(talk.parts(1).map(({ messages }) => messages)).toEqual([9_995, 5]);
});

test('a set of names that is full forgets the oldest', () => {
  const names = new Remembered(2);
  for (const name of ['a', 'b', 'c']) names.add(name);
  expect(['a', 'b', 'c'].map((name) => names.has(name))).toEqual([false, true, true]);
});
