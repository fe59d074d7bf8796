import { describe, expect, it } from 'vitest';
import type { Standby } from '../../../../supervisor/room/warm/standby.ts';
import { fakePool } from './fake-pool.ts';

const MINUTE = 60_000;

describe('the size of a pool', () => {
  it('follows the demand up to the ceiling, and back to the floor one at a time', async () => {
    const { pool, clock, allReady, alive, told } = await fakePool({ floor: 2, ceiling: 5 });
    pool.start();
    await allReady();
    expect(alive()).toHaveLength(2);
    const taken = [];
    for (let i = 0; i < 8; i++) {
      const standby = pool.take();
      if (standby !== undefined) taken.push(standby);
      await clock.pass(20);
      await allReady();
    }
    expect(pool.view()).toEqual({
      bot: 'fake',
      warm: { floor: 2, target: 5, ready: 5, starting: 0 },
      assignments: { warm: 8, cold: 0, unanswered: 0 },
      problem: null,
    });
    await clock.pass(29_000);
    expect(pool.view().warm).toMatchObject({ target: 5, ready: 5 });
    // No faster than one a second.
    const sizes: number[] = [];
    for (let i = 0; i < 6; i++) {
      await clock.pass(1_000);
      sizes.push(pool.view().warm.ready);
    }
    expect(sizes).toEqual([4, 3, 2, 2, 2, 2]);
    expect(told.filter((what) => what === 'left surplus')).toHaveLength(3);
    expect(alive()).toHaveLength(2 + taken.length);
  });

  it('grows by those who asked in vain too', async () => {
    const { pool, clock, settle, allReady } = await fakePool({ floor: 1, ceiling: 10 });
    pool.start();
    await settle();
    for (let i = 0; i < 6; i++) expect(pool.take()).toBeUndefined();
    await clock.pass(20);
    await allReady();
    expect(pool.view()).toMatchObject({ warm: { ready: 6 }, assignments: { warm: 0, cold: 6 } });
  });

  it('sends the oldest away first, and hands it out first', async () => {
    const { pool, clock, settle, children } = await fakePool({ floor: 2 }, { maxStarting: 2 });
    pool.start();
    await settle();
    children[1]?.ready();
    children[0]?.ready();
    const [first, second] = [pool.take(), pool.take()];
    const listener = { onLine() {}, onFault() {}, onStderr() {} };
    expect([first, second].map((standby) => standby?.adopt(listener).child)).toEqual([children[1], children[0]]);
    await clock.pass(20);
    children[3]?.ready();
    children[2]?.ready();
    await clock.pass(20);
    pool.take();
    await clock.pass(20);
    for (const child of children) child.ready();
    await clock.pass(30_100);
    expect(children.filter(({ toldToLeave }) => toldToLeave)).toEqual([children[2]]);
  });

  it('is never more than the rooms that may still be started', async () => {
    let places = 3;
    const { pool, clock, allReady, alive } = await fakePool({ floor: 5 }, { room: () => places });
    pool.start();
    await allReady();
    expect(pool.view().warm).toEqual({ floor: 5, target: 3, ready: 3, starting: 0 });
    places = 1;
    await clock.pass(2_000);
    expect(alive()).toHaveLength(1);
    places = 4;
    await clock.pass(1_000);
    await allReady();
    expect(pool.view().warm.ready).toBe(4);
  });

  it('shrinks by one a second, whatever else happens meanwhile', async () => {
    let places = 4;
    const { pool, clock, settle, allReady, alive, children } = await fakePool({ floor: 4 }, { room: () => places });
    pool.start();
    await allReady();
    places = 0;
    await clock.pass(1_000);
    expect(alive()).toHaveLength(3);
    children.at(-1)?.exit(1);
    await settle();
    expect(alive()).toHaveLength(2);
    await clock.pass(1_000);
    expect(alive()).toHaveLength(1);
  });

  it('has no more on their way at a time than it may', async () => {
    const { pool, settle, children } = await fakePool({ floor: 5 }, { maxStarting: 2 });
    pool.start();
    await settle();
    expect(children).toHaveLength(2);
    children[0]?.ready();
    await settle();
    expect(children).toHaveLength(3);
  });
});

