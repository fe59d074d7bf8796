import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { ConversationPolicy, Rate } from '../../../../spec/policy.ts';
import { PolicyChecks } from '../../../../supervisor/room/enforcement/checks.ts';
import { Recount } from '../../../../supervisor/room/enforcement/recount.ts';

const MINUTE = 60_000;
const TOLERANCE = 5_000;

type Act = { kind: 'message' | 'heard' | 'tool' | 'kept'; after: number };

const acts = fc.array(
  fc.record<Act>({
    kind: fc.constantFrom('message', 'message', 'message', 'heard', 'tool', 'kept'),
    after: fc.oneof(fc.nat(200), fc.nat(20_000)),
  }),
  { maxLength: 60 },
);
const limit = fc.option(fc.nat(5), { nil: undefined });

/** What a policy's recount says to each act, as `RULE SUBJECT`, and when it was. */
function judge(policy: ConversationPolicy, life: readonly Act[], pace = 1) {
  const recount = new Recount('run', new PolicyChecks(policy, pace));
  let at = 1_700_000_000_000;
  return life.map(({ kind, after }) => {
    at += after;
    if (kind === 'heard') recount.heard();
    const broken =
      kind === 'message'
        ? recount.act('room.message.sent', { text: 'hi' }, at)
        : kind === 'heard'
          ? []
          : recount.act('assistant.tool.invoked', { tool: 'search', allowed: kind === 'tool' }, at);
    return { kind, at, broken: broken.map(({ rule, subject }) => `${rule} ${subject}`) };
  });
}

describe('the recount of turns', () => {
  it('counts as a plain count over all that was said would', () => {
    const property = fc.property(acts, limit, limit, limit, (life, maxPerSession, maxPerMinute, maxConsecutive) => {
      const turns = Object.fromEntries(
        Object.entries({ maxPerSession, maxPerMinute, maxConsecutive }).filter(([, value]) => value !== undefined),
      );
      const judged = judge({ turns }, life);
      for (const [i, { kind, at, broken }] of judged.entries()) {
        if (kind !== 'message') {
          expect(broken).toEqual([]);
          continue;
        }
        const before = judged.slice(0, i + 1);
        const sent = before.filter((one) => one.kind === 'message');
        const since = before.findLastIndex((one) => one.kind === 'heard');
        const inARow = before.slice(since + 1).filter((one) => one.kind === 'message').length;
        const lately = sent.filter((one) => one.at > at - (MINUTE - TOLERANCE)).length;
        const expected = [
          maxPerSession !== undefined && sent.length > maxPerSession && 'turns.maxPerSession maxPerSession',
          maxPerMinute !== undefined && lately > maxPerMinute && 'turns.maxPerMinute maxPerMinute',
          // One more, but where it may say nothing at all.
          maxConsecutive !== undefined &&
            inARow > maxConsecutive + Math.sign(maxConsecutive) &&
            'turns.maxConsecutive maxConsecutive',
        ];
        expect([...broken].sort()).toEqual(expected.filter((one) => one !== false).sort());
      }
    });
    fc.assert(property, { numRuns: 1_000 });
  });
});

describe('the recount of rates', () => {
  const rates = fc.array(
    fc.record<Rate>({
      id: fc.constantFrom('a', 'b', 'c'),
      topic: fc.constantFrom('room.message.sent', 'assistant.tool.invoked', '**'),
      limit: fc.nat(6),
      per: fc.oneof(fc.constant(0), fc.integer({ min: 100, max: 120_000 })),
    }),
    { minLength: 1, maxLength: 3 },
  );

  it('admits what a reference does that knows no bucket, but only when the next act is due', () => {
    const property = fc.property(acts, rates, (life, list) => {
      const metered = list.map((rate) => ({ rate, reference: reference(rate) }));
      const known = new Map(metered.map((one) => [JSON.stringify(one.rate), one.reference]));
      for (const { kind, at, broken } of judge({ rates: list }, life)) {
        const topic = kind === 'message' ? 'room.message.sent' : kind === 'tool' ? 'assistant.tool.invoked' : undefined;
        const expected: string[] = [];
        for (const { rate } of metered) {
          if (topic === undefined || (rate.topic !== '**' && rate.topic !== topic)) continue;
          const admitted = known.get(JSON.stringify(rate))?.(at);
          // Too near to the edge for either to be the right one.
          if (admitted === undefined) return;
          if (!admitted) expected.push(`rates ${rate.id}`);
        }
        expect([...broken].sort()).toEqual(expected.sort());
      }
    });
    fc.assert(property, { numRuns: 2_000 });
  });
});

/** An act is due every `per / limit`; so many may be ahead of that. Undefined: at the very edge. */
function reference({ limit, per }: Rate): (at: number) => boolean | undefined {
  if (limit === 0) return () => false;
  if (per === 0) return () => true;
  const every = per / limit;
  const ahead = (limit + Math.max(1, TOLERANCE / every) - 1) * every;
  let due = Number.NEGATIVE_INFINITY;
  return (at) => {
    const early = Math.max(due, at) - at;
    if (Math.abs(early - ahead) < 1e-3) return undefined;
    if (early > ahead) return false;
    due = Math.max(due, at) + every;
    return true;
  };
}

