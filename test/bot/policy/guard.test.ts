import { describe, expect, test } from 'vitest';
import { Guard } from '../../../bot/policy/guard.ts';
import type { Violation } from '../../../bot/policy/violations.ts';
import { payloadProblem } from '../../../spec/envelope.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { SPEC_VERSION } from '../../helpers/test-bus.ts';

const OTHER_VERSION = `sha256:${'1'.repeat(64)}`;

function setUp(policy: ConversationPolicy) {
  const violations: Violation[] = [];
  const clock = new FakeClock();
  const guard = new Guard({
    snapshot: { policyVersion: SPEC_VERSION, layers: [], policy },
    runId: 'run',
    clock,
    onViolation: (violation) => {
      expect(payloadProblem('conversation.policy.violation', violation)).toBeUndefined();
      violations.push(violation);
    },
  });
  /** All that is reported, and what waits for more of its kind. */
  const short = () => {
    guard.flush();
    return violations.splice(0).map(({ rule, subject, action, count }) => [rule, subject, action, count]);
  };
  /** As speech does it. */
  const send = (text: string): boolean => {
    const allowed = guard.message(text) === 'allowed';
    if (allowed) guard.sent(text, guard.policyVersion);
    return allowed;
  };
  const use = (tool: string): boolean => {
    const broken = guard.use(tool);
    guard.report(broken);
    return broken.length === 0;
  };
  const renew = (policy: ConversationPolicy, policyVersion = OTHER_VERSION) =>
    guard.renew({ policyVersion, layers: [], policy });
  return { guard, clock, short, violations, send, use, renew, pass: (ms: number) => clock.advance(ms) };
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
    expect(guard.use('message.send').map(({ rule }) => rule)).toEqual(verdict === 'allowed' ? [] : [verdict]);
  });

  test('P19: a refusal is a violation of high severity, counted by rule and tool', () => {
    const { use, renew, guard, violations, short } = setUp({ tools: { deny: ['a', 'b'] } });
    for (const tool of ['a', 'b', 'c', 'a']) use(tool);
    expect(violations[0]).toEqual({
      policyVersion: SPEC_VERSION,
      rule: 'tools.deny',
      severity: 'high',
      action: 'blocked',
      subject: 'a',
      count: 1,
    });
    renew({ tools: { allow: [[]] } });
    use('a');
    guard.flush();
    expect(violations.map(({ policyVersion }) => policyVersion === SPEC_VERSION)).toEqual([true, true, true, false]);
    expect(short().map(([rule, subject, , count]) => [rule, subject, count])).toEqual([
      ['tools.deny', 'a', 1],
      ['tools.deny', 'b', 1],
      ['tools.deny', 'a', 2],
      ['tools.allow', 'a', 1],
    ]);
  });

  test('P19: rates that cover the use of tools keep them from being used; one that is kept from it costs nothing', () => {
    const { use, short, pass } = setUp({
      tools: { deny: ['x'] },
      rates: [
        { id: 'tools', topic: 'assistant.tool.invoked', limit: 1, per: 1_000 },
        { id: 'chat', topic: 'room.message.sent', limit: 0, per: 1_000 },
      ],
    });
    expect(['x', 'a', 'b'].map(use)).toEqual([false, true, false]);
    pass(1_000);
    expect(use('c')).toBe(true);
    expect(short()).toEqual([
      ['tools.deny', 'x', 'blocked', 1],
      ['rates', 'tools', 'blocked', 1],
    ]);
  });
});

describe('turns', () => {
  test('P19: maxChars counts code points', () => {
    const { send, short, violations } = setUp({ turns: { maxChars: 3 } });
    expect(send('👍👍👍')).toBe(true);
    expect(send('abcd')).toBe(false);
    expect(violations[0]?.severity).toBe('low');
    expect(short()).toEqual([['turns.maxChars', 'maxChars', 'blocked', 1]]);
  });

  test('P19: maxPerSession counts what was sent', () => {
    const { send, short } = setUp({ turns: { maxPerSession: 2, maxChars: 1 } });
    expect(['a', 'too long', 'b', 'c'].map((text) => send(text))).toEqual([true, false, true, false]);
    expect(short().at(-1)).toEqual(['turns.maxPerSession', 'maxPerSession', 'blocked', 1]);
  });

  test('P19: maxPerMinute looks back a minute from now', () => {
    const { send, short, pass } = setUp({ turns: { maxPerMinute: 2 } });
    expect(send('a')).toBe(true);
    pass(30_000);
    expect(send('b')).toBe(true);
    pass(29_999);
    expect(send('c')).toBe(false);
    pass(1);
    expect(send('d')).toBe(true);
    expect(send('e')).toBe(false);
    expect(short()).toEqual([
      ['turns.maxPerMinute', 'maxPerMinute', 'blocked', 1],
      ['turns.maxPerMinute', 'maxPerMinute', 'blocked', 2],
    ]);
  });

  test('P19: maxConsecutive is about messages with nobody else in between', () => {
    const { guard, send, short } = setUp({ turns: { maxConsecutive: 1 } });
    expect([send('a'), send('b')]).toEqual([true, false]);
    guard.heard();
    expect([send('c'), send('d')]).toEqual([true, false]);
    expect(short().map(([, , , count]) => count)).toEqual([1, 2]);
  });
});

