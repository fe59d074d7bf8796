import { describe, expect, it, vi } from 'vitest';
import {
  all,
  deliverAll,
  entryOf,
  HIGH,
  inTurn,
  LOCAL,
  NORMAL,
  newLog,
  passing,
  rig,
  settle,
  silence,
  until,
} from './rig.ts';

describe('sending', () => {
  it('fills batches, and sends a partial one when its oldest entry has waited', async () => {
    const { target, clock, many } = await rig();
    const ids = await many(23);
    await until(() => target.delivered.length === 20);
    clock.advance(999);
    await settle();
    expect(target.requests).toHaveLength(2);
    clock.advance(1);
    await until(() => target.delivered.length === 23);
    expect(target.requests).toEqual([ids.slice(0, 10), ids.slice(10, 20), ids.slice(20)]);
  });

  it('sends a high priority at once, without any time passing', async () => {
    const { target, append } = await rig();
    const ids = await append(NORMAL, HIGH);
    await until(() => target.delivered.length === 2);
    expect(target.requests).toEqual([ids.toReversed()]);
  });

  it('keeps local events here and counts them', async () => {
    const { target, pump, append } = await rig();
    await append(LOCAL, HIGH, LOCAL);
    await until(() => pump.accounting().pending === 0);
    expect(target.delivered).toEqual(['id-2']);
    expect(pump.accounting()).toMatchObject({ accepted: 3, delivered: 1, local: 2 });
  });

  it('has several requests under way, and no more than allowed', async () => {
    const { target, many } = await rig({ settings: { concurrency: 3 } });
    const release: (() => void)[] = [];
    target.answer = async (ids, signal) => {
      await new Promise<void>((resolve) => release.push(resolve));
      return deliverAll(ids, signal);
    };
    await many(80);
    await until(() => release.length === 3);
    await settle();
    expect(target.underWay).toBe(3);
    while (target.delivered.length < 80) {
      release.shift()?.();
      await settle();
    }
    expect(target.mostUnderWay).toBe(3);
  });

  it('reads no further than its window while nothing gets through', async () => {
    const log = newLog();
    const read = vi.spyOn(log, 'read');
    const { target, pump, many } = await rig({ log, settings: { window: 20 } });
    target.answer = silence;
    read.mockClear();
    await many(1_200);
    await until(() => target.underWay === 2);
    await settle();
    expect(read.mock.calls.map(([{ after, limit }]) => [after, limit])).toEqual([[0, 20]]);
    expect(pump.accounting()).toMatchObject({ accepted: 1_200, pending: 1_200 });
  });

  it('reads large events in small pages, and holds a bounded number of bytes', async () => {
    const log = newLog();
    const read = vi.spyOn(log, 'read');
    const { target } = await rig({ log });
    target.answer = silence;
    read.mockClear();
    const json = JSON.stringify({ id: 'large', payload: { text: 'x'.repeat(200_000) } });
    await log.append(Array.from({ length: 300 }, (_, index) => ({ ...entryOf(index + 1, NORMAL, 0), json })));
    await until(() => target.underWay === 8);
    await settle();
    expect(read.mock.calls.map(([{ limit }]) => limit)).toEqual([50, 25, 13]);
  });

  it('refuses settings that no request could satisfy', async () => {
    await expect(rig({ settings: { source: 'aws.events' } })).rejects.toThrow(RangeError);
    await expect(rig({ settings: { batch: { entries: 11, waitMs: 1, bytes: 1 } } })).rejects.toThrow(RangeError);
  });
});

