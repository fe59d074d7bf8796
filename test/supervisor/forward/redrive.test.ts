import { describe, expect, it } from 'vitest';
import {
  all,
  balanced,
  deliverAll,
  HIGH,
  logOnDisk,
  NORMAL,
  newLog,
  passing,
  rig,
  ScriptedTarget,
  silence,
  temporaryFolder,
  until,
} from './rig.ts';

/** A forwarder that has set `count` events aside. */
async function withDead(count: number, options: Parameters<typeof rig>[0] = {}) {
  const parts = await rig(options);
  const { target, pump, append, clock } = parts;
  target.answer = all('poison', 'MalformedDetail');
  const ids = await append(...Array(count).fill(HIGH));
  await passing(clock, () => pump.accounting().deadLettered === count && pump.accounting().pending === 0);
  target.requests.length = 0;
  target.answer = deliverAll;
  const list = async () => (await pump.deadLetters.list('', 1_000)).deadLetters;
  const over = () => until(() => pump.redrive.progress()?.state !== 'running');
  return { ...parts, ids, list, over };
}

describe('a redrive', () => {
  it('sends every dead letter again; what arrives is none any more, and the books say so', async () => {
    const { target, pump, ids, list, over, clock } = await withDead(250);
    expect(await pump.redrive.start({})).toMatchObject({ state: 'running', selected: 250, remaining: 250 });
    expect(await pump.redrive.start({})).toBeUndefined();
    await passing(clock, () => target.delivered.length === 250);
    await over();
    expect(pump.redrive.progress()).toMatchObject({ state: 'done', delivered: 250, refused: 0, remaining: 0 });
    expect([...target.delivered].sort()).toEqual([...ids].sort());
    expect(await list()).toEqual([]);
    expect(pump.accounting()).toMatchObject({ accepted: 250, delivered: 250, deadLettered: 0, pending: 0 });
    expect(balanced(pump)).toBe(true);
  });

  it('leaves what is refused again, with the new reason', async () => {
    const { target, pump, list, over, clock } = await withDead(10);
    target.answer = (ids) =>
      ids.map((id) =>
        id === 'id-3' ? { kind: 'poison', reason: 'InvalidArgument' } : { kind: 'delivered', eventId: id },
      );
    await pump.redrive.start({});
    await passing(clock, () => target.delivered.length === 9);
    await over();
    expect(pump.redrive.progress()).toMatchObject({ state: 'done', delivered: 9, refused: 1 });
    expect(await list()).toMatchObject([{ eventId: 'id-3', reason: 'InvalidArgument' }]);
    expect(pump.accounting()).toMatchObject({ delivered: 9, deadLettered: 1 });
  });

  it('takes what was chosen: by id, room, topic, reason, and by what the caller may see', async () => {
    const { pump, list, over, clock, append, target } = await withDead(6);
    const redriven = async (selection: Parameters<typeof pump.redrive.start>[0]) => {
      const before = (await list()).map(({ eventId }) => eventId);
      await pump.redrive.start(selection);
      await passing(clock, () => pump.redrive.progress()?.state !== 'running');
      await over();
      const after = new Set((await list()).map(({ eventId }) => eventId));
      return before.filter((id) => !after.has(id));
    };
    const [first] = await list();
    expect(await redriven({ ids: [first?.id ?? '', 'no-such'] })).toEqual(['id-1']);
    expect(await redriven({ roomId: 'room-2' })).toEqual(['id-2']);
    expect(await redriven({ reason: 'Other' })).toEqual([]);
    expect(await redriven({ sees: (roomId) => roomId === 'room-3' })).toEqual(['id-3']);
    target.answer = all('poison', 'Other');
    await append(NORMAL);
    await passing(clock, () => pump.accounting().pending === 0);
    target.answer = deliverAll;
    expect(await redriven({ topic: 'room.**' })).toEqual(['id-7']);
    expect(await redriven({ reason: 'Malformed', topic: 'conversation.*.violation' })).toEqual([
      'id-4',
      'id-5',
      'id-6',
    ]);
  });

  it('keeps a bounded number under way, and lets everything else pass', async () => {
    const { target, pump, append, clock } = await withDead(500);
    target.answer = (ids, signal) => (ids.includes('id-1') ? silence : deliverAll)(ids, signal);
    await pump.redrive.start({});
    await until(() => target.requests.length === 1);
    const ids = await append(...Array(20).fill(HIGH));
    await passing(clock, () => target.delivered.length >= 20);
    expect(target.delivered).toEqual(ids);
    expect(target.requests[0]).toHaveLength(10);
  });

  it('can be cancelled: what is under way arrives, the rest stays', async () => {
    const { target, pump, list, clock } = await withDead(500);
    let release = () => {};
    target.answer = async (ids, signal) => {
      await new Promise<void>((resolve) => {
        release = resolve;
      });
      return deliverAll(ids, signal);
    };
    await pump.redrive.start({});
    await until(() => target.requests.length === 1);
    expect(pump.redrive.cancel()).toMatchObject({ state: 'cancelled', remaining: 500 });
    target.answer = deliverAll;
    release();
    await passing(clock, () => target.delivered.length === 20);
    await until(() => pump.redrive.progress()?.delivered === 20);
    expect(await list()).toHaveLength(480);
    expect(pump.redrive.cancel()).toMatchObject({ state: 'cancelled', delivered: 20, remaining: 480 });
    expect(await pump.redrive.start({})).toMatchObject({ selected: 480 });
  });

  it('selects nothing and is done', async () => {
    const { pump } = await rig();
    expect(pump.redrive.progress()).toBeUndefined();
    expect(pump.redrive.cancel()).toBeUndefined();
    await pump.redrive.start({});
    expect(pump.redrive.progress()).toMatchObject({ state: 'done', selected: 0 });
  });

  it('interrupted by a crash loses nothing: what is not known to have arrived is still there', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    const { target, pump, ids } = await withDead(30, { log });
    target.answer = (sent, signal) => (sent.includes('id-11') ? silence : deliverAll)(sent, signal);
    await pump.redrive.start({});
    await until(() => pump.redrive.progress()?.delivered === 10);
    await log.close();
    const again = await rig({ log: await logOnDisk(folder) });
    const { deadLetters } = await again.pump.deadLetters.list('', 100);
    expect(deadLetters.map(({ eventId }) => eventId)).toEqual(ids.slice(10));
    await again.pump.redrive.start({});
    await passing(again.clock, () => again.target.delivered.length === 20);
    expect(again.pump.accounting()).toMatchObject({ accepted: 30, deadLettered: 0, delivered: 30 });
  });

  it('of a dry run takes nothing that was meant for the real bus', async () => {
    const log = newLog();
    const { pump } = await withDead(3, { log });
    await pump.stop(0);
    const dry = new ScriptedTarget();
    Object.assign(dry, { name: 'dry-run/default' });
    const other = await rig({ log, target: dry, startFrom: 'end' });
    await other.pump.redrive.start({});
    expect(other.pump.redrive.progress()).toMatchObject({ state: 'done', selected: 0 });
  });

  it('with a bus that has to be seen takes a letter off the list only when it was', async () => {
    const target = new (class extends ScriptedTarget {
      missing = false;
      looks = 0;
      async check() {
        this.looks++;
        if (this.missing) return { kind: 'missing', reason: 'BusNotFound: x' } as const;
        return { kind: 'there', identity: 'one' } as const;
      }
    })();
    const { pump, list, clock } = await withDead(5, { target });
    const { looks } = target;
    await passing(clock, () => target.looks > looks + 1);
    target.missing = true;
    await pump.redrive.start({});
    await passing(clock, () => target.delivered.length === 5);
    await passing(clock, () => pump.problem !== undefined);
    expect(await list()).toHaveLength(5);
    expect(pump.redrive.progress()).toMatchObject({ state: 'running', delivered: 0, remaining: 5 });
    target.missing = false;
    await passing(clock, () => pump.redrive.progress()?.state === 'done');
    expect(pump.redrive.progress()).toMatchObject({ delivered: 5, remaining: 0 });
    expect(await list()).toEqual([]);
    expect(balanced(pump)).toBe(true);
  });
});
