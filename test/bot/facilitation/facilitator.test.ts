import { describe, expect, test } from 'vitest';
import { Facilitator, type Score } from '../../../bot/facilitation/facilitator.ts';

function setUp(mayAct = () => true) {
  const sent: string[] = [];
  const names: Record<string, string> = { a: 'Ada', c: 'Cy'.padEnd(100, 'y') };
  const facilitator = new Facilitator({
    behaviour: { dominanceThreshold: 0.5, minSpeech: 60_000, messageEvery: 120_000 },
    mayAct,
    nameOf: (participantId) => names[participantId] ?? participantId,
    send: (text) => sent.push(text),
  });
  return { facilitator, sent };
}

function score(at: number, dominance = 0.6, seconds: Record<string, number> = { a: 100, b: 10, c: 20 }): Score {
  const participants = Object.entries(seconds).map(([participantId, s]) => ({ participantId, seconds: s, share: 0 }));
  return { at, windowMs: 300_000, gini: 0, dominance, participants };
}

describe('P22: the facilitator', () => {
  test('thanks who has spoken most and invites who has spoken least', () => {
    const { facilitator, sent } = setUp();
    facilitator.scored(score(30_000));
    expect(sent).toEqual(['Thank you, Ada, you have given us a lot to think about. b, how do you see it?']);
  });

  test('long names are cut', () => {
    const { facilitator, sent } = setUp();
    facilitator.scored(score(30_000, 0.9, { c: 100, a: 0 }));
    expect(sent[0]?.length).toBeLessThan(150);
  });

  test('says nothing at the threshold, with little speech, or to one person', () => {
    const { facilitator, sent } = setUp();
    facilitator.scored(score(30_000, 0.5));
    facilitator.scored(score(30_000, 0.9, { a: 59.9, b: 0 }));
    facilitator.scored(score(30_000, 0.9, { a: 100 }));
    expect(sent).toEqual([]);
  });

  test('keeps its pace in room time', () => {
    const { facilitator, sent } = setUp();
    for (const at of [30_000, 60_000, 149_999, 150_000, 180_000]) facilitator.scored(score(at));
    expect(sent).toHaveLength(2);
  });

  test('asks whether it may act, and only when it would', () => {
    const answers = [false, true];
    const { facilitator, sent } = setUp(() => answers.shift() ?? expect.unreachable());
    facilitator.scored(score(30_000, 0.5));
    facilitator.scored(score(30_000, 0.9, { a: 100 }));
    facilitator.scored(score(30_000));
    expect(sent).toEqual([]);
    // What it was kept from it may do as soon as it may.
    facilitator.scored(score(60_000));
    expect(sent).toHaveLength(1);
    facilitator.scored(score(90_000));
  });
});
