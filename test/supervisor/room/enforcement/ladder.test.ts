import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { EnforcementAction, Severity } from '../../../../spec/policy.ts';
import { Ladder, type Rung } from '../../../../supervisor/room/enforcement/ladder.ts';

const rung = (severity: Severity, count: number, action: EnforcementAction, within = 1_000): Rung => ({
  severity,
  count,
  within,
  action,
  ...(action === 'quarantine' && { for: 60_000 }),
});

function ladderOf(...rungs: Rung[]) {
  const ladder = new Ladder();
  ladder.rungs = rungs;
  const decide = (severity: Severity) => (receivedAt: number) =>
    ladder.decide({ severity, times: 1, receivedAt })?.action;
  return { ladder, low: decide('low'), high: decide('high') };
}

describe('a rung', () => {
  it('acts when the count is reached within the window, then counts anew', () => {
    const { low } = ladderOf(rung('low', 2, 'warn'));
    expect([0, 999, 1_000, 2_500, 3_499].map(low)).toEqual([undefined, 'warn', undefined, undefined, 'warn']);
  });

  it('counts nothing that is far away, whichever came first', () => {
    const { low } = ladderOf(rung('low', 2, 'terminate'));
    expect([9_000, 0, 10_000, 9_001].map(low)).toEqual([undefined, undefined, undefined, 'terminate']);
  });

  it('counts graver violations as well, never milder ones', () => {
    const { low, high } = ladderOf(rung('high', 1, 'terminate'), rung('low', 1, 'record'));
    expect([low(0), high(1)]).toEqual(['record', 'terminate']);
  });
});

describe('a violation that stands for several breaches', () => {
  it('counts as often', () => {
    const { ladder } = ladderOf(rung('low', 5, 'terminate'));
    const decide = (times: number) => ladder.decide({ severity: 'low', times, receivedAt: 0 })?.action;
    expect([decide(1), decide(3), decide(1)]).toEqual([undefined, undefined, 'terminate']);
  });

  it('calls for its action once', () => {
    const { ladder } = ladderOf(rung('low', 2, 'warn'));
    const decide = (times: number) => ladder.decide({ severity: 'low', times, receivedAt: 0 })?.action;
    expect([decide(9), decide(1), decide(1)]).toEqual(['warn', undefined, 'warn']);
  });
});

describe('the ladder', () => {
  it('calls for the strictest action that is due, and names each rung that calls for it', () => {
    const { ladder } = ladderOf(
      rung('low', 1, 'restrict'),
      rung('high', 1, 'restrict'),
      rung('low', 1, 'warn'),
      rung('high', 2, 'terminate'),
    );
    const { action, rungs } = ladder.decide({ severity: 'high', times: 1, receivedAt: 0 }) ?? {};
    expect(action).toBe('restrict');
    expect(rungs?.map(({ severity }) => severity)).toEqual(['low', 'high']);
  });

  it('keeps what a rung has counted when others change around it, and forgets with the rung', () => {
    const { ladder, low } = ladderOf(rung('low', 2, 'warn'), rung('low', 3, 'terminate'));
    expect(low(0)).toBeUndefined();
    ladder.rungs = [rung('low', 2, 'warn')];
    expect(low(1)).toBe('warn');
    ladder.rungs = [rung('low', 3, 'terminate')];
    expect([2, 3, 4].map(low)).toEqual([undefined, undefined, 'terminate']);
  });

  it('takes ten actions that end nothing in ten seconds, and goes on counting', () => {
    const { low } = ladderOf(rung('low', 1, 'record'), rung('low', 500, 'terminate', 60_000));
    const actions = Array.from({ length: 500 }, (_, at) => low(at));
    expect(actions.filter((action) => action === 'record').length).toBe(10);
    expect(actions.at(-1)).toBe('terminate');
  });

  it('lets no milder action take the place of a stricter one', () => {
    const { low } = ladderOf(rung('low', 1, 'record'), rung('low', 15, 'restrict'));
    expect(Array.from({ length: 30 }, (_, at) => low(at)).filter((action) => action === 'restrict').length).toBe(2);
  });

  it('takes them again when the ten seconds are over', () => {
    const { low } = ladderOf(rung('low', 1, 'record'));
    for (let at = 0; at < 20; at++) low(at);
    expect([9_999, 10_000].map(low)).toEqual([undefined, 'record']);
  });

  it('ends a room once, and then only for something stricter', () => {
    const { low, high } = ladderOf(rung('low', 1, 'terminate'), rung('high', 1, 'quarantine'));
    expect([low(0), low(1), high(2), high(3), low(4)]).toEqual([
      'terminate',
      undefined,
      'quarantine',
      undefined,
      undefined,
    ]);
  });

  it('decides the same again on the same violations', () => {
    const violation = fc.record({
      severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      times: fc.integer({ min: 1, max: 3 }),
      receivedAt: fc.nat(5_000),
    });
    fc.assert(
      fc.property(fc.array(violation), (violations) => {
        const run = () => {
          const { ladder } = ladderOf(rung('high', 2, 'terminate'), rung('low', 3, 'warn'), rung('low', 1, 'record'));
          return violations.map((item) => ladder.decide(item));
        };
        expect(run()).toEqual(run());
      }),
    );
  });
});