describe('a refill', () => {
  it('leaves the supervisor to the room that was just served', async () => {
    const { pool, clock, settle, allReady, children } = await fakePool();
    pool.start();
    await allReady();
    pool.take();
    await clock.pass(19);
    expect(children).toHaveLength(1);
    await clock.pass(1);
    await settle();
    expect(children).toHaveLength(2);
  });

  it('is not put off by a run of requests', async () => {
    const { pool, clock, allReady, children } = await fakePool({ floor: 1, ceiling: 1 });
    pool.start();
    await allReady();
    for (let i = 0; i < 10; i++) {
      pool.take();
      await clock.pass(15);
      await allReady();
    }
    expect(children.length).toBeGreaterThan(5);
  });

  it('waits for its turn, and who is sent away meanwhile never starts', async () => {
    const turns: (() => Promise<void>)[] = [];
    const start = (work: () => Promise<void>) => new Promise<void>((resolve) => turns.push(() => work().then(resolve)));
    const { pool, settle, children, folders } = await fakePool({ floor: 2 }, { start });
    pool.start();
    await settle();
    expect([children.length, pool.view().warm.starting]).toEqual([0, 2]);
    let up = false;
    void turns[0]?.().then(() => {
      up = true;
    });
    await settle();
    expect([children.length, up]).toEqual([1, false]);
    children[0]?.ready();
    await settle();
    expect(up).toBe(true);
    await pool.stop();
    await turns[1]?.();
    await settle();
    expect([children.length, folders.size]).toEqual([1, 0]);
  });

  it('that is called off while its folder is made starts nothing and leaves nothing', async () => {
    const { pool, clock, settle, children, folders, told } = await fakePool({ floor: 2 });
    pool.start();
    expect(folders.size).toBe(2);
    await pool.stop();
    await settle();
    expect([children.length, folders.size, clock.waiting]).toEqual([0, 0, 0]);
    expect(told).toEqual(['left stopped', 'left stopped']);
  });

  it('that is refused its turn is a failure that is told', async () => {
    const { pool, clock, settle, told } = await fakePool({}, { start: () => Promise.reject(new Error('no memory')) });
    pool.start();
    await settle();
    expect(told).toEqual([expect.stringContaining('could not be started: no memory'), 'left not_started']);
    await clock.pass(500);
    await settle();
    expect(told.filter((what) => what === 'left not_started')).toHaveLength(2);
  });
});

it('there is one ready as long as a room that asked would get it', async () => {
  const { pool, clock, settle, allReady, children } = await fakePool();
  expect(pool.hasReady).toBe(false);
  pool.start();
  await settle();
  expect(pool.hasReady).toBe(false);
  await allReady();
  expect(pool.hasReady).toBe(true);
  for (const child of children) child.heart = false;
  // It has missed two heartbeats.
  await clock.pass(30_001);
  expect(pool.view().warm.ready).toBe(1);
  expect([pool.hasReady, pool.take()]).toEqual([false, undefined]);
  await clock.pass(20_000);
  await allReady();
  expect(pool.hasReady).toBe(true);
  pool.take();
  expect(pool.hasReady).toBe(false);
});

describe('whose a process is', () => {
  it('has been noted before its folder is removed', async () => {
    const noted: (() => void)[] = [];
    const record = () => new Promise<void>((resolve) => noted.push(resolve));
    const { pool, settle, allReady, folders } = await fakePool({}, { record });
    pool.start();
    await allReady();
    let over = false;
    void pool.stop().then(() => {
      over = true;
    });
    await settle();
    expect([noted.length, folders.size, over]).toEqual([1, 1, false]);
    noted[0]?.();
    await settle();
    expect([folders.size, over]).toEqual([0, true]);
  });

  it('is its room’s to wait for once that has it', async () => {
    const recorded = Promise.resolve();
    const { pool, allReady } = await fakePool({}, { record: () => recorded });
    pool.start();
    await allReady();
    expect(pool.take()?.adopt({ onLine() {}, onFault() {}, onStderr() {} }).recorded).toBe(recorded);
  });
});

