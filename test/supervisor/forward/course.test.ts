import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import type { Presence } from '../../../supervisor/forward/port.ts';
import { noCounts } from '../../../supervisor/forward/window.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { openSqliteLog } from '../../../supervisor/log/sqlite-log.ts';
import {
  balanced,
  entryOf,
  HIGH,
  LOCAL,
  newLog,
  passing,
  rig,
  ScriptedTarget,
  settle,
  silence,
  silentTelemetry,
  temporaryFolder,
  until,
} from './rig.ts';

class Bus extends ScriptedTarget {
  presence: Presence | undefined = { kind: 'there', identity: 'one' };
  async check(signal: AbortSignal): Promise<Presence> {
    while (this.presence === undefined && !signal.aborted) await setImmediate();
    return this.presence ?? { kind: 'unknown', reason: 'aborted', denied: false };
  }
}

it('before the first look retention may have only what was confirmed', async () => {
  const log = newLog();
  await log.append(
    [1, 2, 3].map((offset) => entryOf(offset, HIGH, 0)),
    {
      'cursor/scripted/test': {
        epoch: log.epoch,
        start: 0,
        readTo: 3,
        open: [],
        parked: [],
        counts: { ...noCounts(), delivered: 3 },
        seen: { readTo: 1, open: [], parked: [], counts: { ...noCounts(), delivered: 1 }, identity: 'one' },
      },
    },
  );
  const target = new Bus();
  target.presence = undefined;
  const { pump, clock } = await rig({ log, target });
  expect(pump.passed).toBe(1);
  // The consequence, were it 3:
  await log.trim({ maxEventsPerRoom: 0, before: 0, passed: pump.passed });
  target.presence = { kind: 'missing', reason: 'BusNotFound: x' };
  await until(() => pump.problem !== undefined);
  target.presence = { kind: 'there', identity: 'two' };
  for (let i = 0; i < 1000 && target.delivered.length + pump.accounting().expired < 2; i++) {
    await settle();
    clock.advance(50);
  }
  expect(target.delivered).toEqual(['id-2', 'id-3']);
});

it('a cursor that is saved while the open ones are taken up again leaves none of them out', async () => {
  const log = newLog();
  await log.append(
    [
      { ...entryOf(1, HIGH, 0), json: JSON.stringify({ id: 'id-1', payload: 'x'.repeat(2_000) }) },
      entryOf(2, LOCAL, 0),
      entryOf(3, HIGH, 0),
    ],
    {
      'cursor/scripted/test': {
        epoch: log.epoch,
        start: 0,
        readTo: 3,
        open: [1, 3],
        parked: [],
        counts: { ...noCounts(), local: 1 },
        seen: null,
      },
    },
  );
  const slow: Log = Object.create(log);
  let reads = 0;
  let release = () => {};
  const gate = new Promise<void>((resolve) => {
    release = resolve;
  });
  Object.defineProperties(slow, {
    epoch: { get: () => log.epoch },
    last: { get: () => log.last },
    append: { value: log.append.bind(log) },
    changed: { value: log.changed.bind(log) },
    document: { value: log.document.bind(log) },
    documents: { value: log.documents.bind(log) },
    read: {
      value: async (query: Parameters<Log['read']>[0]) => {
        if (query.after === 2 && ++reads === 1) await gate;
        return log.read(query);
      },
    },
  });
  // The limit was lowered: what is open is too large now, and is set aside at once.
  const starting = rig({ log: slow, settings: { batch: { entries: 10, waitMs: 0, bytes: 500 } } });
  await until(() => reads === 1);
  await settle();
  // Were the process killed now:
  const cursor = (await log.document('cursor/scripted/test')) as { open: number[] };
  release();
  await starting;
  expect(cursor.open).toContain(3);
});

it('what comes while it stops is not taken for what is no longer kept', async () => {
  const folder = await temporaryFolder();
  const log = await openSqliteLog(join(folder, 'events.db'), {
    clock: systemClock,
    telemetry: silentTelemetry(),
    recent: { records: 2, bytes: 1_000_000 },
  });
  onTestFinished(() => log.close());
  const { target, pump, clock } = await rig({ log });
  target.answer = silence;
  await log.append([entryOf(1, HIGH, clock.now())]);
  await until(() => target.underWay === 1);
  await settle();
  const stopped = pump.stop(5_000);
  await settle();
  // More than memory keeps, in one commit.
  await log.append([2, 3, 4, 5, 6].map((offset) => entryOf(offset, HIGH, clock.now())));
  for (let i = 0; i < 100; i++) await settle();
  clock.advance(5_000);
  await stopped;
  expect(pump.accounting()).toMatchObject({ expired: 0 });
  expect(balanced(pump)).toBe(true);
});

it('when the bus is back and nothing waits, nothing is deferred any more', async () => {
  const target = new Bus();
  target.presence = { kind: 'missing', reason: 'BusNotFound: x' };
  const { pump, clock } = await rig({ target });
  await until(() => pump.problem !== undefined);
  await passing(clock, () => clock.monotonic() > 20_000);
  target.presence = { kind: 'there', identity: 'one' };
  await passing(clock, () => !(pump.problem ?? '').startsWith('held'));
  await passing(clock, () => clock.monotonic() > 300_000);
  expect(pump.problem).toBeUndefined();
});