describe('the recount of everything else', () => {
  it('holds a message against the length, the phrases and the tool that sends it', () => {
    const policy = {
      tools: { deny: ['message.*'] },
      turns: { maxChars: 4 },
      content: { blockedPhrases: ['STRASSE', 'x'] },
    };
    const recount = new Recount('run', new PolicyChecks(policy));
    const names = (text: string) => recount.act('room.message.sent', { text }, 0).map(({ rule }) => rule);
    expect(names('👍👍👍👍')).toEqual(['tools.deny']);
    expect(names('👍👍👍👍👍')).toEqual(['tools.deny', 'turns.maxChars']);
    expect(names('Straße')).toEqual(['tools.deny', 'turns.maxChars', 'content.blockedPhrases']);
  });

  it('names a phrase as the bot of that run does, and never the text', () => {
    const policy = { content: { blockedPhrases: ['secret', 'other'] } };
    const of = (runId: string) =>
      new Recount(runId, new PolicyChecks(policy)).act('room.message.sent', { text: 'a SECRET' }, 0)[0]?.subject;
    expect(of('one')).toMatch(/^phrase:0:[0-9a-f]{16}$/);
    expect(of('one')).not.toBe(of('two'));
  });

  it('counts on from where it stood when the policy changes, and its rates anew only where they changed', () => {
    const rates = [{ id: 'a', topic: 'room.message.sent', limit: 1, per: MINUTE }];
    const recount = new Recount('run', new PolicyChecks({ turns: { maxPerSession: 3 }, rates }));
    const send = () => recount.act('room.message.sent', { text: '' }, 0).map(({ rule }) => rule);
    // One more is tolerated.
    expect([send(), send(), send()]).toEqual([[], [], ['rates']]);
    recount.load(new PolicyChecks({ turns: { maxPerSession: 2 }, rates }));
    expect(send()).toEqual(['turns.maxPerSession', 'rates']);
  });
});

describe('the recount of messages in a row, where the bot is told what others say', () => {
  const judged = (life: readonly ('told' | 'heard' | 'message')[], maxConsecutive: number) => {
    const recount = new Recount('run', new PolicyChecks({ turns: { maxConsecutive } }));
    return life.flatMap((kind, i) => {
      if (kind === 'told') recount.told(i);
      if (kind === 'heard') recount.heard();
      return kind === 'message' ? [recount.act('room.message.sent', { text: '' }, i).length] : [];
    });
  };
  const messages = (count: number) => Array<'message'>(count).fill('message');

  it('lets it have heard each word at any moment after it, and once', () => {
    expect(judged(['told', ...messages(4)], 1)).toEqual([0, 0, 0, 1]);
    expect(judged(['told', 'told', ...messages(5)], 1)).toEqual([0, 0, 0, 0, 1]);
    expect(judged([...messages(2), 'told', ...messages(2)], 1)).toEqual([0, 0, 0, 1]);
    // What it says itself that it has heard leaves the rest to be heard.
    expect(judged(['told', ...messages(2), 'heard', ...messages(4)], 1)).toEqual([0, 0, 0, 0, 0, 1]);
  });

  it('lets it say nothing where it may say nothing', () => {
    expect(judged(['told', 'message'], 0)).toEqual([1]);
  });
});

describe('the recount of a replay', () => {
  it('holds it against limits that are as much shorter as its time is faster', () => {
    const rate = fc.record<Rate>({
      id: fc.constantFrom('a', 'b'),
      topic: fc.constantFrom('room.message.sent', 'assistant.tool.invoked', '**'),
      limit: fc.nat(6),
      per: fc.integer({ min: 1_000, max: 120_000 }),
    });
    const property = fc.property(
      acts,
      fc.array(rate, { maxLength: 3 }),
      fc.integer({ min: 2, max: 50 }),
      (life, rates, pace) => {
        const shorter = rates.map((each) => ({ ...each, per: each.per / pace }));
        expect(judge({ rates }, life, pace)).toEqual(judge({ rates: shorter }, life));
      },
    );
    fc.assert(property, { numRuns: 500 });
  });

  it.each([
    [2, 24_999, 25_000],
    [10, 999, 1_000],
  ])('at %d times the speed a minute is as much shorter, and counted short as ever', (pace, within, after) => {
    const again = (ms: number) => {
      const recount = new Recount('run', new PolicyChecks({ turns: { maxPerMinute: 1 } }, pace));
      return [0, ms].map((at) => recount.act('room.message.sent', { text: '' }, at).length);
    };
    expect([again(within), again(after)]).toEqual([
      [0, 1],
      [0, 0],
    ]);
  });

  it('leaves a minute uncounted that is shorter than what sending may take', () => {
    const recount = new Recount('run', new PolicyChecks({ turns: { maxPerMinute: 0 } }, 100));
    expect([0, 0, 0].map((at) => recount.act('room.message.sent', { text: '' }, at))).toEqual([[], [], []]);
  });
});
