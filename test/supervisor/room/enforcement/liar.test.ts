import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationPolicy } from '../../../../spec/policy.ts';
import { JudgedLife } from './judging.ts';

const NOW = 1_700_000_000_000;
/** A bot's clock is believed so far, and what it says counts for a minute but for this. */
const LAG = 30_000;
const SENDING = 5_000;

/** How a liar's clock is wrong at a moment: old, honest, ahead, or anything. */
const forgery = fc.oneof(
  fc.constant((_at: number) => 0),
  fc.constant((at: number) => at),
  fc.constant((at: number) => at - 3_600_000),
  fc.constant((at: number) => at + 3_600_000),
  fc.integer().map((seed) => (at: number) => at - Math.abs((seed * (at % 9_973)) % 100_000)),
);

/** Messages over a span of time, evenly, by a bot that keeps silent about it. */
function spoken(policy: ConversationPolicy, count: number, span: number, clock: (at: number) => number): string[] {
  const judged = new JudgedLife(policy, NOW);
  for (let i = 0; i < count; i++) {
    const receivedAt = NOW + Math.round((i * span) / count);
    judged.message('hi', { ts: Math.max(0, clock(receivedAt)), receivedAt });
  }
  judged.overdue(NOW + span + 60_000);
  return judged.silences;
}

describe('a bot that exceeds by more than what is tolerated, and says nothing', () => {
  const spans = fc.nat(180_000);

  it('is accused of its rate, whatever its clock says', () => {
    const property = fc.property(
      fc.nat(20),
      fc.integer({ min: 1_000, max: 60_000 }),
      spans,
      forgery,
      (limit, per, span, clock) => {
        const gained = (limit * (span + LAG + SENDING)) / per;
        const count = Math.ceil(limit + Math.max(1, gained)) + 3;
        const rates = [{ id: 'chat', topic: 'room.*.*', limit, per }];
        expect(spoken({ rates }, count, span, clock)).toEqual(['rates chat']);
      },
    );
    fc.assert(property, { numRuns: 200 });
  });

  it('is accused of its messages a minute', () => {
    const property = fc.property(fc.nat(10), spans, forgery, (maxPerMinute, span, clock) => {
      const windows = Math.ceil((span + LAG) / (60_000 - SENDING)) + 1;
      const said = spoken({ turns: { maxPerMinute } }, maxPerMinute * windows + 1, span, clock);
      expect(said).toEqual(['turns.maxPerMinute maxPerMinute']);
    });
    fc.assert(property, { numRuns: 1_000 });
  });

  it('is accused of its messages a session, and in a row', () => {
    const property = fc.property(fc.nat(10), spans, forgery, (limit, span, clock) => {
      expect(spoken({ turns: { maxPerSession: limit } }, limit + 1, span, clock)).toEqual([
        'turns.maxPerSession maxPerSession',
      ]);
      expect(spoken({ turns: { maxConsecutive: limit } }, limit + 2, span, clock)).toEqual([
        'turns.maxConsecutive maxConsecutive',
      ]);
    });
    fc.assert(property, { numRuns: 300 });
  });
});

