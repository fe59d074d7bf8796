import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { type Starter, StartGate } from '../../../supervisor/room/start-gate.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function setUp(limit: number) {
  const clock = new FakeClock();
  const gate = new StartGate(clock, limit);
  const begun: string[] = [];
  const enter = (name: string, who: Starter = 'room') => {
    const ticket = gate.enter(who);
    void ticket.turn.then(() => begun.push(name));
    return ticket;
  };
  return { clock, gate, begun, enter };
}

describe('StartGate', () => {
  it('lets so many start at a time, the others in the order in which they came', async () => {
    const { gate, begun, enter } = setUp(2);
    const tickets = ['a', 'b', 'c', 'd'].map((name) => enter(name));
    await setImmediate();
    expect(begun).toEqual(['a', 'b']);
    tickets[1]?.leave();
    tickets[1]?.leave();
    await setImmediate();
    expect(begun).toEqual(['a', 'b', 'c']);
    expect([gate.starting, gate.queued]).toEqual([2, 1]);
  });

  it('forgets who leaves while waiting, and tells them', async () => {
    const { gate, begun, enter } = setUp(1);
    const [first, second] = ['a', 'b', 'c'].map((name) => enter(name));
    second?.leave();
    await setImmediate();
    expect([begun, gate.queued]).toEqual([['a', 'b'], 1]);
    first?.leave();
    await setImmediate();
    expect([begun, gate.starting]).toEqual([['a', 'b', 'c'], 1]);
  });

  it('does not wait for ever for one that is never heard of', async () => {
    const { clock, begun, enter } = setUp(1);
    enter('silent');
    enter('next');
    clock.advance(10_000);
    await setImmediate();
    expect(begun).toEqual(['silent', 'next']);
  });

  it('lets rooms in before processes that wait, and keeps half of the places for them', async () => {
    const { clock, begun, enter } = setUp(4);
    for (const name of ['w1', 'w2', 'w3', 'w4']) enter(name, 'waiting');
    const rooms = ['r1', 'r2', 'r3', 'r4'].map((name) => enter(name));
    await setImmediate();
    expect(begun).toEqual(['w1', 'w2', 'r1', 'r2']);
    // The two that wait hang. Their places go to rooms too, while there are any.
    clock.advance(10_000);
    await setImmediate();
    expect(begun.slice(4)).toEqual(['r3', 'r4', 'w3', 'w4']);
    for (const { leave } of rooms) leave();
  });

  it('starts a room at once, however many processes that wait hang: "one hung init blocks every later job"', async () => {
    const { clock, gate, begun, enter } = setUp(4);
    for (let i = 0; i < 12; i++) void gate.pass(() => new Promise(() => {}));
    for (let second = 0; second < 120; second++) {
      expect(gate.expectedWaitMs).toBe(0);
      const room = enter(`room ${second}`);
      await setImmediate();
      expect(begun).toHaveLength(second + 1);
      room.leave();
      clock.advance(1_000);
    }
  });

  it('gives a process that waits a place even if there is one alone', async () => {
    const { begun, enter } = setUp(1);
    enter('w', 'waiting');
    await setImmediate();
    expect(begun).toEqual(['w']);
  });

  it('tells how long a newcomer would wait, by what starts have lasted', () => {
    const { clock, gate, enter } = setUp(2);
    const [first, second] = [enter('a'), enter('b')];
    const third = enter('c');
    expect(gate.expectedWaitMs).toBe(100);
    clock.advance(50);
    // They last as long as the others so far.
    expect(gate.expectedWaitMs).toBe(100);
    clock.advance(550);
    for (const { leave } of [first, second, third]) leave();
    enter('d');
    enter('e');
    // The average was 100, is 200 after 600, 280 after 600, and 224 after the third, which began late and lasted 0.
    expect(gate.expectedWaitMs).toBeCloseTo(112);
    enter('f');
    expect(gate.expectedWaitMs).toBeCloseTo(224);
  });

  it('tells it by what those under way have lasted already, when that is longer', () => {
    const { clock, gate, enter } = setUp(2);
    enter('a');
    enter('b');
    clock.advance(3_000);
    expect(gate.expectedWaitMs).toBe(1_500);
    enter('c');
    clock.advance(1_000);
    expect(gate.expectedWaitMs).toBe(4_000);
    const other = setUp(2);
    other.enter('a');
    other.clock.advance(3_000);
    other.enter('b');
    // Who has just begun is taken to last as long as the two have on average.
    expect(other.gate.expectedWaitMs).toBeCloseTo(1_000);
  });

  it('tells nobody to wait for what hangs without being a room', () => {
    const { clock, gate, enter } = setUp(4);
    for (let i = 0; i < 10; i++) enter(`w${i}`, 'waiting');
    clock.advance(9_999);
    enter('a');
    enter('b');
    // Two places go on as ever.
    expect(gate.expectedWaitMs).toBeCloseTo(49.5, 1);
    clock.advance(1);
    expect(gate.expectedWaitMs).toBeLessThan(50);
  });

  it('tells nobody to wait while there are places', () => {
    const { gate, enter } = setUp(2);
    enter('a');
    expect(gate.expectedWaitMs).toBe(0);
    const other = setUp(2);
    other.enter('w1', 'waiting');
    other.enter('w2', 'waiting');
    expect(other.gate.expectedWaitMs).toBe(0);
  });

  it('passes work in its turn, and goes on when it fails', async () => {
    const { gate, begun, enter } = setUp(1);
    const failing = gate.pass(() => Promise.reject(new Error('no')));
    enter('next');
    await expect(failing).rejects.toThrow('no');
    await setImmediate();
    expect(begun).toEqual(['next']);
  });

  it('never lets in more than its limit, or more that wait than half; rooms first; everybody in the end', async () => {
    const step = fc.record({
      enter: fc.constantFrom<Starter | undefined>('room', 'waiting', undefined),
      which: fc.nat(30),
    });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 5 }), async (steps, limit) => {
        const { gate, begun, enter } = setUp(limit);
        const open: { who: Starter; name: string; leave: () => void }[] = [];
        const all: Record<Starter, string[]> = { room: [], waiting: [] };
        const half = Math.max(1, Math.floor(limit / 2));
        for (const [i, { enter: who, which }] of steps.entries()) {
          const name = `${who} ${i}`;
          const [underWay] = split();
          if (who !== undefined) {
            open.push({ who, name, leave: enter(name, who).leave });
            all[who].push(name);
          } else {
            const [gone] = open.splice(which % Math.max(1, open.length), 1);
            // It is told so, but never started.
            if (gone !== undefined && !begun.includes(gone.name))
              all[gone.who].splice(all[gone.who].indexOf(gone.name), 1);
            gone?.leave();
          }
          await Promise.resolve();
          const [now, queued] = split();
          expect([gate.starting, gate.queued]).toEqual([now.length, queued.length]);
          expect(now.length).toBeLessThanOrEqual(limit);
          expect(count(now, 'waiting')).toBeLessThanOrEqual(half);
          // Nobody queues in vain.
          if (now.length < limit) {
            expect(count(queued, 'room')).toBe(0);
            if (count(queued, 'waiting') > 0) expect(count(now, 'waiting')).toBe(half);
          }
          const isNew = ({ name }: { name: string }) => !underWay.some((before) => before.name === name);
          if (now.some((start) => start.who === 'waiting' && isNew(start))) expect(count(queued, 'room')).toBe(0);
          // First come, first served.
          for (const kind of ['room', 'waiting'] as const) {
            const served = all[kind].filter((each) => begun.includes(each));
            expect(begun.filter((each) => served.includes(each) && each.startsWith(kind))).toEqual(served);
            expect(all[kind].slice(0, served.length)).toEqual(served);
          }
        }
        // Who has started is done some time.
        for (let [first] = split(); first.length > 0; [first] = split()) {
          for (const start of first) open.splice(open.indexOf(start), 1)[0]?.leave();
          await Promise.resolve();
        }
        expect(open).toEqual([]);
        expect([gate.starting, gate.queued]).toEqual([0, 0]);

        function split() {
          const isUnderWay = ({ name }: { name: string }) => begun.includes(name);
          return [open.filter(isUnderWay), open.filter((start) => !isUnderWay(start))] as const;
        }
      }),
    );
  });
});

const count = (starts: readonly { readonly who: Starter }[], kind: Starter) =>
  starts.filter(({ who }) => who === kind).length;
