import { expect, it } from 'vitest';
import type { Presence } from '../../../supervisor/forward/port.ts';
import { all, balanced, deliverAll, HIGH, passing, rig, ScriptedTarget, settle, until } from './rig.ts';

class Bus extends ScriptedTarget {
  presence: Presence = { kind: 'there', identity: 'one' };
  async check(): Promise<Presence> {
    return this.presence;
  }
}

async function withDead(count: number, options: Parameters<typeof rig>[0] = {}) {
  const parts = await rig(options);
  const { target, pump, append, clock } = parts;
  target.answer = all('poison', 'MalformedDetail');
  await append(...Array(count).fill(HIGH));
  await passing(clock, () => pump.accounting().deadLettered === count && pump.accounting().pending === 0);
  target.requests.length = 0;
  target.answer = deliverAll;
  const list = async () => (await pump.deadLetters.list('', 1_000)).deadLetters;
  return { ...parts, list };
}

it('one that begins while a cancelled one is still under way comes to its end', async () => {
  const { target, pump, list, clock } = await withDead(300);
  const release: (() => void)[] = [];
  target.answer = async (ids, signal) => {
    await new Promise<void>((resolve) => release.push(resolve));
    return deliverAll(ids, signal);
  };
  await pump.redrive.start({});
  await until(() => target.underWay === 1);
  await settle();
  pump.redrive.cancel();
  expect(await pump.redrive.start({})).toMatchObject({ selected: 300 });
  target.answer = deliverAll;
  release.shift()?.();
  for (let i = 0; i < 2_000 && pump.redrive.progress()?.state === 'running'; i++) {
    await settle();
    clock.advance(50);
  }
  expect(pump.redrive.progress()).toMatchObject({ state: 'done', delivered: 300, remaining: 0 });
  expect(await list()).toEqual([]);
});

it('a letter that has arrived and waits for the bus to be seen is counted once', async () => {
  const target = new Bus();
  const { pump, list, clock } = await withDead(4, { target });
  const [first] = await list();
  target.presence = { kind: 'unknown', reason: 'ECONNREFUSED', denied: false };
  await pump.redrive.start({ ids: [first?.id ?? ''] });
  await passing(clock, () => target.delivered.length === 1);
  pump.redrive.cancel();
  await pump.redrive.start({ ids: [first?.id ?? ''] });
  await settle();
  for (let i = 0; i < 50; i++) {
    await settle();
    clock.advance(50);
  }
  target.presence = { kind: 'there', identity: 'one' };
  for (let i = 0; i < 2_000 && pump.redrive.progress()?.state === 'running'; i++) {
    await settle();
    clock.advance(100);
  }
  expect(pump.redrive.progress()).toMatchObject({ state: 'done' });
  expect(await list()).toHaveLength(3);
  expect(balanced(pump)).toBe(true);
  expect(pump.accounting()).toMatchObject({ deadLettered: 3, delivered: 1 });
});

it('goes on after the bus was away, though a letter had failed often before', async () => {
  const target = new Bus();
  const { pump, list, clock, append } = await withDead(20, { target });
  // The first letter fails, and everything else gets through.
  const stubborn = (await list())[0]?.eventId ?? '';
  let tries = 0;
  target.answer = (ids) =>
    ids.map((id) => {
      if (id !== stubborn) return { kind: 'delivered', eventId: id };
      tries++;
      return { kind: 'transient', reason: 'X' };
    });
  await pump.redrive.start({});
  await passing(clock, () => {
    void append(HIGH);
    return tries > 12;
  });
  target.presence = { kind: 'missing', reason: 'BusNotFound: x' };
  await passing(clock, () => pump.status().state === 'held');
  target.answer = deliverAll;
  target.presence = { kind: 'there', identity: 'two' };
  for (let i = 0; i < 3_000 && pump.redrive.progress()?.state === 'running'; i++) {
    await settle();
    clock.advance(50);
  }
  await pump.redrive.start({});
  for (let i = 0; i < 3_000 && pump.redrive.progress()?.state === 'running'; i++) {
    await settle();
    clock.advance(50);
  }
  expect(pump.redrive.progress()).toMatchObject({ state: 'done', remaining: 0 });
  expect(await list()).toEqual([]);
});

it('the lane of the redrive is free after the bus was away', async () => {
  const target = new Bus();
  const { pump, list, clock, append } = await withDead(30, { target });
  const letters = await list();
  const stubborn = letters[0]?.eventId ?? '';
  let tries = 0;
  target.answer = (ids) =>
    ids.map((id) => {
      if (id !== stubborn) return { kind: 'delivered', eventId: id };
      tries++;
      return { kind: 'transient', reason: 'X' };
    });
  await pump.redrive.start({ ids: [letters[0]?.id ?? ''] });
  await passing(clock, () => {
    void append(HIGH);
    return tries > 12;
  });
  target.presence = { kind: 'missing', reason: 'BusNotFound: x' };
  await passing(clock, () => pump.status().state === 'held');
  target.answer = deliverAll;
  target.presence = { kind: 'there', identity: 'two' };
  await passing(clock, () => pump.redrive.progress()?.state === 'done');
  await pump.redrive.start({});
  for (let i = 0; i < 3_000 && pump.redrive.progress()?.state === 'running'; i++) {
    await settle();
    clock.advance(50);
  }
  expect(pump.redrive.progress()).toMatchObject({ state: 'done', remaining: 0 });
});

it('what was set aside, and is delivered after the bus came back, is a dead letter no more', async () => {
  const target = new Bus();
  const { pump, list, clock, append } = await rig({ target }).then((parts) => ({
    ...parts,
    list: async () => (await parts.pump.deadLetters.list('', 100)).deadLetters,
  }));
  target.answer = all('poison', 'TooOld: X');
  await append(HIGH);
  await until(() => pump.accounting().deadLettered === 1);
  // Nobody had looked since: it was another bus.
  target.answer = deliverAll;
  target.presence = { kind: 'there', identity: 'two' };
  await passing(clock, () => target.delivered.length === 1);
  await settle();
  expect(balanced(pump)).toBe(true);
  expect((await list()).length).toBe(pump.accounting().deadLettered);
});
