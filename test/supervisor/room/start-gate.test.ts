import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { StartGate } from '../../../supervisor/room/start-gate.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';

function setUp(limit: number) {
  const clock = new FakeClock();
  const gate = new StartGate(clock, limit);
  const begun: string[] = [];
  const enter = (name: string) => {
    const ticket = gate.enter();
    void ticket.turn.then(() => begun.push(name));
    return ticket;
  };
  return { clock, gate, begun, enter };
}

describe('StartGate', () => {
  it('lets so many start at a time, the others in the order in which they came', async () => {
    const { gate, begun, enter } = setUp(2);
    const tickets = ['a', 'b', 'c', 'd'].map(enter);
    await setImmediate();
    expect(begun).toEqual(['a', 'b']);
    tickets[1]?.leave();
    tickets[1]?.leave();
    await setImmediate();
    expect(begun).toEqual(['a', 'b', 'c']);
    expect([gate.starting, gate.waiting]).toEqual([2, 1]);
  });

  it('forgets who leaves while waiting, and tells them', async () => {
    const { gate, begun, enter } = setUp(1);
    const [first, second] = ['a', 'b', 'c'].map(enter);
    second?.leave();
    await setImmediate();
    expect([begun, gate.waiting]).toEqual([['a', 'b'], 1]);
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

  it('tells how long a newcomer would wait, by what starts have lasted', () => {
    const { clock, gate, enter } = setUp(2);
    const [first] = [enter('a'), enter('b')];
    enter('c');
    expect(gate.expectedWaitMs).toBe(100);
    clock.advance(600);
    first?.leave();
    // c begins; one who came now would be the next.
    expect(gate.expectedWaitMs).toBe(100);
    enter('d');
    expect(gate.expectedWaitMs).toBe(200);
  });

  it('tells nobody to wait while there are places', () => {
    const { gate, enter } = setUp(2);
    enter('a');
    expect(gate.expectedWaitMs).toBe(0);
  });

  it('passes work in its turn, and goes on when it fails', async () => {
    const { gate, begun, enter } = setUp(1);
    const failing = gate.pass(() => Promise.reject(new Error('no')));
    enter('next');
    await expect(failing).rejects.toThrow('no');
    await setImmediate();
    expect(begun).toEqual(['next']);
  });

  it('never lets in more than its limit, and everybody in the end', async () => {
    const step = fc.record({ enter: fc.boolean(), which: fc.nat(30) });
    await fc.assert(
      fc.asyncProperty(fc.array(step, { maxLength: 60 }), fc.integer({ min: 1, max: 4 }), async (steps, limit) => {
        const { gate, begun, enter } = setUp(limit);
        const open: { name: string; leave: () => void }[] = [];
        let entered = 0;
        for (const { enter: wantsIn, which } of steps) {
          if (wantsIn) open.push({ name: String(entered), leave: enter(String(entered++)).leave });
          else open.splice(which % Math.max(1, open.length), 1)[0]?.leave();
          expect(gate.starting).toBeLessThanOrEqual(limit);
          expect(gate.starting + gate.waiting).toBe(open.length);
        }
        for (const { leave } of open) leave();
        await setImmediate();
        expect(begun.length).toBe(entered);
        expect([gate.starting, gate.waiting]).toEqual([0, 0]);
      }),
    );
  });
});