describe('rates and phrases', () => {
  test('P19: rates that cover messages apply; a blocked message costs no token', () => {
    const { send, short, pass } = setUp({
      turns: { maxChars: 5 },
      rates: [
        { id: 'chat', topic: 'room.message.*', limit: 1, per: 1_000 },
        { id: 'all', topic: '**', limit: 2, per: 60_000 },
        { id: 'votes', topic: 'room.vote.*', limit: 0, per: 1_000 },
      ],
    });
    expect(send('too long')).toBe(false);
    expect(send('a')).toBe(true);
    expect(send('b')).toBe(false);
    pass(1_000);
    expect(send('c')).toBe(true);
    expect(send('d')).toBe(false);
    expect(short()).toEqual([
      ['turns.maxChars', 'maxChars', 'blocked', 1],
      ['rates', 'chat', 'blocked', 1],
      ['rates', 'chat', 'blocked', 2],
      ['rates', 'all', 'blocked', 1],
    ]);
  });

  test('P19: phrases block, or are only reported', () => {
    for (const mode of ['block', 'report'] as const) {
      const { send, violations } = setUp({ content: { blockedPhrases: ['secret'], mode } });
      expect(send('a Secret')).toBe(mode === 'report');
      expect(violations).toMatchObject([
        { rule: 'content.blockedPhrases', severity: 'high', action: mode === 'report' ? 'allowed' : 'blocked' },
      ]);
      expect(JSON.stringify(violations).toLowerCase()).not.toContain('secret');
    }
    expect(setUp({ content: { blockedPhrases: ['secret'] } }).send('secret')).toBe(false);
  });

  test('P19: every breach of one message is reported', () => {
    const { send, short } = setUp({ turns: { maxChars: 1, maxPerSession: 0 }, content: { blockedPhrases: ['ab'] } });
    expect(send('abc')).toBe(false);
    expect(short().map(([rule]) => rule)).toEqual(['turns.maxPerSession', 'turns.maxChars', 'content.blockedPhrases']);
  });
});

describe('a message in pieces', () => {
  test('P19: is blocked by the piece that makes it too long, and says so once', () => {
    const { guard, violations } = setUp({ turns: { maxChars: 3 } });
    const utterance = guard.utterance();
    expect(['a', '\ud83d', '', '\udc4d', 'b'].map((piece) => utterance.push(piece))).toEqual(Array(5).fill('allowed'));
    expect(violations).toEqual([]);
    expect([utterance.push('c'), utterance.push('d'), utterance.end()]).toEqual(Array(3).fill('blocked'));
    guard.flush();
    expect(violations).toMatchObject([{ rule: 'turns.maxChars', count: 1 }]);
  });

  test('P19: is blocked by the piece that completes a phrase, or by its end', () => {
    const { guard, violations, short } = setUp({ content: { blockedPhrases: ['secret plan', 'b'] } });
    const utterance = guard.utterance();
    expect(['the sec', 'ret', ' Pl', 'an'].map((piece) => utterance.push(piece))).toEqual(Array(4).fill('allowed'));
    expect(utterance.push('.')).toBe('blocked');
    expect(violations).toMatchObject([{ rule: 'content.blockedPhrases' }]);
    expect([utterance.push(' secret plan '), utterance.push('b')]).toEqual(['blocked', 'blocked']);
    expect(utterance.end()).toBe('blocked');
    expect(short().map(([, subject]) => String(subject).slice(0, 9))).toEqual(['phrase:0:', 'phrase:1:']);
  });

  test('P19: that is only to be reported passes', () => {
    const { guard, short } = setUp({ content: { blockedPhrases: ['ab'], mode: 'report' } });
    const utterance = guard.utterance();
    expect([utterance.push('a'), utterance.push('b'), utterance.end()]).toEqual(Array(3).fill('allowed'));
    expect(short()).toMatchObject([['content.blockedPhrases', expect.anything(), 'allowed', 1]]);
  });

  test('P19: is blocked from its first piece on when there may be no message at all, and told so once', () => {
    const policy = { turns: { maxPerSession: 0 }, rates: [{ id: 'r', topic: '**', limit: 0, per: 1 }] };
    const { guard, violations } = setUp(policy);
    const utterance = guard.utterance();
    expect([utterance.push(''), utterance.push('a'), utterance.end()]).toEqual(Array(3).fill('blocked'));
    expect(guard.utterance().end()).toBe('blocked');
    expect(violations.map(({ rule, count }) => [rule, count])).toEqual([
      ['turns.maxPerSession', 1],
      ['rates', 1],
    ]);
  });
});

