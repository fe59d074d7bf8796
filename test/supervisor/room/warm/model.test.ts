import fc from 'fast-check';
import { expect, it } from 'vitest';
import type { Child } from '../../../../supervisor/child/port.ts';
import type { Standby } from '../../../../supervisor/room/warm/standby.ts';
import type { FakeChild } from './fake-child.ts';
import { fakePool } from './fake-pool.ts';

const STEPS = 1_000;

type Happening = 'become ready' | 'crash' | 'fall silent' | 'write nonsense';
type Step =
  | { readonly do: 'take' | 'answer' | 'leave unanswered' }
  | { readonly do: Happening; readonly who: number }
  | { readonly do: 'pass'; readonly ms: number }
  | { readonly do: 'have room'; readonly room: number };

const who = fc.nat(1_000);
const step: fc.Arbitrary<Step> = fc.oneof(
  { weight: 8, arbitrary: fc.constant({ do: 'take' } as const) },
  { weight: 6, arbitrary: fc.constant({ do: 'answer' } as const) },
  { weight: 2, arbitrary: fc.constant({ do: 'leave unanswered' } as const) },
  { weight: 12, arbitrary: fc.record({ do: fc.constant('become ready' as const), who }) },
  { weight: 2, arbitrary: fc.record({ do: fc.constant('crash' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('fall silent' as const), who }) },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('write nonsense' as const), who }) },
  {
    weight: 8,
    arbitrary: fc.record({ do: fc.constant('pass' as const), ms: fc.constantFrom(1, 20, 300, 2_000, 20_000) }),
  },
  { weight: 1, arbitrary: fc.record({ do: fc.constant('have room' as const), room: fc.nat(12) }) },
);

const plans = fc
  .record({ floor: fc.nat(3), above: fc.nat(5), maxStarting: fc.integer({ min: 1, max: 4 }) })
  .map(({ floor, above, maxStarting }) => ({ floor, ceiling: floor + above, maxStarting }));

const listener = { onLine() {}, onFault() {}, onStderr() {} };

/** A pool, and what must be so whatever happens. */
async function storm(plan: { floor: number; ceiling: number; maxStarting: number }) {
  let room = 6;
  const taken = new Map<Child, Standby>();
  const unjudged: Standby[] = [];
  const wrong: string[] = [];
  const { pool, clock, children, folders, settle } = await fakePool(plan, {
    maxStarting: plan.maxStarting,
    room: () => room,
    onLaunch(child) {
      // Some don't hear what they are told.
      child.deaf = child.pid % 5 === 0;
      const mine = children.filter((other) => other.alive && !other.toldToLeave && !taken.has(other));
      expect(mine.length).toBeLessThanOrEqual(plan.ceiling);
      expect(mine.filter(({ isReady }) => !isReady).length).toBeLessThanOrEqual(plan.maxStarting);
    },
  });

  const take = () => {
    const standby = pool.take();
    if (standby === undefined) {
      const couldServe = (child: FakeChild) => child.alive && child.isReady && child.heart && !child.toldToLeave;
      return expect(children.filter((child) => couldServe(child) && !taken.has(child))).toEqual([]);
    }
    const { child, folder } = standby.adopt(listener);
    const { alive, isReady, toldToLeave, runId } = child as FakeChild;
    expect({ alive, isReady, toldToLeave, again: taken.has(child) }).toEqual({
      alive: true,
      isReady: true,
      toldToLeave: false,
      again: false,
    });
    expect([runId, folders.has(folder.runId)]).toEqual([folder.runId, true]);
    taken.set(child, standby);
    // Nobody listens for it any more.
    (child as FakeChild).heart = false;
    unjudged.push(standby);
  };
  const one = (who: number) => {
    const living = children.filter((child) => child.alive && !taken.has(child));
    return living[who % Math.max(1, living.length)];
  };

  return {
    pool,
    clock,
    children,
    folders,
    taken,
    settle,
    setRoom: (places: number) => {
      room = places;
    },
    async act(what: Step): Promise<void> {
      if ('who' in what) happen(what.do, one(what.who));
      else if ('ms' in what) await clock.pass(what.ms);
      else if ('room' in what) room = what.room;
      else if (what.do === 'take') take();
      else if (what.do === 'answer') answered(unjudged.shift());
      else unanswered(unjudged.shift());
      await settle();
      expect(wrong).toEqual([]);
    },
  };

  function happen(what: Happening, child: FakeChild | undefined): void {
    if (child === undefined) return;
    if (what === 'become ready') child.ready();
    else if (what === 'crash') child.exit(1);
    else if (what === 'fall silent') child.heart = false;
    else child.say('{"topic":"bot.health.heartbeat"}');
  }

  function answered(standby: Standby | undefined): void {
    if (standby !== undefined) pool.answered(standby);
  }

  function unanswered(standby: Standby | undefined): void {
    if (standby !== undefined) pool.unanswered(standby);
  }
}

it('a storm: none is handed out twice, or dead, or too many there; then there are as many as wanted', async () => {
  await fc.assert(
    fc.asyncProperty(plans, fc.array(step, { minLength: STEPS, maxLength: STEPS }), async (plan, steps) => {
      const { pool, clock, children, folders, taken, settle, setRoom, act } = await storm(plan);
      pool.start();
      for (const next of steps) await act(next);

      // Calm: everybody who starts becomes ready, and nobody asks for anything.
      setRoom(2);
      for (let second = 0; second < 180; second++) {
        await clock.pass(1_000);
        await settle();
        for (const child of children) if (child.alive) child.ready();
      }
      const target = Math.min(plan.floor, 2);
      expect(pool.view().warm).toEqual({ floor: plan.floor, target, ready: target, starting: 0 });
      const alive = () => children.filter((child) => child.alive && !taken.has(child));
      expect(alive().map(({ toldToLeave }) => toldToLeave)).toEqual(Array(target).fill(false));

      const stopped = pool.stop();
      await clock.pass(1_000);
      await stopped;
      expect(alive()).toEqual([]);
      expect([...folders].sort()).toEqual([...taken.values()].map(({ folder }) => folder.runId).sort());
    }),
    // To shrink a storm takes longer than a test may.
    { numRuns: 10, endOnFailure: true },
  );
});
