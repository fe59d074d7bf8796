import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
  all,
  balanced,
  deliverAll,
  entryOf,
  HIGH,
  LOCAL,
  logOnDisk,
  NORMAL,
  newLog,
  passing,
  rig,
  settle,
  silence,
  temporaryFolder,
  until,
} from './rig.ts';

/** The fake clock's. */
const AT = 1_700_000_000_000;
const numberOf = (id: string) => Number(id.slice(3));
const flood = (room: string, from: number, count: number, topic = NORMAL) =>
  Array.from({ length: count }, (_, index) => entryOf(from + index, topic, AT, room));

describe('a room that floods', () => {
  it('keeps nobody else waiting, however much of it there is', async () => {
    const { target, log, pump } = await rig();
    // Nothing of the flood gets through, for as long as the test likes.
    target.answer = (ids, signal) => (numberOf(ids[0] ?? '') <= 20_000 ? silence : deliverAll)(ids, signal);
    for (let from = 1; from <= 20_000; from += 1_000) await log.append(flood('evil', from, 1_000, HIGH));
    await log.append(flood('victim', 20_001, 100));
    await until(() => target.delivered.length === 100);
    expect(target.delivered.map(numberOf)).toEqual(Array.from({ length: 100 }, (_, index) => 20_001 + index));
    expect(target.underWay).toBe(1);
    expect(pump.accounting()).toMatchObject({ accepted: 20_100, pending: 20_000, delivered: 100 });
  });

  it('arrives whole and in order all the same, while the rest goes by', async () => {
    const { target, log, pump, clock } = await rig();
    await log.append(flood('evil', 1, 3_000));
    for (let from = 3_001; from <= 4_000; from += 100) {
      await log.append([...flood('evil', from, 50), ...flood(`room-${from}`, from + 50, 50)]);
      await settle();
      expect(balanced(pump)).toBe(true);
    }
    await passing(clock, () => pump.accounting().pending === 0);
    const evil = target.delivered.map(numberOf).filter((n) => n <= 3_000 || (n - 1) % 100 < 50);
    expect(evil).toHaveLength(3_500);
    expect(evil).toEqual(evil.toSorted((a, b) => a - b));
    expect(new Set(target.delivered).size).toBe(4_000);
  });

  it('is taken up again after a crash, from where it was parked', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    const { target, pump, clock } = await rig({ log });
    let requests = 0;
    target.answer = (ids, signal) => (requests++ < 5 ? deliverAll : silence)(ids, signal);
    await log.append([...flood('evil', 1, 1_000), ...flood('evil', 1_001, 500, LOCAL)]);
    await until(() => target.delivered.length === 50);
    clock.advance(250);
    await until(() => pump.status().cursor.endsWith('.50'));
    await log.close();
    const again = await rig({ log: await logOnDisk(folder) });
    expect(balanced(again.pump)).toBe(true);
    await passing(again.clock, () => again.pump.accounting().pending === 0);
    expect(again.target.delivered.map(numberOf)).toEqual(Array.from({ length: 950 }, (_, index) => 51 + index));
    expect(again.pump.accounting()).toMatchObject({ delivered: 1_000, local: 500, expired: 0 });
  });

  it('is counted as expired where retention was faster', async () => {
    const log = newLog();
    const { target, pump, clock, published } = await rig({ log });
    target.answer = all('unavailable');
    await log.append(flood('evil', 1, 1_000).map((entry, index) => ({ ...entry, receivedAt: AT + index })));
    await until(() => target.requests.length > 0);
    await settle();
    // Half of it goes, the hundred that were read already are sent from memory.
    await log.trim({ maxEventsPerRoom: 10_000, before: AT + 500, passed: 0 });
    target.answer = deliverAll;
    await passing(clock, () => pump.accounting().pending === 0);
    expect(pump.accounting()).toMatchObject({ delivered: 600, expired: 400 });
    expect(published.filter(({ topic }) => topic.endsWith('expired'))).toMatchObject([{ payload: { count: 400 } }]);
  });

  it('of large events holds a bounded number of bytes, and none of another room', async () => {
    const { target, log, pump } = await rig();
    target.answer = (ids, signal) => (numberOf(ids[0] ?? '') <= 300 ? silence : deliverAll)(ids, signal);
    const large = (entry: ReturnType<typeof entryOf>) => ({
      ...entry,
      json: JSON.stringify({ id: entry.id, payload: { text: 'x'.repeat(200_000) } }),
    });
    for (let from = 1; from <= 300; from += 50) await log.append(flood('evil', from, 50).map(large));
    await log.append(flood('victim', 301, 10));
    await until(() => target.delivered.length === 10);
    expect(pump.accounting()).toMatchObject({ pending: 300, delivered: 10 });
  });
});

it('rooms of any size arrive whole and in order, through stops and starts', async () => {
  const room = fc.constantFrom('a', 'b', 'c', 'd');
  const burst = fc.record({ room, count: fc.integer({ min: 1, max: 60 }), local: fc.boolean(), restart: fc.boolean() });
  await fc.assert(
    fc.asyncProperty(fc.array(burst, { maxLength: 15 }), async (bursts) => {
      const log = newLog();
      const settings = { windowPerRoom: 10, window: 25 };
      let parts = await rig({ log, settings });
      const wanted = new Map<string, string[]>();
      const delivered: string[] = [];
      for (const { room, count, local, restart } of bursts) {
        const entries = flood(room, log.last + 1, count, local ? LOCAL : NORMAL);
        if (!local) wanted.set(room, [...(wanted.get(room) ?? []), ...entries.map(({ id }) => id)]);
        await log.append(entries);
        await settle();
        expect(balanced(parts.pump)).toBe(true);
        if (!restart) continue;
        await parts.pump.stop(0);
        delivered.push(...parts.target.delivered);
        parts = await rig({ log, settings });
      }
      await passing(parts.clock, () => parts.pump.accounting().pending === 0);
      delivered.push(...parts.target.delivered);
      for (const ids of wanted.values()) expect(delivered.filter((id) => ids.includes(id))).toEqual(ids);
      await parts.pump.stop(0);
    }),
    { numRuns: 60 },
  );
});
