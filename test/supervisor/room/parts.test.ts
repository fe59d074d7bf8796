import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Clock } from '../../../spec/runtime/clock.ts';
import type { RoomState } from '../../../supervisor/room/api.ts';
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
  const calm = { stopping: undefined, killed: undefined, unanswered: false, joinFailed: false, ejected: false };
  const exit = (code: number | null, signal: string | null = null) => ({ code, signal });

  it.each([
    [exit(0), calm, { kind: 'over', state: 'stopped', reason: 'bot_done' }],
    [exit(78), calm, { kind: 'over', state: 'failed', reason: 'refused' }],
    [exit(0), { ...calm, ejected: true }, { kind: 'over', state: 'stopped', reason: 'ejected' }],
    [exit(78), { ...calm, joinFailed: true }, { kind: 'over', state: 'failed', reason: 'join_failed' }],
    [exit(75), calm, { kind: 'restart', reason: 'try_again' }],
    [exit(1), calm, { kind: 'restart', reason: 'crash' }],
    [exit(null, 'SIGSEGV'), calm, { kind: 'restart', reason: 'crash' }],
    [exit(null, 'SIGKILL'), { ...calm, killed: 'silent' as const }, { kind: 'restart', reason: 'heartbeat_timeout' }],
    [exit(null, 'SIGKILL'), { ...calm, killed: 'busy' as const }, { kind: 'restart', reason: 'unresponsive' }],
    [exit(null, 'SIGKILL'), { ...calm, killed: 'memory' as const }, { kind: 'restart', reason: 'memory' }],
    [
      exit(null, 'SIGKILL'),
      { ...calm, killed: 'unanswered' as const, unanswered: true },
      { kind: 'restart', reason: 'unanswered' },
    ],
    [exit(0), { ...calm, unanswered: true }, { kind: 'restart', reason: 'unanswered' }],
    [{ ...exit(null), error: 'ENOENT' }, calm, { kind: 'restart', reason: 'not_started' }],
    [exit(1), { ...calm, stopping: 'policy' as const }, { kind: 'over', state: 'stopped', reason: 'policy' }],
    [
      exit(null, 'SIGKILL'),
      { ...calm, stopping: 'requested' as const, killed: 'silent' as const },
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

  const crashes = fc.array(fc.nat(2_500), { maxLength: 60 });
  const restartsOf = (gaps: readonly number[]) => {
    const budget = new RestartBudget(config, () => 0);
    const taken: number[] = [];
    let now = 0;
    for (const gap of gaps) {
      now += gap;
      if (budget.take(now) === undefined) return { taken, gaveUpAt: now };
      taken.push(now);
    }
    return { taken, gaveUpAt: undefined };
  };

  it('allows no more than so many restarts in any rolling window', () => {
    fc.assert(
      fc.property(crashes, (gaps) => {
        const { taken } = restartsOf(gaps);
        for (const at of taken) {
          expect(taken.filter((other) => other >= at && other - at < config.window).length).toBeLessThanOrEqual(3);
        }
      }),
    );
  });

  it('gives up only on more crashes than were forgiven meanwhile', () => {
    fc.assert(
      fc.property(crashes, (gaps) => {
        const { taken, gaveUpAt } = restartsOf(gaps);
        if (gaveUpAt === undefined) return;
        // Since some crash there were more of them than the budget and one a window together.
        const owed = [...taken, gaveUpAt].some((at, i) => taken.length + 1 - i > 3 + (gaveUpAt - at) / config.window);
        expect(owed).toBe(true);
      }),
    );
  });

  it('catches a slow crash loop, of which no window ever holds too many', () => {
    const { taken, gaveUpAt } = restartsOf(Array.from({ length: 100 }, () => config.window / 2));
    expect(gaveUpAt).toBeDefined();
    expect(taken.length).toBeLessThan(10);
  });

  it('goes on for ever with a crash now and then', () => {
    expect(restartsOf(Array.from({ length: 1_000 }, () => config.window)).gaveUpAt).toBeUndefined();
  });

  it('says how many crashes it gave up on', () => {
    const budget = new RestartBudget(config, () => 0);
    for (const now of [5_000, 5_001, 5_002, 5_003]) budget.take(now);
    expect(budget.crashes).toBe(4);
  });
});

describe('Watchdog', () => {
  const TIMEOUT = 1_000;
  /** Once it was silent for so long, it is looked at again. */
  const AGAIN = 100;
  const watch = () => {
    const clock = new FakeClock();
    let awayMs = 0;
    const late: Clock = {
      now: () => clock.now(),
      monotonic: () => clock.monotonic() + awayMs,
      after: (ms, callback) => clock.after(ms, callback),
    };
    let expired = 0;
    const dog = new Watchdog(late, TIMEOUT, () => expired++);
    /** Nothing that becomes due meanwhile is on time. */
    const away = (ms: number) => {
      awayMs += ms;
    };
    return { clock, dog, away, expired: () => expired };
  };

  it('expires once, so long after the last touch, when it has looked twice', () => {
    const { clock, dog, expired } = watch();
    clock.advance(TIMEOUT - 1);
    dog.touch();
    clock.advance(TIMEOUT + AGAIN - 1);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
    clock.advance(10 * TIMEOUT);
    expect([expired(), clock.waiting]).toEqual([1, 0]);
  });

  it('does not expire over what was only read late', () => {
    const { clock, dog, away, expired } = watch();
    away(5 * TIMEOUT);
    clock.advance(TIMEOUT);
    dog.touch();
    clock.advance(TIMEOUT + AGAIN - 1);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  it.each([
    [AGAIN - 1, AGAIN],
    [300, 300],
    [100 * TIMEOUT, TIMEOUT / 2],
  ])('late by %i ms, it waits %i ms before it looks again', (lateMs, againMs) => {
    const { clock, away, expired } = watch();
    away(lateMs);
    clock.advance(TIMEOUT + againMs - 1);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  it.each([600, TIMEOUT + AGAIN / 2])('stands still while suspended, after %i ms', (before) => {
    const { clock, dog, expired } = watch();
    clock.advance(before);
    dog.suspend();
    clock.advance(10 * TIMEOUT);
    dog.resume();
    // It looks twice in any case.
    clock.advance(Math.max(0, TIMEOUT - before) + AGAIN - 1);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  it('counts anew from a touch while suspended', () => {
    const { clock, dog, expired } = watch();
    clock.advance(TIMEOUT + AGAIN / 2);
    dog.suspend();
    dog.touch();
    dog.resume();
    clock.advance(TIMEOUT + AGAIN - 1);
    expect(expired()).toBe(0);
    clock.advance(1);
    expect(expired()).toBe(1);
  });

  it.each([0, TIMEOUT + AGAIN / 2])('does nothing after it was stopped at %i ms', (at) => {
    const { clock, dog, expired } = watch();
    clock.advance(at);
    dog.stop();
    clock.advance(10 * TIMEOUT);
    expect([expired(), clock.waiting]).toEqual([0, 0]);
  });
});