describe('what a bot says', () => {
  const DENY = { tools: { deny: ['pay.**'] } };
  const at = (ms: number) => ({ ts: NOW + ms, receivedAt: NOW + ms });
  const violation = { policyVersion: `sha256:${'0'.repeat(64)}`, severity: 'high', count: 1 } as const;

  it('excuses what it let pass, and nothing that it says it prevented', () => {
    for (const action of ['allowed', 'blocked'] as const) {
      const judged = new JudgedLife(DENY, NOW);
      judged.tool('pay.now', at(0));
      judged.see(
        'conversation.policy.violation',
        { ...violation, rule: 'tools.deny', subject: 'pay.now', action },
        at(1),
      );
      judged.overdue(NOW + 60_000);
      expect(judged.silences).toEqual(action === 'blocked' ? ['tools.deny pay.now'] : []);
    }
  });

  it('that it was kept from using a tool is no use of it', () => {
    const judged = new JudgedLife(DENY, NOW);
    judged.see('assistant.tool.invoked', { tool: 'pay.now', allowed: false }, at(0));
    judged.overdue(NOW + 60_000);
    expect(judged.silences).toEqual([]);
  });

  it('is judged at its end, whatever time it has had', () => {
    const judged = new JudgedLife(DENY, NOW);
    judged.tool('pay.now', at(0));
    expect(judged.unreported).toEqual([]);
    judged.see('supervisor.bot.exited', { code: 0, signal: null, reason: 'x', uptimeMs: 1, stderr: [] }, at(1));
    expect(judged.unreported).toMatchObject([{ rule: 'tools.deny', subject: 'pay.now', runId: 'run', count: 1 }]);
  });

  it('of another policy is believed in the order in which it was given them, and never backwards', () => {
    const [loose, tight] = [{}, DENY];
    const judged = new JudgedLife(loose, NOW);
    judged.load(tight, at(0));
    judged.tool('pay.before', at(1));
    judged.apply(tight, at(2));
    judged.tool('pay.meanwhile', at(3));
    judged.load(tight, at(4));
    judged.tool('pay.after', at(5));
    // It was given that one, but before.
    judged.load(loose, at(6));
    judged.tool('pay.again', at(7));
    judged.apply(loose, at(8));
    judged.load(loose, at(9));
    judged.tool('pay.free', at(10));
    judged.overdue(NOW + 60_000);
    expect(judged.silences).toEqual(['tools.deny pay.after', 'tools.deny pay.again']);
  });

  it('of events that it had to drop: somebody may have spoken', () => {
    const judged = new JudgedLife({ turns: { maxConsecutive: 1 } }, NOW);
    for (const ms of [0, 1, 2]) judged.message('hi', at(ms));
    expect(judged.judge.pending).toBe(true);
    judged.see('events.dropped', { topic: 'bot.health.heartbeat', count: 1, reason: 'queue_full' }, at(3));
    expect(judged.judge.pending).toBe(true);
    judged.see('events.dropped', { topic: 'room.speaker.changed', count: 1, reason: 'queue_full' }, at(4));
    expect(judged.judge.pending).toBe(false);
    for (const ms of [5, 6, 7]) judged.message('hi', at(ms));
    expect(judged.judge.pending).toBe(true);
  });

  it('in a pipe that was held is believed to be as old as that', () => {
    const rates = [{ id: 'chat', topic: 'room.message.sent', limit: 1, per: 60_000 }];
    const burst = (heldMs: number) => {
      const judged = new JudgedLife({ rates }, NOW);
      const receivedAt = NOW + 300_000;
      judged.see('supervisor.bot.held_back', { count: 1, heldMs }, { ts: receivedAt, receivedAt });
      for (const ms of [0, 60_000, 120_000, 180_000, 240_000]) judged.message('hi', { ts: NOW + ms, receivedAt });
      judged.overdue(receivedAt + 60_000);
      return judged.silences;
    };
    expect([burst(280_000), burst(1_000)]).toEqual([[], ['rates chat']]);
  });

  it('after the clocks were set back is not held against what it said before, and time goes on', () => {
    const HOUR = 3_600_000;
    const judged = new JudgedLife({ rates: [{ id: 'chat', topic: 'room.message.sent', limit: 10, per: 60_000 }] }, NOW);
    for (let i = 0; i < 10; i++) judged.message('hi', at(0));
    // A minute has passed, which no clock tells of.
    for (let i = 0; i < 10; i++) judged.message('hi', at(60_000 - HOUR));
    for (let i = 1; i <= 30; i++) judged.message('hi', at(60_000 - HOUR + i * 6_000));
    judged.overdue(NOW + HOUR);
    expect(judged.silences).toEqual([]);
    for (let i = 0; i < 12; i++) judged.message('hi', at(300_000 - HOUR));
    judged.overdue(NOW + HOUR);
    expect(judged.silences).toEqual(['rates chat']);
  });
});