describe('failing processes', () => {
  it('are started with growing pauses, for ever: "init-time crash loop burning CPU"', async () => {
    const { pool, clock, children } = await fakePool({ floor: 4 }, { onLaunch: (child) => child.exit(1) });
    pool.start();
    await clock.pass(10 * MINUTE);
    // The first ones together, then 6 pauses up to 16 s, then every 30 s.
    const expected = 4 + 6 + Math.floor((600 - 31.5) / 30);
    expect([expected - 1, expected, expected + 1]).toContain(children.length);
    expect(pool.view().problem).toContain('ended by exit code 1 before it was ready');
  });

  it('are paused for as long when they are ready first and die then', async () => {
    const { pool, clock, children } = await fakePool(
      { floor: 4 },
      {
        onLaunch: (child, time) => {
          time.after(50, () => child.ready());
          time.after(1_050, () => child.exit(1));
        },
      },
    );
    pool.start();
    await clock.pass(10 * MINUTE);
    // Four a round at most.
    expect(children.length).toBeLessThan(4 * (1 + 6 + 20));
    expect(children.length).toBeGreaterThan(20);
  });

  it('are followed by one at a time until one is ready again', async () => {
    const { pool, clock, settle, children, told } = await fakePool({ floor: 3 });
    pool.start();
    await settle();
    for (const child of children) child.exit(1);
    await clock.pass(500);
    await settle();
    expect(children).toHaveLength(4);
    expect(pool.view().problem).not.toBeNull();
    children[3]?.ready();
    await settle();
    expect(children).toHaveLength(6);
    expect([pool.view().problem, told.at(-1)]).toEqual([null, 'ready']);
  });

  it('are forgiven when one has waited for ten seconds since', async () => {
    const { pool, clock, settle, children } = await fakePool();
    pool.start();
    const crash = async () => {
      await settle();
      children.at(-1)?.exit(1);
      await settle();
    };
    await crash();
    await clock.pass(500);
    await crash();
    await clock.pass(1_000);
    await settle();
    children.at(-1)?.ready();
    await clock.pass(10_000);
    // Late, and not at once after its start: no failure.
    await crash();
    expect(children).toHaveLength(4);
    await crash();
    await clock.pass(500);
    await settle();
    expect(children).toHaveLength(5);
  });
});

describe('assignments without an answer', () => {
  async function wedged() {
    const fake = await fakePool({ floor: 4 });
    fake.pool.start();
    await fake.allReady();
    const taken = [1, 2, 3].map(() => fake.pool.take() as Standby);
    return { ...fake, taken };
  }

  it('three in a row: those that wait are replaced, after a pause that grows', async () => {
    const { pool, clock, settle, allReady, children, taken } = await wedged();
    await clock.pass(20);
    await allReady();
    const waiting = pool.view().warm.ready;
    for (const standby of taken) pool.unanswered(standby);
    expect(pool.view()).toMatchObject({
      warm: { ready: 0, starting: 0 },
      assignments: { warm: 3, unanswered: 3 },
      problem: expect.stringContaining('expected an answer to every assignment, got none to 3 in a row'),
    });
    expect(children.filter(({ toldToLeave }) => toldToLeave)).toHaveLength(waiting);
    const before = children.length;
    await clock.pass(499);
    expect(children).toHaveLength(before);
    await clock.pass(1);
    await allReady();
    expect(pool.view()).toMatchObject({ warm: { ready: 4 }, problem: null });
    // Who was taken before says nothing of these.
    for (const standby of taken) pool.unanswered(standby);
    expect(pool.view().warm.ready).toBe(4);
    for (const standby of [1, 2, 3].map(() => pool.take() as Standby)) pool.unanswered(standby);
    const again = children.length;
    await clock.pass(999);
    expect(children).toHaveLength(again);
    await clock.pass(1);
    await settle();
    expect(children.length).toBeGreaterThan(again);
  });

  it('fewer, or with an answered one between: those that wait go on waiting', async () => {
    const { pool, clock, allReady, taken } = await wedged();
    const [first, second, third] = taken as [Standby, Standby, Standby];
    pool.unanswered(first);
    pool.unanswered(second);
    pool.answered(third);
    await clock.pass(20);
    await allReady();
    const [fourth, fifth] = [pool.take() as Standby, pool.take() as Standby];
    pool.unanswered(fourth);
    pool.unanswered(fifth);
    expect(pool.view()).toMatchObject({ warm: { ready: 2 }, assignments: { unanswered: 4 }, problem: null });
  });
});

it('a pool may be stopped before it was started, and then never starts', async () => {
  const { pool, clock, settle, children } = await fakePool({ floor: 2 });
  await pool.stop();
  pool.start();
  expect(pool.take()).toBeUndefined();
  await clock.pass(60_000);
  await settle();
  expect([children, clock.waiting]).toEqual([[], 0]);
});

it('a waiting process that doesn’t leave when it is told to is made to, a second later', async () => {
  const { pool, clock, allReady, children, folders } = await fakePool(
    {},
    {
      onLaunch: (child) => {
        child.deaf = true;
      },
    },
  );
  pool.start();
  await allReady();
  const stopped = pool.stop();
  await clock.pass(999);
  expect(children[0]?.alive).toBe(true);
  await clock.pass(1);
  await stopped;
  expect([children[0]?.alive, folders.size]).toEqual([false, 0]);
});
