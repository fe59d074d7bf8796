import { describe, expect, it } from 'vitest';
import type { ConversationPolicy, EnforcementRule } from '../../../../spec/policy.ts';
import { JudgedLife, versionOf, type When } from './judging.ts';

const at = (ms: number): When => ({ ts: ms, receivedAt: ms });
const DENY: ConversationPolicy = { tools: { deny: ['pay'] } };
const rule = (severity: 'low' | 'high', count: number): EnforcementRule => {
  return { severity, count, within: 600_000, action: 'terminate' };
};

function violation(
  life: JudgedLife,
  broken: { rule: string; subject?: string; severity?: 'low' | 'high'; count?: number },
) {
  const said = { severity: 'low', subject: 'x', count: 1, action: 'blocked', ...broken } as const;
  return life.see('conversation.policy.violation', { policyVersion: versionOf(life.policy), ...said }, at(1)).verdict
    ?.action;
}

describe('what a bot says of a violation', () => {
  it.each(['tools.deny', 'tools.allow', 'tools', 'content.blockedPhrases'])('%s is grave, whatever it says', (name) => {
    const life = new JudgedLife({ enforcement: [rule('high', 1)] });
    expect(violation(life, { rule: name })).toBe('terminate');
  });

  it.each(['rates', 'turns.maxChars', 'toolshed'])('%s is as grave as it says', (name) => {
    const life = new JudgedLife({ enforcement: [rule('high', 1)] });
    expect([violation(life, { rule: name }), violation(life, { rule: name, severity: 'high', count: 2 })]).toEqual([
      undefined,
      'terminate',
    ]);
  });

  it('counts as often as its total has grown, the first one too', () => {
    const life = new JudgedLife({ enforcement: [rule('low', 10)] });
    const said = [3, 3, 8].map((count) => violation(life, { rule: 'rates', count }));
    // 3, then one more that says nothing new, then five.
    expect(said).toEqual([undefined, undefined, undefined]);
    expect(violation(life, { rule: 'rates', count: 9 })).toBe('terminate');
    expect(violation(new JudgedLife({ enforcement: [rule('low', 10)] }), { rule: 'rates', count: 10 })).toBe(
      'terminate',
    );
  });

  it('counts nothing twice where an older total comes after a newer one', () => {
    const life = new JudgedLife({ enforcement: [rule('low', 8)] });
    // 5, one more that says nothing new, and one.
    const said = [5, 4, 6].map((count) => violation(life, { rule: 'rates', count }));
    expect([...said, violation(life, { rule: 'rates', count: 7 })]).toEqual([
      undefined,
      undefined,
      undefined,
      'terminate',
    ]);
  });

  it('has a total for each thing that is broken', () => {
    const life = new JudgedLife({ enforcement: [rule('low', 4)] });
    const said = ['a', 'b', 'c'].map((subject) => violation(life, { rule: 'rates', subject, count: 1 }));
    expect([...said, violation(life, { rule: 'rates', subject: 'a', count: 2 })]).toEqual([
      undefined,
      undefined,
      undefined,
      'terminate',
    ]);
  });
});

describe('a policy that replaces another', () => {
  const unacknowledged = (life: JudgedLife) => {
    const [policyVersion, rule, severity] = [versionOf(DENY), 'unacknowledged', 'high'] as const;
    const said = { policyVersion, rule, severity, action: 'allowed', subject: versionOf(DENY), count: 1 } as const;
    life.see('conversation.policy.violation', said, at(10));
  };

  it('counts from the bot’s own word on', () => {
    const life = new JudgedLife({});
    life.load({}, at(1));
    life.apply(DENY, at(2));
    life.tool('pay', at(3));
    life.load(DENY, at(4));
    expect(life.overdue(60_000)).toEqual([]);
    life.tool('pay', at(5));
    expect(life.overdue(60_000)).toHaveLength(1);
  });

  it('counts without it when the bot has had its time', () => {
    const life = new JudgedLife({});
    life.load({}, at(1));
    life.apply(DENY, at(2));
    unacknowledged(life);
    life.tool('pay', at(11));
    expect(life.overdue(60_000)).toHaveLength(1);
  });

  it('counts at once for a bot that has never acknowledged any', () => {
    const life = new JudgedLife({});
    life.apply(DENY, at(2));
    life.tool('pay', at(3));
    expect(life.overdue(60_000)).toHaveLength(1);
  });
});

describe('a silence', () => {
  it('comes to light by whatever the bot says later, as far as its clock is believed', () => {
    const life = new JudgedLife(DENY);
    const heartbeat = { uptimeMs: 1, rssBytes: 1, queueFill: 0, published: 1, dropped: 0 };
    life.tool('pay', at(100_000));
    const beat = (when: When) => life.see('bot.health.heartbeat', heartbeat, when).unreported.length;
    expect([beat(at(101_999)), beat(at(102_000)), beat(at(103_000))]).toEqual([0, 1, 0]);
    life.tool('pay', at(110_000));
    // It says that no time has passed.
    const stopped = [120_000, 141_999, 142_000].map((receivedAt) => beat({ ts: 110_000, receivedAt }));
    expect(stopped).toEqual([0, 0, 1]);
  });

  it('does not come to light by what the supervisor says', () => {
    const life = new JudgedLife(DENY);
    life.tool('pay', at(100_000));
    const changed = { from: 'live', to: 'stopping', cause: 'requested' } as const;
    expect(life.see('supervisor.room.state.changed', changed, at(200_000)).unreported).toEqual([]);
  });
});
