import { describe, expect, test } from 'vitest';
import { readSnapshot, SnapshotError, verifySnapshot } from '../../../bot/policy/snapshot.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { canonicalJson, sha256 } from '../../../spec/version.ts';

const full: ConversationPolicy = {
  tools: { allow: [['search.*'], ['**']], deny: ['payments.**'] },
  turns: { maxPerSession: 1, maxPerMinute: 2, maxConsecutive: 3, maxChars: 4 },
  rates: [{ id: 'chat', topic: 'room.message.sent', limit: 1, per: 1_000 }],
  content: { blockedPhrases: ['x'], mode: 'report' },
  attention: { cooldown: 1, mentionsBypassCooldown: true },
  enforcement: [{ severity: 'high', count: 1, within: 1, action: 'warn' }],
};

function snapshot(policy: unknown, change: object = {}): string {
  return JSON.stringify({ policyVersion: sha256(canonicalJson(policy)), layers: ['defaults'], policy, ...change });
}

describe('P18: a snapshot', () => {
  test.each([[{}], [full]])('that is whole is believed: %j', (policy) => {
    expect(verifySnapshot(snapshot(policy))).toEqual({
      policyVersion: sha256(canonicalJson(policy)),
      layers: ['defaults'],
      policy,
    });
  });

  test('is believed whatever the order of its keys', () => {
    const reordered = Object.fromEntries(Object.entries(full).reverse());
    expect(verifySnapshot(snapshot(full, { policy: reordered })).policy).toEqual(full);
  });

  test('whose policy was changed is refused, with what was expected and got', () => {
    const text = snapshot(full, { policy: { ...full, turns: { maxChars: 1_000 } } });
    const got = sha256(canonicalJson(full));
    expect(() => verifySnapshot(text)).toThrow(SnapshotError);
    expect(() => verifySnapshot(text)).toThrow(
      new RegExp(`expected the policy's hash sha256:[0-9a-f]{64}, got ${got}`),
    );
  });

  test.each<[unknown, RegExp]>([
    [{ tools: { allow: ['search.*'] } }, /policy.tools.allow.0: expected a list/],
    [{ tools: { deny: ['a..b'] } }, /policy.tools.deny.0: expected a name or a pattern/],
    [{ turns: { maxChars: -1 } }, /policy.turns.maxChars: expected a whole number/],
    [{ turns: { maxWords: 1 } }, /policy.turns.maxWords: expected nothing that this bot doesn't know/],
    [{ rates: [{ id: 'a', topic: '**', limit: 1 }] }, /policy.rates.0.per: expected a value/],
    [{ content: { mode: 'shout' } }, /policy.content.mode: expected block or report/],
    [{ attention: { mentionsBypassCooldown: 'yes' } }, /true or false/],
    [[], /policy: expected an object/],
    [null, /policy: expected an object/],
  ])('whose policy is %j is refused: this bot could not keep to it', (policy, message) => {
    expect(() => verifySnapshot(snapshot(policy))).toThrow(SnapshotError);
    expect(() => verifySnapshot(snapshot(policy))).toThrow(message);
  });

  test.each(['', 'null', '7', '{}', snapshot({}, { layers: 'all' }), snapshot({}, { policyVersion: 'v1' })])(
    'that is none is refused: %s',
    (text) => {
      expect(() => verifySnapshot(text)).toThrow(SnapshotError);
    },
  );

  test('that is not there is refused', () => {
    expect(() => readSnapshot('/nowhere/policy.json')).toThrow('expected a readable policy snapshot, got ENOENT');
  });
});
