import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { Timeline } from '../../../bot/rooms/room-clock.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function setUp(speed: number) {
  const clock = new FakeClock();
  const errors: unknown[] = [];
  const timeline = new Timeline(clock, speed, (error) => errors.push(error));
  const seen: [string, number][] = [];
  const note = (name: string) => () => void seen.push([name, timeline.now()]);
  return { clock, timeline, errors, seen, note };
}

/** A clock whose timers fire when the test says so, at whatever time it is then. */
function lateClock() {
  const timers: (() => void)[] = [];
  let now = 0;
  const after = (_ms: number, callback: () => void) => {
    timers.push(callback);
    return { cancel: () => timers.splice(timers.indexOf(callback) >>> 0, 1) };
  };
  const fire = () => {
    const next = timers.shift();
    next?.();
    return next !== undefined;
  };
  return { clock: { now: () => 0, monotonic: () => now, after }, set: (ms: number) => (now = ms), fire };
}

describe('Timeline', () => {
  test('stands at 0 until it starts, then runs at its speed and stops for good', async () => {
    const { clock, timeline } = setUp(60);
    await clock.pass(1_000);
    expect(timeline.now()).toBe(0);
    timeline.start();
    await clock.pass(1_500);
    expect(timeline.now()).toBe(90_000);
    timeline.start();
    timeline.stop();
    timeline.at(100_000, () => expect.unreachable());
    await clock.pass(1_500);
    expect(timeline.now()).toBe(90_000);
    expect(clock.waiting).toBe(0);
  });

  test('tasks run in the order of their time, then of their making, at exactly their time, on one timer', async () => {
    const { clock, timeline, seen, note } = setUp(10);
    timeline.at(2_000, note('b'));
    timeline.at(1_000, note('a'));
    timeline.at(2_000, note('c'));
    const cancelled = timeline.at(1_500, note('cancelled'));
    timeline.every(900, note('tick'));
    cancelled.cancel();
    timeline.start();
    expect(clock.waiting).toBe(1);
    await clock.pass(200);
    expect(seen).toEqual([
      ['tick', 900],
      ['a', 1_000],
      ['tick', 1_800],
      ['b', 2_000],
      ['c', 2_000],
    ]);
    expect(clock.waiting).toBe(1);
  });

  test('what a task sets off, now or by a promise, is done before the next one', async () => {
    const { clock, timeline, seen, note } = setUp(1);
    timeline.at(10, () => {
      timeline.at(10, note('same moment'));
      timeline.at(5, note('the past is now'));
      void Promise.resolve().then(note('promise'));
    });
    timeline.at(11, note('later'));
    timeline.start();
    await clock.pass(100);
    expect(seen).toEqual([
      ['promise', 10],
      ['same moment', 10],
      ['the past is now', 10],
      ['later', 11],
    ]);
  });

  test('a task that throws is told and hurts no other', async () => {
    const { clock, timeline, errors, seen, note } = setUp(1);
    timeline.at(1, () => {
      throw new Error('task');
    });
    timeline.at(2, note('next'));
    timeline.start();
    await clock.pass(2);
    expect(errors).toHaveLength(1);
    expect(seen).toEqual([['next', 2]]);
  });

  test('the event loop gets its turn: much that is overdue is done bit by bit', async () => {
    const late = lateClock();
    const timeline = new Timeline(late.clock, 1, () => {});
    let done = 0;
    for (let i = 0; i < 1_000; i++) timeline.at(i, () => done++);
    timeline.start();
    late.set(60_000);
    const turns: number[] = [];
    for (let before = 0; late.fire(); before = done) {
      await setImmediate();
      turns.push(done - before);
    }
    expect(done).toBe(1_000);
    expect(Math.max(...turns)).toBeLessThan(100);
  });

  test('time never passes a task that has not run, however late that is', async () => {
    const late = lateClock();
    const timeline = new Timeline(late.clock, 1, () => {});
    timeline.at(1_000, () => {});
    timeline.start();
    late.set(5_000);
    expect(timeline.now()).toBe(1_000);
    late.fire();
    await setImmediate();
    expect(timeline.now()).toBe(5_000);
  });

  test('a task does not wait once more for what multiplying by the speed has lost', async () => {
    const speed = 1.1;
    const time = Array.from({ length: 1_000 }, (_, i) => i).find((t) => (t / speed) * speed < t) ?? 0;
    const late = lateClock();
    const timeline = new Timeline(late.clock, speed, () => {});
    let done = false;
    timeline.at(time, () => {
      done = true;
    });
    timeline.start();
    late.set(time / speed);
    late.fire();
    await setImmediate();
    expect([time > 0, done]).toEqual([true, true]);
  });

  test('the same happens at any speed and however late the timer is', async () => {
    const times = fc.array(fc.nat(100_000), { maxLength: 100 });
    const speed = fc.oneof(fc.constantFrom(0.5, 1, 60, 10_000), fc.double({ min: 0.1, max: 1e5, noNaN: true }));
    await fc.assert(
      fc.asyncProperty(times, speed, fc.integer({ min: 1, max: 200_000 }), async (moments, pace, step) => {
        const { clock, timeline, seen, note } = setUp(pace);
        moments.forEach((time, i) => {
          timeline.at(time, note(String(i)));
        });
        timeline.start();
        for (let left = 100_001 / pace; left > 0; left -= step) await clock.pass(Math.min(step, left));
        await clock.pass(1);
        const expected = moments.map((time, i) => [String(i), time] as const).sort((a, b) => a[1] - b[1]);
        expect(seen).toEqual(expected);
      }),
      { numRuns: 50 },
    );
  });
});
