import { describe, expect, test } from 'vitest';
import { Guard, type Violation } from '../../../bot/policy/guard.ts';
import { Speech } from '../../../bot/policy/speech.ts';
import { ConnectorError } from '../../../bot/rooms/port.ts';
import { Timeline } from '../../../bot/rooms/room-clock.ts';
import { payloadProblem } from '../../../spec/envelope.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { SPEC_VERSION, testBus } from '../../helpers/test-bus.ts';

function setUp(policy: ConversationPolicy) {
  const violations: Violation[] = [];
  let now = 0;
  const guard = new Guard({
    snapshot: { policyVersion: SPEC_VERSION, layers: [], policy },
    runId: 'run',
    monotonic: () => now,
    onViolation: (violation) => {
      expect(payloadProblem('conversation.policy.violation', violation)).toBeUndefined();
      violations.push(violation);
    },
  });
  const short = () => violations.splice(0).map(({ rule, subject, action, count }) => [rule, subject, action, count]);
  return { guard, short, violations, pass: (ms: number) => (now += ms) };
}

describe('tools', () => {
  test.each<[ConversationPolicy['tools'], string]>([
    [undefined, 'allowed'],
    [{ deny: ['payments.**'] }, 'allowed'],
    [{ deny: ['message.*'] }, 'tools.deny'],
    [{ allow: [['message.*'], ['**']] }, 'allowed'],
    [{ allow: [['message.*'], ['search.*']] }, 'tools.allow'],
    [{ allow: [[]] }, 'tools.allow'],
    [{ allow: [['message.send']], deny: ['message.send'] }, 'tools.deny'],
    [{ allow: [['search.*']], deny: ['message.send'] }, 'tools.deny'],
  ])('P19: with %j message.send is %s', (tools, verdict) => {
    const { guard } = setUp(tools === undefined ? {} : { tools });
    expect(guard.admits('message.send')).toBe(verdict);
  });

  test('P19: a refusal is a violation of high severity, counted by rule and tool', () => {
    const { guard, violations } = setUp({});
    for (const tool of ['a', 'b', 'a']) guard.refuse(tool, 'tools.deny');
    guard.refuse('a', 'tools.allow');
    expect(violations[0]).toEqual({
      policyVersion: SPEC_VERSION,
      rule: 'tools.deny',
      severity: 'high',
      action: 'blocked',
      subject: 'a',
      count: 1,
    });
    expect(violations.map(({ count }) => count)).toEqual([1, 1, 2, 1]);
  });
});

describe('turns', () => {
  test('P19: maxChars counts code points', () => {
    const { guard, short, violations } = setUp({ turns: { maxChars: 3 } });
    expect(guard.message('👍👍👍')).toBe(true);
    expect(guard.message('abcd')).toBe(false);
    expect(violations[0]?.severity).toBe('low');
    expect(short()).toEqual([['turns.maxChars', 'maxChars', 'blocked', 1]]);
  });

  test('P19: maxPerSession counts what was sent', () => {
    const { guard, short } = setUp({ turns: { maxPerSession: 2, maxChars: 1 } });
    expect(['a', 'too long', 'b', 'c'].map((text) => guard.message(text))).toEqual([true, false, true, false]);
    expect(short().at(-1)).toEqual(['turns.maxPerSession', 'maxPerSession', 'blocked', 1]);
  });

  test('P19: maxPerMinute looks back a minute from now', () => {
    const { guard, short, pass } = setUp({ turns: { maxPerMinute: 2 } });
    expect(guard.message('a')).toBe(true);
    pass(30_000);
    expect(guard.message('b')).toBe(true);
    pass(29_999);
    expect(guard.message('c')).toBe(false);
    pass(1);
    expect(guard.message('d')).toBe(true);
    expect(guard.message('e')).toBe(false);
    expect(short().map(([, , , count]) => count)).toEqual([1, 2]);
  });

  test('P19: maxConsecutive is about messages with nobody else in between', () => {
    const { guard, short } = setUp({ turns: { maxConsecutive: 1 } });
    expect([guard.message('a'), guard.message('b')]).toEqual([true, false]);
    guard.heard();
    expect([guard.message('c'), guard.message('d')]).toEqual([true, false]);
    expect(short()).toHaveLength(2);
  });
});