describe('another policy', () => {
  test('P19: counts what was sent before', () => {
    const { send, renew, short } = setUp({});
    expect(['a', 'b'].map(send)).toEqual([true, true]);
    renew({ turns: { maxPerSession: 2, maxPerMinute: 2, maxConsecutive: 2 } });
    expect(send('c')).toBe(false);
    expect(short().map(([rule]) => rule)).toEqual([
      'turns.maxPerSession',
      'turns.maxPerMinute',
      'turns.maxConsecutive',
    ]);
  });

  test('P19: leaves a rate that has changed as full as it was, and a new one is full', () => {
    const { send, renew, short, pass } = setUp({ rates: [{ id: 'chat', topic: '**', limit: 4, per: 1_000 }] });
    for (let i = 0; i < 3; i++) expect(send('a')).toBe(true);
    renew({ rates: [{ id: 'chat', topic: '**', limit: 8, per: 1_000_000 }] });
    expect([send('b'), send('c'), send('d')]).toEqual([true, true, false]);
    renew({ rates: [{ id: 'talk', topic: '**', limit: 1, per: 1_000_000 }] }, SPEC_VERSION);
    expect([send('e'), send('f')]).toEqual([true, false]);
    pass(1_000_000);
    expect([send('g'), send('h')]).toEqual([true, false]);
    expect(short().map(([, subject, , count]) => [subject, count])).toEqual([
      ['chat', 1],
      ['talk', 1],
      ['talk', 2],
    ]);
  });

  test('P19: leaves a rate that stays alone, whatever else there was under its id', () => {
    const strict = { id: 'chat', topic: '**', limit: 1, per: 1_000_000 };
    const lax = { ...strict, limit: 4 };
    const { send, renew } = setUp({ rates: [strict, lax] });
    expect([send('a'), send('b')]).toEqual([true, false]);
    renew({ rates: [lax] });
    expect([send('c'), send('d'), send('e'), send('f')]).toEqual([true, true, true, false]);
    renew({ rates: [{ ...strict, limit: 9 }] }, SPEC_VERSION);
    expect(send('g')).toBe(false);
  });

  test('P19: replaces phrases, tools and what becomes of phrases, and names itself', () => {
    const { guard, send, use, renew, violations } = setUp({ content: { blockedPhrases: ['old'] } });
    renew({ tools: { deny: ['t'] }, content: { blockedPhrases: ['new'], mode: 'report' } });
    expect([send('old'), send('new'), use('t')]).toEqual([true, true, false]);
    expect(guard.policyVersion).toBe(OTHER_VERSION);
    expect(violations.map(({ policyVersion, action }) => [policyVersion, action])).toEqual([
      [OTHER_VERSION, 'allowed'],
      [OTHER_VERSION, 'blocked'],
    ]);
  });

  test('P19: of the version that is kept already changes nothing', () => {
    const { send, renew } = setUp({ rates: [{ id: 'chat', topic: '**', limit: 1, per: 1_000 }] });
    expect(send('a')).toBe(true);
    renew({}, SPEC_VERSION);
    expect(send('b')).toBe(false);
  });

  test('P19: that comes while a message is on its way is told what that one breaks of it', () => {
    const { guard, renew, short } = setUp({});
    expect(guard.message('a secret')).toBe('allowed');
    renew({ turns: { maxChars: 1 }, content: { blockedPhrases: ['secret'] } });
    guard.sent('a secret', SPEC_VERSION);
    expect(short()).toMatchObject([
      ['turns.maxChars', 'maxChars', 'allowed', 1],
      ['content.blockedPhrases', expect.anything(), 'allowed', 1],
    ]);
  });
});