describe('retrying', () => {
  it('sends again only what failed, by its index', async () => {
    const { target, clock, many } = await rig();
    const fails = new Set(['id-2', 'id-5', 'id-9']);
    target.answer = inTurn((ids) =>
      ids.map((id) =>
        fails.has(id) ? { kind: 'transient', reason: 'Throttling' } : { kind: 'delivered', eventId: id },
      ),
    );
    const ids = await many(10);
    await passing(clock, () => target.delivered.length === 10);
    expect(target.requests).toEqual([ids, [...fails]]);
  });

  it('waits longer each time, by jitter within a doubling limit', async () => {
    const { target, clock, append } = await rig({ random: () => 0.999_999 });
    target.answer = all('transient');
    await append(HIGH);
    const waits: number[] = [];
    for (let attempt = 1; attempt <= 10; attempt++) {
      await until(() => target.requests.length === attempt);
      await settle();
      const before = clock.monotonic();
      while (target.requests.length === attempt) {
        clock.advance(100);
        await settle();
      }
      waits.push(clock.monotonic() - before);
    }
    expect(waits).toEqual([200, 400, 800, 1_600, 3_200, 6_400, 12_800, 25_600, 30_000, 30_000]);
  });

  it('does not let one entry that keeps failing hold up the others', async () => {
    const { target, clock, pump, many } = await rig();
    target.answer = (ids) =>
      ids.map((id) => (id === 'id-3' ? { kind: 'transient', reason: 'X' } : { kind: 'delivered', eventId: id }));
    await many(3_000);
    await passing(clock, () => target.delivered.length === 2_999);
    expect(pump.accounting()).toMatchObject({ delivered: 2_999, pending: 1 });
    expect(pump.passed).toBeLessThan(3);
    expect(pump.problem).toBeUndefined();
  });

  it('does not let one event that brings whole requests down hold up the others', async () => {
    const { target, clock, pump, append } = await rig();
    target.answer = (ids, signal) => (ids.includes('id-1') ? all('unavailable') : deliverAll)(ids, signal);
    await append(HIGH);
    await until(() => target.requests.length === 1);
    for (let n = 1; n <= 100; n++) {
      await append(HIGH);
      await passing(clock, () => target.delivered.length === n);
    }
    // It is tried again at its own, slowing pace, not after every success of another.
    expect(target.requests.filter((ids) => ids.includes('id-1')).length).toBeLessThan(15);
    expect(pump.accounting()).toMatchObject({ delivered: 100, pending: 1 });
  });

  it('probes a target that fails as a whole with one request at a time', async () => {
    const { target, clock, many } = await rig();
    target.answer = all('unavailable');
    await many(200);
    await until(() => target.requests.length > 0);
    await settle();
    target.mostUnderWay = 0;
    const before = target.requests.length;
    for (let turn = 0; turn < 500; turn++) {
      clock.advance(20);
      await settle();
    }
    // Ten seconds: about seven probes by the doubling, where each batch on its own would make a hundred.
    expect(target.requests.length - before).toBeLessThan(12);
    expect(target.mostUnderWay).toBeLessThanOrEqual(1);
    target.answer = deliverAll;
    await passing(clock, () => target.delivered.length > 0);
    // Once one is through, nobody waits any longer.
    await until(() => target.delivered.length === 200);
    expect(new Set(target.delivered).size).toBe(200);
  });

  it('sends again at once what waits, as soon as the target answers', async () => {
    // The gate's probe is due at once, the entry's own attempt in 200 ms.
    const draws = [0, 0.999];
    const { target, clock, append } = await rig({ random: () => draws.shift() ?? 0 });
    target.answer = inTurn(all('unavailable'));
    await append(HIGH);
    await until(() => draws.length === 0);
    clock.advance(0);
    await append(HIGH);
    await until(() => target.delivered.length === 2);
    expect(target.delivered).toEqual(['id-2', 'id-1']);
  });

  it('sets an entry aside that is older than the log keeps anything', async () => {
    const { target, clock, pump, append, published } = await rig({ settings: { maxAgeMs: 60_000 } });
    target.answer = all('transient', 'InternalFailure');
    await append(HIGH);
    await passing(clock, () => published.some(({ topic }) => topic.endsWith('dead_lettered')));
    expect(pump.accounting()).toMatchObject({ deadLettered: 1, pending: 0 });
    expect(clock.monotonic()).toBeGreaterThan(60_000);
    expect(published.at(-1)).toEqual({
      topic: 'forwarding.delivery.dead_lettered',
      payload: { eventId: 'id-1', reason: 'TooOld: InternalFailure' },
    });
  });
});

describe('a hold', () => {
  it('keeps everything, says so, probes, and goes on when it ends', async () => {
    const { target, clock, pump, many } = await rig();
    target.answer = all('hold', 'AccessDeniedException: no');
    await many(100);
    await until(() => pump.problem !== undefined);
    expect(pump.problem).toMatch(/^held: AccessDeniedException: no; allow events:PutEvents/);
    await settle();
    const before = target.requests.length;
    for (let turn = 0; turn < 500; turn++) {
      clock.advance(20);
      await settle();
    }
    expect(target.requests.length - before).toBeLessThan(12);
    expect(pump.accounting()).toMatchObject({ pending: 100, deadLettered: 0, delivered: 0 });
    target.answer = deliverAll;
    await passing(clock, () => target.delivered.length === 100);
    expect(pump.problem).toBeUndefined();
  });

  it('stays while one entry of the probe is denied', async () => {
    const { target, clock, pump, many } = await rig();
    let denied = true;
    target.answer = (ids) =>
      ids.map((id) => (denied && id === 'id-4' ? { kind: 'hold', reason: 'no' } : { kind: 'delivered', eventId: id }));
    await many(10);
    await until(() => pump.problem !== undefined);
    await passing(clock, () => target.requests.length > 5);
    expect(pump.problem).toMatch(/^held: no; /);
    denied = false;
    await passing(clock, () => target.delivered.length === 10);
    expect(target.delivered.at(-1)).toBe('id-4');
    await until(() => pump.problem === undefined);
  });
});

describe('an outage', () => {
  it('is told once, with backlog and age, and its end too', async () => {
    const { target, clock, pump, published, many } = await rig();
    target.answer = all('unavailable', 'ECONNREFUSED');
    await many(30);
    await until(() => target.requests.length === 3);
    await settle();
    clock.advance(4_999);
    await settle();
    expect(published).toEqual([]);
    clock.advance(1);
    expect(published).toEqual([
      { topic: 'forwarding.delivery.deferred', payload: { backlog: 30, oldestMs: 5_000, reason: 'ECONNREFUSED' } },
    ]);
    expect(pump.problem).toBe('deferred: ECONNREFUSED');
    const before = target.requests.length;
    await passing(clock, () => target.requests.length > before + 3);
    expect(published).toHaveLength(1);
    target.answer = deliverAll;
    await passing(clock, () => target.delivered.length === 30);
    expect(published.slice(1)).toEqual([
      { topic: 'forwarding.delivery.recovered', payload: { durationMs: expect.any(Number) } },
    ]);
    expect(pump.problem).toBeUndefined();
  });

  it('that is short is not worth telling', async () => {
    const { target, clock, published, many } = await rig();
    target.answer = inTurn(all('unavailable'), all('unavailable'));
    await many(10);
    await passing(clock, () => target.delivered.length === 10);
    clock.advance(60_000);
    await settle();
    expect(published).toEqual([]);
  });
});
