import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { RoomState } from '../../../supervisor/room/api.ts';
import { Ladder } from '../../../supervisor/room/enforce.ts';
import { judgeExit } from '../../../supervisor/room/exit.ts';
import { RestartBudget } from '../../../supervisor/room/restart-budget.ts';
import { assertMove, isFinal, MOVES } from '../../../supervisor/room/state.ts';
import { Watchdog } from '../../../supervisor/room/watchdog.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

describe('the state table', () => {
  const states = Object.keys(MOVES) as RoomState[];

  it('lets every room end, from every state', () => {
    const ends = (state: RoomState, seen: RoomState[] = []): boolean =>
      isFinal(state) || MOVES[state].some((to) => !seen.includes(to) && ends(to, [...seen, state]));
    expect(states.filter((state) => !ends(state))).toEqual([]);
    expect(states.filter(isFinal)).toEqual(['stopped', 'failed', 'quarantined']);
  });

  it('makes every other move throw', () => {
    for (const from of states) {
      for (const to of states) {
        if (MOVES[from].includes(to)) expect(() => assertMove(from, to)).not.toThrow();
        else expect(() => assertMove(from, to)).toThrow(`illegal move of a room from ${from} to ${to}`);
      }
    }
  });
});

describe('judgeExit', () => {
  const calm = { stopping: undefined, killed: undefined, joinFailed: false };
  const exit = (code: number | null, signal: string | null = null) => ({ code, signal });

  it.each([
    [exit(0), calm, { kind: 'over', state: 'stopped', reason: 'bot_done' }],
    [exit(78), calm, { kind: 'over', state: 'failed', reason: 'refused' }],
    [exit(78), { ...calm, joinFailed: true }, { kind: 'over', state: 'failed', reason: 'join_failed' }],
    [exit(75), calm, { kind: 'restart', reason: 'try_again' }],
    [exit(1), calm, { kind: 'restart', reason: 'crash' }],
    [exit(null, 'SIGSEGV'), calm, { kind: 'restart', reason: 'crash' }],
    [exit(null, 'SIGKILL'), { ...calm, killed: 'heartbeat_timeout' }, { kind: 'restart', reason: 'heartbeat_timeout' }],
    [{ ...exit(null), error: 'ENOENT' }, calm, { kind: 'restart', reason: 'not_started' }],
    [exit(1), { ...calm, stopping: 'policy' as const }, { kind: 'over', state: 'stopped', reason: 'policy' }],
    [
      exit(null, 'SIGKILL'),
      { ...calm, stopping: 'requested' as const, killed: 'x' },
      { kind: 'over', state: 'stopped', reason: 'requested' },
    ],
  ])('%j under %j', (ended, circumstances, verdict) => expect(judgeExit(ended, circumstances)).toEqual(verdict));
});

describe('RestartBudget', () => {
  const config = { attempts: 3, window: 1_000, backoff: { base: 100, max: 350 } };

  it('doubles the delay up to the maximum, at random between half and whole', () => {
    fc.assert(
      fc.property(fc.double({ min: 0, max: 0.999, noNaN: true }), (random) => {
        const budget = new RestartBudget({ ...config, attempts: 5 }, () => random);
        const delays = [0, 1, 2, 3, 4].map((now) => budget.take(now));
        expect(delays).toEqual([100, 200, 350, 350, 350].map((ceiling) => Math.round(ceiling * (0.5 + 0.5 * random))));
      }),
    );
  });

  it('is spent after so many restarts in any rolling window, and not before', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(800), { maxLength: 40 }), (gaps) => {
        const budget = new RestartBudget(config, () => 0);
        const taken: number[] = [];
        let now = 0;
        for (const gap of gaps) {
          now += gap;
          const recent = taken.filter((at) => now - at < config.window).length;
          const delay = budget.take(now);
          expect(delay === undefined).toBe(recent >= config.attempts);
          if (delay !== undefined) taken.push(now);
        }
      }),
    );
  });
});

describe('Ladder', () => {
  const rule = (severity: 'low' | 'high', count: number, action: 'record' | 'warn' | 'terminate') => ({
    severity,
    count,
    within: 1_000,
    action,
  });

  it('acts when the count is reached within the window, then counts anew', () => {
    const ladder = new Ladder([rule('low', 2, 'warn')]);
    const decide = (receivedAt: number) => ladder.decide({ severity: 'low', receivedAt });
    expect([0, 999, 1_000, 2_500, 3_499].map(decide)).toEqual([undefined, 'warn', undefined, undefined, 'warn']);
  });

  it('counts graver violations as well, never milder ones', () => {
    const ladder = new Ladder([rule('high', 1, 'terminate'), rule('low', 1, 'record')]);
    expect(ladder.decide({ severity: 'low', receivedAt: 0 })).toBe('record');
    expect(ladder.decide({ severity: 'high', receivedAt: 1 })).toBe('terminate');
  });

  it('decides the same again on the same violations', () => {
    const violation = fc.record({
      severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      receivedAt: fc.nat(5_000),
    });
    fc.assert(
      fc.property(fc.array(violation), (violations) => {
        const rules = [rule('high', 2, 'terminate'), rule('low', 3, 'warn'), rule('low', 1, 'record')];
        const run = () => {
          const ladder = new Ladder(rules);
          return violations.map((item) => ladder.decide(item));
        };
        expect(run()).toEqual(run());
      }),
    );
  });
});

describe('Watchdog', () => {
  const watch = () => {
    const clock = new FakeClock();
    let expired = 0;
    const dog = new Watchdog(clock, 100, () => expired++);
    return { clock, dog, expired: () => expired };
  };

  it('expires once, so long after the last touch', () => {
    const { clock, dog, expired } = watch();
    clock.advance(99);
    dog.touch();
    clock.advance(99);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
    clock.advance(1_000);
    expect(expired()).toBe(1);
  });

  it('stands still while suspended', () => {
    const { clock, dog, expired } = watch();
    clock.advance(60);
    dog.suspend();
    clock.advance(10_000);
    dog.resume();
    clock.advance(39);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  it('does nothing after it was stopped', () => {
    const { clock, dog, expired } = watch();
    dog.stop();
    clock.advance(1_000);
    expect(expired()).toBe(0);
  });
});