describe('rates and phrases', () => {
  test('P19: rates that cover messages apply; a blocked message costs no token', () => {
    const { guard, short, pass } = setUp({
      turns: { maxChars: 5 },
      rates: [
        { id: 'chat', topic: 'room.message.*', limit: 1, per: 1_000 },
        { id: 'all', topic: '**', limit: 2, per: 60_000 },
        { id: 'votes', topic: 'room.vote.*', limit: 0, per: 1_000 },
      ],
    });
    expect(guard.message('too long')).toBe(false);
    expect(guard.message('a')).toBe(true);
    expect(guard.message('b')).toBe(false);
    pass(1_000);
    expect(guard.message('c')).toBe(true);
    expect(guard.message('d')).toBe(false);
    expect(short()).toEqual([
      ['turns.maxChars', 'maxChars', 'blocked', 1],
      ['rates', 'chat', 'blocked', 1],
      ['rates', 'chat', 'blocked', 2],
      ['rates', 'all', 'blocked', 1],
    ]);
  });

  test('P19: phrases block, or are only reported', () => {
    for (const mode of ['block', 'report'] as const) {
      const { guard, violations } = setUp({ content: { blockedPhrases: ['secret'], mode } });
      expect(guard.message('a Secret')).toBe(mode === 'report');
      expect(violations).toMatchObject([
        { rule: 'content.blockedPhrases', severity: 'high', action: mode === 'report' ? 'allowed' : 'blocked' },
      ]);
      expect(JSON.stringify(violations).toLowerCase()).not.toContain('secret');
    }
    expect(setUp({ content: { blockedPhrases: ['secret'] } }).guard.message('secret')).toBe(false);
  });

  test('P19: every breach of one message is reported', () => {
    const { guard, short } = setUp({ turns: { maxChars: 1, maxPerSession: 0 }, content: { blockedPhrases: ['ab'] } });
    expect(guard.message('abc')).toBe(false);
    expect(short().map(([rule]) => rule)).toEqual(['turns.maxChars', 'turns.maxPerSession', 'content.blockedPhrases']);
  });
});

describe('speech', () => {
  function speaking(policy: ConversationPolicy, send = () => Promise.resolve({ messageId: 'm' })) {
    const parts = testBus();
    const { guard, violations } = setUp(policy);
    const said: string[] = [];
    const clock = new Timeline(parts.clock, 1, () => {});
    const room = { clock, send };
    const speech = new Speech({ bus: parts.bus, guard, room, participantId: 'bot', say: (line) => said.push(line) });
    return { ...parts, speech, violations, said };
  }

  test('P19: a message is a tool used, then a message sent', async () => {
    const { speech, envelopes } = speaking({});
    expect(await speech.send('hello')).toBe(true);
    expect(envelopes.map(({ topic, payload }) => [topic, payload])).toEqual([
      ['assistant.tool.invoked', { tool: 'message.send', allowed: true }],
      ['room.message.sent', { messageId: 'm', participantId: 'bot', text: 'hello', at: 0 }],
    ]);
  });

  test('P19: a tool that is denied is not used', async () => {
    const { speech, payloads, topics, violations } = speaking({ tools: { deny: ['**'] } }, () => expect.unreachable());
    expect(await speech.send('hello')).toBe(false);
    expect(payloads('assistant.tool.invoked')).toEqual([{ tool: 'message.send', allowed: false }]);
    expect(topics()).toEqual(['assistant.tool.invoked']);
    expect(violations).toMatchObject([{ rule: 'tools.deny', subject: 'message.send' }]);
  });

  test('P19: a message that is blocked stays here', async () => {
    const { speech, topics, violations } = speaking({ turns: { maxChars: 1 } }, () => expect.unreachable());
    expect(await speech.send('hello')).toBe(false);
    expect(topics()).toEqual(['assistant.tool.invoked']);
    expect(violations).toHaveLength(1);
  });

  test('a room that takes no message costs nothing but the message', async () => {
    const { speech, topics, said } = speaking({}, () => Promise.reject(new ConnectorError('closed', true)));
    expect(await speech.send('hello')).toBe(false);
    expect(topics()).toEqual(['assistant.tool.invoked']);
    expect(said).toEqual(['message not sent: closed']);
  });
});
