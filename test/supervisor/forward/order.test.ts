import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Outcome } from '../../../supervisor/forward/port.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import type { FakeClock } from '../../helpers/fake-clock.ts';
import { all, deliverAll, entryOf, HIGH, NORMAL, passing, rig, ScriptedTarget, settle, until } from './rig.ts';

const inRoom = (room: string, count: number, from = 1, topic = NORMAL) =>
  Array.from({ length: count }, (_, index) => entryOf(from + index, topic, AT, room));
/** The fake clock's. */
const AT = 1_700_000_000_000;
const numberOf = (id: string) => Number(id.slice(3));

/** Lets time pass until something is so, while events of other rooms come in. */
async function amongOthers(clock: FakeClock, log: Log, condition: () => boolean): Promise<void> {
  await passing(clock, () => {
    void log.append([entryOf(log.last + 1, HIGH, AT)]);
    return condition();
  });
}

describe('the order within a room', () => {
  it('is kept by one request at a time, and other rooms do not wait for it', async () => {
    const { target, log } = await rig();
    const release: (() => void)[] = [];
    target.answer = async (ids, signal) => {
      if (numberOf(ids[0] ?? '') <= 30) await new Promise<void>((resolve) => release.push(resolve));
      return deliverAll(ids, signal);
    };
    await log.append([...inRoom('a', 30), ...inRoom('b', 10, 31)]);
    await until(() => target.delivered.length === 10);
    await settle();
    expect(target.requests.map((ids) => ids[0])).toEqual(['id-1', 'id-31']);
    while (target.delivered.length < 40) {
      release.shift()?.();
      await settle();
    }
    expect(target.requests.map((ids) => ids[0])).toEqual(['id-1', 'id-31', 'id-11', 'id-21']);
  });

  it('is kept while an entry is sent again', async () => {
    const { target, log, clock } = await rig();
    let failures = 3;
    target.answer = (ids) =>
      ids.map((id) =>
        id === 'id-10' && failures-- > 0 ? { kind: 'transient', reason: 'X' } : { kind: 'delivered', eventId: id },
      );
    await log.append(inRoom('a', 40));
    await passing(clock, () => target.delivered.length === 40);
    expect(target.delivered.map(numberOf)).toEqual(Array.from({ length: 40 }, (_, index) => index + 1));
  });

  it('is given up for an entry that fails while others get through, so that its room goes on', async () => {
    const { target, log, clock, pump } = await rig();
    target.answer = (ids) =>
      ids.map((id) => (id === 'id-1' ? { kind: 'transient', reason: 'X' } : { kind: 'delivered', eventId: id }));
    await log.append(inRoom('a', 40));
    await amongOthers(clock, log, () => target.delivered.filter((id) => numberOf(id) <= 40).length === 39);
    expect(target.requests.filter((ids) => ids.includes('id-1')).length).toBeGreaterThanOrEqual(9);
    expect(pump.accounting().deadLettered).toBe(0);
  });

  it('survives an outage, however long', async () => {
    const { target, log, clock } = await rig();
    target.answer = all('unavailable', 'ECONNREFUSED');
    await log.append([...inRoom('a', 200), ...inRoom('b', 200, 201)]);
    await passing(clock, () => clock.monotonic() > 3_600_000 / 20);
    target.answer = deliverAll;
    await passing(clock, () => target.delivered.length === 400);
    for (const isOurs of [(n: number) => n <= 200, (n: number) => n > 200]) {
      const numbers = target.delivered.map(numberOf).filter(isOurs);
      expect(numbers).toEqual(numbers.toSorted((x, y) => x - y));
    }
  });

  it('holds across requests whatever fails: no request of a room begins before the last one is settled', async () => {
    const outcome = fc.constantFrom<Outcome['kind']>('delivered', 'delivered', 'delivered', 'transient', 'unavailable');
    await fc.assert(
      fc.asyncProperty(fc.array(outcome, { maxLength: 40 }), fc.integer({ min: 1, max: 4 }), async (script, rooms) => {
        const target = new ScriptedTarget();
        const { log, clock } = await rig({ target });
        const open = new Map<string, string[]>();
        const roomOf = (id: string) => `room-${numberOf(id) % rooms}`;
        let sent = 0;
        target.answer = async (ids) => {
          for (const room of new Set(ids.map(roomOf))) {
            const mine = ids.filter((id) => roomOf(id) === room);
            // Only what was left open by the request before, or something new once nothing was.
            const left = open.get(room) ?? [];
            expect(left.length === 0 || mine.every((id) => left.includes(id))).toBe(true);
          }
          const whole = script[sent++] ?? 'delivered';
          const outcomes = ids.map((id, index): Outcome => {
            const kind = whole === 'unavailable' ? whole : index % 3 === 0 ? whole : 'delivered';
            return kind === 'delivered' ? { kind, eventId: id } : ({ kind, reason: 'Scripted' } as Outcome);
          });
          for (const room of new Set(ids.map(roomOf))) {
            const failed = ids.filter((id, index) => roomOf(id) === room && outcomes[index]?.kind !== 'delivered');
            open.set(room, failed);
          }
          return outcomes;
        };
        await log.append(Array.from({ length: 60 }, (_, n) => entryOf(n + 1, NORMAL, AT, `room-${(n + 1) % rooms}`)));
        await passing(clock, () => target.delivered.length === 60);
      }),
      { numRuns: 50 },
    );
  });
});

