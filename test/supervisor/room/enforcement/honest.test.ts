import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationPolicy, Rate } from '../../../../spec/policy.ts';
import { deliver, live, type Moment } from './honest-bot.ts';
import { JudgedLife } from './judging.ts';

const limit = fc.option(fc.nat(4), { nil: undefined });
const per = fc.oneof(fc.constant(0), fc.integer({ min: 1_000, max: 120_000 }));

const policy: fc.Arbitrary<ConversationPolicy> = fc
  .record({
    turns: fc.record({
      maxPerSession: fc.option(fc.nat(20), { nil: undefined }),
      maxPerMinute: limit,
      maxConsecutive: limit,
      maxChars: limit,
    }),
    rates: fc.array(
      fc.record<Rate>({
        id: fc.constantFrom('a', 'b'),
        topic: fc.constantFrom('room.message.sent', 'assistant.tool.invoked', '**'),
        limit: fc.nat(6),
        per,
      }),
      { maxLength: 3 },
    ),
    deny: fc.constantFrom([], [], ['search.**'], ['message.*']),
    mode: fc.constantFrom('block' as const, 'report' as const),
  })
  .map(({ turns, rates, deny, mode }) =>
    JSON.parse(JSON.stringify({ turns, rates, tools: { deny }, content: { blockedPhrases: ['no'], mode } })),
  );

const moment: fc.Arbitrary<Moment> = fc.oneof(
  {
    weight: 6,
    arbitrary: fc.record({
      kind: fc.constant('say' as const),
      text: fc.constantFrom('hi', 'no', 'longer than that'),
      latency: fc.oneof(fc.constant(0), fc.nat(4_900)),
      overlapped: fc.boolean(),
    }),
  },
  {
    weight: 2,
    arbitrary: fc.record({ kind: fc.constant('use' as const), tool: fc.constantFrom('search.web', 'clock') }),
  },
  { weight: 1, arbitrary: fc.record({ kind: fc.constant('heard' as const) }) },
  {
    weight: 3,
    arbitrary: fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.nat(1_500), fc.nat(40_000)) }),
  },
);
/** People write, more than one at a time, and the bot may be busy. */
const told: fc.Arbitrary<Moment> = fc.record({
  kind: fc.constant('told' as const),
  lag: fc.oneof(fc.nat(50), fc.nat(60_000)),
});
const renewal: fc.Arbitrary<Moment> = fc.record({ kind: fc.constant('renew' as const), policy });

const overtaken: fc.Arbitrary<Moment> = fc.record({
  kind: fc.constant('say' as const),
  text: fc.constantFrom('hi', 'no', 'longer than that'),
  latency: fc.nat(4_900),
  overlapped: fc.boolean(),
  renewed: policy,
});
const setBack: fc.Arbitrary<Moment> = fc.record({
  kind: fc.constant('set_back' as const),
  ms: fc.integer({ min: 60_000, max: 3_600_000 }),
});

/** A pipe that brings things late, in bunches. */
const delays = fc.array(fc.oneof(fc.nat(50), fc.nat(29_000)), { minLength: 1, maxLength: 20 });

describe('an honest bot', () => {
  it('is never accused, whatever its policy, its room and its pipe are like', () => {
    const life = fc.array(moment, { maxLength: 80 });
    const property = fc.property(policy, life, delays, (policy, life, delays) => {
      const judged = new JudgedLife(policy);
      deliver(live(policy, life), delays, judged);
      expect(judged.silences).toEqual([]);
    });
    fc.assert(property, { numRuns: 3_000 });
  });

  it('nor in a chat, where it hears late of what is in the log already', () => {
    const policies = fc.integer({ min: 1, max: 3 }).map((maxConsecutive) => ({ turns: { maxConsecutive } }));
    const hi = fc.nat(20).map((latency) => ({ kind: 'say' as const, text: 'hi', latency, overlapped: false }));
    const pause = fc.record({ kind: fc.constant('wait' as const), ms: fc.oneof(fc.nat(500), fc.nat(400_000)) });
    const chat = fc.oneof(
      { weight: 4, arbitrary: hi },
      { weight: 3, arbitrary: told },
      { weight: 1, arbitrary: pause },
    );
    const property = fc.property(policies, fc.array(chat, { maxLength: 60 }), delays, (policy, life, delays) => {
      const judged = new JudgedLife(policy);
      deliver(live(policy, life), delays, judged);
      expect(judged.silences).toEqual([]);
    });
    fc.assert(property, { numRuns: 2_000 });
  });

  it.each([
    ['when people write in its room', told],
    ['when its policy changes', renewal],
    ['when its policy changes while a message is on its way', overtaken],
    ['when the clocks are set back', setBack],
  ])('nor %s', (_name, rare) => {
    const life = fc.array(fc.oneof({ weight: 8, arbitrary: moment }, { weight: 1, arbitrary: rare }), {
      maxLength: 80,
    });
    const property = fc.property(policy, life, delays, (policy, life, delays) => {
      const judged = new JudgedLife(policy);
      for (const one of life) {
        if (one.kind === 'renew') judged.issue(one.policy);
        if (one.kind === 'say' && one.renewed) judged.issue(one.renewed);
      }
      deliver(live(policy, life), delays, judged);
      expect(judged.silences).toEqual([]);
    });
    fc.assert(property, { numRuns: 3_000 });
  });
});
