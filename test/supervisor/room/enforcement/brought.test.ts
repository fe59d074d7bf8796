import { describe, expect, it } from 'vitest';
import type { TopicPayloads } from '../../../../spec/generated/topics.ts';
import { JudgedLife, type When } from './judging.ts';

const at = (ms: number, ts = ms): When => ({ ts, receivedAt: ms });
const received = { messageId: 'x', participantId: 'p-1', text: 'hello', at: 0 };

describe('what others bring into a room', () => {
  it('is no act of the bot’s, whatever its time says and whatever it is', () => {
    const life = new JudgedLife({
      tools: { deny: ['pay'] },
      turns: { maxPerSession: 1, maxChars: 3 },
      rates: [{ id: 'all', topic: '**', limit: 1, per: 60_000 }],
    });
    const far = at(1_000, 4_000_000_000_000);
    life.see('assistant.tool.invoked', { tool: 'pay', allowed: true }, far, 'http:partner');
    for (let i = 0; i < 5; i++) {
      life.see('room.message.sent', { ...received, participantId: 'bot' }, far, 'http:partner');
    }
    const violation = { policyVersion: 'x', severity: 'high', action: 'allowed', subject: 'pay', count: 9 } as const;
    const found = life.see('conversation.policy.violation', { ...violation, rule: 'tools.deny' }, far, 'http:partner');
    expect(found.verdict).toBeUndefined();
    life.overdue(1_000_000);
    expect(life.silences).toEqual([]);
  });

  it('moves no clock of the bot’s: what it does after a forged time is not late', () => {
    const life = new JudgedLife({ turns: { maxPerMinute: 1 } });
    const messages = (from: number) => [from, from + 100_000].map((ms) => life.message('m', at(ms)));
    life.see('room.message.received', received, at(0, 4_000_000_000_000), 'gateway');
    messages(1_000);
    life.see('room.message.received', received, at(150_000, 0), 'gateway');
    life.message('m', at(250_000));
    life.overdue(1_000_000);
    expect(life.silences).toEqual([]);
    life.message('m', at(251_000));
    life.overdue(1_000_000);
    expect(life.silences).toEqual(['turns.maxPerMinute maxPerMinute']);
  });

  it('lets the bot speak again', () => {
    const silences = (by: string | undefined) => {
      const life = new JudgedLife({ turns: { maxConsecutive: 1 } });
      for (let i = 0; i < 4; i++) {
        life.message('m', at(i * 10));
        if (by !== undefined) life.see('room.message.received', received, at(i * 10 + 5), by);
      }
      life.overdue(1_000_000);
      return life.silences;
    };
    expect(silences('gateway')).toEqual([]);
    // The bot isn't told of what others than the gateway bring.
    expect(silences('http:gateway')).toEqual(['turns.maxConsecutive maxConsecutive']);
    expect(silences(undefined)).toEqual(['turns.maxConsecutive maxConsecutive']);
  });
});

it('of what people say each message is one that the bot may have heard, and no more', () => {
  const life = new JudgedLife({ turns: { maxConsecutive: 2 } });
  for (let i = 0; i < 10; i++) life.see('room.message.received', received, at(i), 'gateway');
  // Two for each, two before all, and one under way.
  for (let i = 0; i < 23; i++) life.message('m', at(100));
  life.overdue(50_000);
  expect(life.silences).toEqual([]);
  life.message('m', at(50_000));
  life.overdue(100_000);
  expect(life.silences).toEqual(['turns.maxConsecutive maxConsecutive']);
});

describe('words that a room has masked', () => {
  const policy = { turns: { maxChars: 5, maxPerSession: 2 }, content: { blockedPhrases: ['mail'] } };
  const audit = (messageId: string): TopicPayloads['room.message.moderated'] => {
    return { messageId, participantId: 'bot', action: 'redacted', rules: ['e-mail'], at: 0 };
  };
  const sent = (messageId: string, text = '[e-mail]') => ({ messageId, participantId: 'bot', text, at: 0 });

  it('are not held against the bot, its other breaches are', () => {
    const life = new JudgedLife(policy);
    for (const id of ['a', 'b', 'c']) {
      life.see('room.message.sent', sent(id), at(1));
      life.see('room.message.moderated', audit(id), at(1), 'gateway');
    }
    life.overdue(1_000_000);
    expect(life.silences).toEqual(['turns.maxPerSession maxPerSession']);
  });

  it('are, where nobody but the gateway says so, or of another message', () => {
    for (const [id, by] of [
      ['a', 'http:partner'],
      ['a', undefined],
      ['b', 'gateway'],
    ] as const) {
      const life = new JudgedLife(policy);
      life.see('room.message.sent', sent('a'), at(1));
      life.see('room.message.moderated', audit(id), at(1), by);
      life.overdue(1_000_000);
      expect(life.silences).toHaveLength(2);
    }
  });

  it('excuse nothing that the bot has said beside them', () => {
    const life = new JudgedLife(policy);
    life.see('room.message.sent', sent('a', 'by mail to [e-mail]'), at(1));
    life.see('room.message.moderated', audit('a'), at(1), 'gateway');
    life.overdue(1_000_000);
    expect(life.silences).toEqual(['turns.maxChars maxChars', expect.stringMatching(/^content\.blockedPhrases /)]);
  });

  it.each([
    ['kept out', { action: 'dropped' }, 1],
    ['masked of a person', { participantId: 'p-1' }, 1],
    ['masked later', {}, 2],
  ] as const)('are another’s where a message of that id is %s', (_name, change, later) => {
    const life = new JudgedLife(policy);
    life.see('room.message.sent', sent('a'), at(1));
    for (let i = 1; i < later; i++) life.see('room.message.edited', received, at(1), 'gateway');
    life.see('room.message.moderated', { ...audit('a'), ...change }, at(1), 'gateway');
    life.overdue(1_000_000);
    expect(life.silences).toHaveLength(2);
  });

  it('excuse no words before or after', () => {
    for (const order of [
      ['a', 'b'],
      ['b', 'a'],
    ]) {
      const life = new JudgedLife(policy);
      for (const id of order) {
        life.see('room.message.sent', sent(id), at(1));
        if (id === 'a') life.see('room.message.moderated', audit(id), at(1), 'gateway');
      }
      life.overdue(1_000_000);
      expect(life.unreported.map(({ rule, count }) => [rule, count])).toEqual([
        ['turns.maxChars', 1],
        ['content.blockedPhrases', 1],
      ]);
    }
  });
});
