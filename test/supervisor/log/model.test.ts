import fc from 'fast-check';
import { expect, test } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { createMemoryLog } from '../../../supervisor/log/memory-log.ts';
import type { Log, Page, ReadQuery, Retention } from '../../../supervisor/log/port.ts';
import { openSqliteLog } from '../../../supervisor/log/sqlite-log.ts';
import { entry, quietTelemetry, temporaryFolder } from './support.ts';

interface Kept {
  readonly offset: number;
  readonly roomId: string;
  readonly topic: string;
  readonly receivedAt: number;
  gone: boolean;
}

/** A log as simple as it gets: a list, and a mark on what is gone. */
class Model {
  readonly all: Kept[] = [];

  trim({ maxEventsPerRoom, maxTelemetryPerRoom = 1e9, before, passed }: Retention): number {
    const doomed = this.all.filter((one) => {
      if (one.gone) return false;
      if (one.receivedAt < before) return true;
      const alike = this.all.filter((other) => other.roomId === one.roomId && isHeard(other) === isHeard(one));
      const newer = alike.filter((other) => !other.gone && other.offset > one.offset);
      return newer.length >= (isHeard(one) ? maxTelemetryPerRoom : maxEventsPerRoom) && one.offset <= passed;
    });
    for (const one of doomed) one.gone = true;
    return doomed.length;
  }

  read({
    after,
    limit,
    roomId,
    topic = () => true,
  }: ReadQuery): Omit<Page, 'records'> & { offsets: number[]; mayGap: boolean } {
    const matching = this.all.filter((one) => one.offset > after && (roomId === undefined || one.roomId === roomId));
    const examined = matching.filter(({ gone }) => !gone).slice(0, limit);
    const whole = examined.length < limit;
    const next = whole ? Math.max(after, this.all.length) : (examined.at(-1)?.offset ?? after);
    return {
      offsets: examined.filter((one) => topic(one.topic)).map(({ offset }) => offset),
      next,
      gap: matching.some(({ gone, offset }) => gone && offset <= next),
      // Of one room it may be said too early.
      mayGap: matching.some(({ gone }) => gone),
    };
  }
}

function isHeard({ topic }: Kept): boolean {
  return topic === 'room.speaker.changed';
}

const roomId = fc.constantFrom('', 'a', 'b', 'c');
const topic = fc.constantFrom('one', 'two', 'room.speaker.changed');
const share = fc.double({ min: 0, max: 1.1, noNaN: true });
const cap = fc.integer({ min: 1, max: 15 });
const step = fc.oneof(
  { weight: 4, arbitrary: fc.record({ append: fc.array(fc.tuple(roomId, topic, fc.nat(2)), { maxLength: 30 }) }) },
  {
    weight: 6,
    arbitrary: fc.record({
      after: share,
      limit: fc.integer({ min: 1, max: 12 }),
      room: fc.option(roomId, { nil: undefined }),
      only: fc.option(topic, { nil: undefined }),
    }),
  },
  { weight: 2, arbitrary: fc.record({ cap, telemetry: cap, before: share, passed: share }) },
  { weight: 1, arbitrary: fc.constant('restart' as const) },
);

/** Does the same to a log and to the model; what they answer has to agree after every step. */
async function compare(
  open: () => Promise<Log>,
  steps: readonly (typeof step extends fc.Arbitrary<infer S> ? S : never)[],
) {
  const model = new Model();
  let log = await open();
  try {
    for (const todo of steps) {
      const last = model.all.length;
      if (todo === 'restart') {
        await log.close();
        log = await open();
      } else if ('append' in todo) {
        let at = model.all.at(-1)?.receivedAt ?? 0;
        for (const [room, name, later] of todo.append) {
          at += later;
          model.all.push({ offset: model.all.length + 1, roomId: room, topic: name, receivedAt: at, gone: false });
        }
        const added = model.all.slice(last).map((one) => entry(String(one.offset), one));
        expect(await log.append(added, { last: model.all.length })).toBe(model.all.length);
      } else if ('cap' in todo) {
        const before = (model.all.at(-1)?.receivedAt ?? 0) * (todo.before - 0.5);
        const caps = { maxEventsPerRoom: todo.cap, maxTelemetryPerRoom: todo.telemetry };
        const retention = { ...caps, before, passed: Math.floor(todo.passed * last) };
        expect(await log.trim(retention)).toBe(model.trim(retention));
      } else {
        const only = todo.only;
        const query: ReadQuery = {
          after: Math.floor(todo.after * last),
          limit: todo.limit,
          ...(todo.room === undefined ? {} : { roomId: todo.room }),
          ...(only === undefined ? {} : { topic: (name: string) => name === only }),
        };
        const { records, next, gap } = await log.read(query);
        const { mayGap, ...expected } = model.read(query);
        const early = todo.room !== undefined && gap && mayGap;
        const found = { offsets: records.map(({ offset }) => offset), next, gap };
        expect(found).toEqual({ ...expected, gap: expected.gap || early });
      }
      expect(log.last).toBe(model.all.length);
      expect(await log.first()).toBe(model.all.find(({ gone }) => !gone)?.offset ?? model.all.length + 1);
      for (const room of ['', 'a']) {
        const newest = model.all.findLast((one) => !one.gone && one.roomId === room);
        expect((await log.newest(room))?.offset).toBe(newest?.offset);
      }
    }
  } finally {
    await log.close();
  }
}

const noRestart = step.filter((todo) => todo !== 'restart');

test('the memory log does what the model does', async () => {
  const open = async () => createMemoryLog({ clock: systemClock, telemetry: quietTelemetry() });
  await fc.assert(
    fc.asyncProperty(fc.array(noRestart, { minLength: 5, maxLength: 40 }), (steps) => compare(open, steps)),
    { numRuns: 150 },
  );
});

test('the sqlite log does what the model does, from memory, from disk and across restarts', async () => {
  const folder = await temporaryFolder();
  let run = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 5, maxLength: 40 }), (steps) => {
      run += 1;
      const file = `${folder}/${run}.db`;
      const deps = { clock: systemClock, telemetry: quietTelemetry(), recent: { records: 16, bytes: 150 } };
      return compare(() => openSqliteLog(file, deps), steps);
    }),
    { numRuns: 15 },
  );
});