it('a batch that keeps failing whole while others get through is halved until the cause is alone', async () => {
  const { target, log, clock, append } = await rig();
  // As a service would answer that breaks on one event: the request fails, for no reason of its own.
  target.answer = (ids, signal) => (ids.includes('id-7') ? all('unavailable', 'HTTP 500') : deliverAll)(ids, signal);
  await append(...Array(10).fill(NORMAL));
  await amongOthers(clock, log, () => target.delivered.filter((id) => numberOf(id) <= 10).length === 9);
});

it('a room whose events break whole requests costs another one nothing, though nobody else is there', async () => {
  const { target, log, clock } = await rig();
  target.answer = (ids, signal) =>
    (ids.some((id) => numberOf(id) <= 5) ? all('unavailable', 'HTTP 500') : deliverAll)(ids, signal);
  await log.append([...inRoom('bad', 5), ...inRoom('good', 5, 6)]);
  await passing(clock, () => target.delivered.length === 5);
  expect(target.delivered.map(numberOf)).toEqual([6, 7, 8, 9, 10]);
  expect(clock.monotonic()).toBeLessThan(30_000);
});

it('a room alone is taken apart too, and stays in order', async () => {
  const { target, log, clock } = await rig();
  let isBroken = true;
  target.answer = (ids, signal) =>
    (isBroken && ids.includes('id-4') ? all('unavailable', 'HTTP 500') : deliverAll)(ids, signal);
  await log.append(inRoom('a', 10));
  await passing(clock, () => target.delivered.length === 3);
  await passing(clock, () => target.requests.at(-1)?.length === 1);
  isBroken = false;
  await passing(clock, () => target.delivered.length === 10);
  expect(target.delivered.map(numberOf)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10]);
});

it('what is halved after it has let others pass arrives whole', async () => {
  const { target, log, clock } = await rig();
  const tries = new Map<string, number>();
  // Ten entries fail one by one, for long, while others get through; then the request that holds them is too large.
  target.answer = (ids) => {
    const ours = ids.filter((id) => numberOf(id) <= 10);
    for (const id of ours) tries.set(id, (tries.get(id) ?? 0) + 1);
    if (ours.some((id) => (tries.get(id) ?? 0) > 12) && ids.length > 1) {
      return ids.map(() => ({ kind: 'refused', reason: 'ValidationException' }));
    }
    return ids.map((id) =>
      (tries.get(id) ?? 99) <= 12 ? { kind: 'transient', reason: 'X' } : { kind: 'delivered', eventId: id },
    );
  };
  await log.append(inRoom('a', 10));
  await amongOthers(clock, log, () => target.delivered.filter((id) => numberOf(id) <= 10).length === 10);
});

describe('the budget', () => {
  it('bounds the entries of a second, those sent again included, without losing any', async () => {
    const { target, clock, many } = await rig({ settings: { entriesPerSecond: 100 } });
    let failing = true;
    target.answer = (ids, signal) => (failing ? all('transient', 'ThrottlingException') : deliverAll)(ids, signal);
    await many(1_000);
    const sent = () => target.requests.reduce((sum, ids) => sum + ids.length, 0);
    for (let second = 1; second <= 10; second++) {
      for (let step = 0; step < 50; step++) {
        await settle();
        clock.advance(20);
      }
      await settle();
      // A burst of a tenth, and the last batch may overdraw.
      expect(sent()).toBeLessThanOrEqual(second * 100 + 10 + 10);
      expect(sent()).toBeGreaterThanOrEqual(second * 100 - 10);
      failing = second < 5;
    }
    await passing(clock, () => target.delivered.length === 1_000);
  });
});
