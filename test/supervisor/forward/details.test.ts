import { expect, it } from 'vitest';
import { Budget } from '../../../supervisor/forward/budget.ts';
import { recordsAt } from '../../../supervisor/forward/cursor.ts';
import { createDeadLetters, deadLetterDocuments } from '../../../supervisor/forward/dead-letters.ts';
import { Lanes } from '../../../supervisor/forward/lanes.ts';
import type { Presence } from '../../../supervisor/forward/port.ts';
import { Watch } from '../../../supervisor/forward/watch.ts';
import { noCounts } from '../../../supervisor/forward/window.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { all, deliverAll, entryOf, HIGH, LOCAL, newLog, passing, rig, ScriptedTarget, settle, until } from './rig.ts';

class Bus extends ScriptedTarget {
  presence: Presence = { kind: 'there', identity: 'one' };
  looks = 0;
  /** A look that waits until the test lets it go. */
  held: Promise<void> | undefined;
  async check(): Promise<Presence> {
    this.looks++;
    await this.held;
    return this.presence;
  }
}
const UNREACHABLE: Presence = { kind: 'unknown', reason: 'ECONNREFUSED', denied: false };
const MISSING: Presence = { kind: 'missing', reason: 'BusNotFound: x' };

it('what is delivered while the bus is looked at is not covered by the answer', async () => {
  const target = new Bus();
  const { pump, clock, append } = await rig({ target });
  await until(() => target.looks === 1);
  await settle();
  const gate = Promise.withResolvers<void>();
  target.held = gate.promise;
  await passing(clock, () => target.looks === 2);
  await append(HIGH);
  await until(() => target.delivered.length === 1);
  gate.resolve();
  target.held = undefined;
  await settle();
  await clock.pass(1_000);
  await settle();
  expect(target.looks).toBe(2);
  expect(pump.passed).toBe(0);
});

it('a letter that went to another bus than the one that is there now goes again', async () => {
  const target = new Bus();
  const { pump, clock, append } = await rig({ target });
  target.answer = all('poison', 'MalformedDetail');
  await append(HIGH);
  await passing(clock, () => pump.accounting().deadLettered === 1);
  const { looks } = target;
  await passing(clock, () => target.looks > looks + 1);
  target.answer = deliverAll;
  target.presence = UNREACHABLE;
  await pump.redrive.start({});
  await passing(clock, () => target.delivered.length === 1);
  target.presence = { kind: 'there', identity: 'two' };
  await passing(clock, () => pump.redrive.progress()?.state === 'done');
  expect(target.delivered).toHaveLength(2);
  expect((await pump.deadLetters.list('', 10)).deadLetters).toEqual([]);
});

it('a bus that was missing and cannot be reached is sent nothing', async () => {
  const target = new Bus();
  target.presence = MISSING;
  const { pump, clock, append } = await rig({ target });
  await until(() => pump.problem !== undefined);
  await append(HIGH);
  target.presence = UNREACHABLE;
  const { looks } = target;
  await passing(clock, () => target.looks > looks + 3);
  expect(target.requests).toEqual([]);
});

it('a bus that is missing is looked for every five seconds, however rarely it is looked at else', async () => {
  const target = new Bus();
  target.presence = MISSING;
  const { clock } = await rig({ target, settings: { checkMs: 600_000 } });
  await passing(clock, () => clock.monotonic() > 21_000);
  expect(target.looks).toBe(5);
});

it('a letter that has arrived need not wait for the next look in its turn', async () => {
  const target = new Bus();
  const { pump, clock, append } = await rig({ target, settings: { checkMs: 600_000 } });
  target.answer = all('poison', 'MalformedDetail');
  await append(HIGH);
  await passing(clock, () => pump.accounting().deadLettered === 1);
  target.answer = deliverAll;
  await pump.redrive.start({});
  await passing(clock, () => target.delivered.length === 1);
  const at = clock.monotonic();
  await passing(clock, () => pump.redrive.progress()?.state === 'done' || clock.monotonic() > at + 10_000);
  expect(clock.monotonic()).toBeLessThan(at + 10_000);
});

it('hurrying: a look that is asked for during a look follows a second later, not at once and not much later', async () => {
  const clock = new FakeClock();
  const looks: number[] = [];
  const watch = new Watch(clock, async () => {
    looks.push(clock.monotonic());
    if (looks.length === 1) watch.hurry();
    return 60_000;
  });
  watch.start();
  await clock.pass(999);
  expect(looks).toEqual([0]);
  await clock.pass(30_000);
  expect(looks).toEqual([0, 1_000]);
  watch.hurry();
  watch.hurry();
  await clock.pass(10);
  expect(looks).toHaveLength(3);
  watch.hurry();
  await clock.pass(900);
  expect(looks).toHaveLength(3);
  await watch.stop();
  expect(clock.waiting).toBe(0);
});

it('what a look has confirmed is on disk soon, though nothing else happens', async () => {
  const log = newLog();
  const target = new Bus();
  const { clock, append, pump } = await rig({ log, target, settings: { checkMs: 5_000 } });
  await append(HIGH);
  await until(() => target.delivered.length === 1);
  await clock.pass(1_000);
  await until(() => pump.status().cursor.endsWith('.1'));
  const { looks } = target;
  await passing(clock, () => target.looks > looks);
  await settle();
  await clock.pass(500);
  await settle();
  expect(await log.document('cursor/scripted/test')).toMatchObject({ seen: { readTo: 1, identity: 'one' } });
});

it('an identity that cannot be asked for at the moment is not forgotten', async () => {
  const target = new Bus();
  const { clock, append } = await rig({ target });
  await append(HIGH);
  await until(() => target.delivered.length === 1);
  target.presence = { kind: 'unknown', reason: 'AccessDeniedException', denied: true };
  const { looks } = target;
  await passing(clock, () => target.looks > looks + 1);
  await settle();
  await append(HIGH);
  await until(() => target.delivered.length === 2);
  target.presence = { kind: 'there', identity: 'two' };
  await passing(clock, () => target.delivered.length === 3);
  expect(target.delivered).toEqual(['id-1', 'id-2', 'id-2']);
});

it('letters of another target go, and are not in the books of this one', async () => {
  const log = newLog();
  await log.append([entryOf(1, HIGH, 0), entryOf(2, HIGH, 0)], {
    'cursor/eventbridge/r/b': {
      epoch: log.epoch,
      start: 0,
      readTo: 2,
      open: [],
      parked: [],
      counts: { ...noCounts(), delivered: 1, deadLettered: 1 },
      seen: null,
    },
    ...deadLetterDocuments({ offset: 2, ...entryOf(2, HIGH, 0) }, 'eventbridge/r/other', 'MalformedDetail', 1),
    ...deadLetterDocuments({ offset: 1, ...entryOf(1, HIGH, 0) }, 'eventbridge/r/b', 'MalformedDetail', 1),
  });
  const target = Object.assign(new ScriptedTarget(), { name: 'eventbridge/r/b' });
  const { pump, clock } = await rig({ log, target });
  await pump.redrive.start({ roomId: 'room-2' });
  await passing(clock, () => pump.redrive.progress()?.state === 'done');
  expect(pump.accounting()).toMatchObject({ delivered: 1, deadLettered: 1 });
});

it('a letter that is redriven stays delivered when forwarding goes back', async () => {
  const target = new Bus();
  const { pump, clock, append } = await rig({ target });
  target.answer = all('poison', 'MalformedDetail');
  await append(HIGH);
  await passing(clock, () => pump.accounting().deadLettered === 1);
  let { looks } = target;
  await passing(clock, () => target.looks > looks + 1);
  target.answer = deliverAll;
  await pump.redrive.start({});
  await passing(clock, () => pump.redrive.progress()?.state === 'done');
  target.presence = MISSING;
  ({ looks } = target);
  await passing(clock, () => pump.status().state === 'held');
  expect(pump.accounting()).toMatchObject({ accepted: 1, deadLettered: 0, delivered: 1 });
});

it('what would not be forwarded any more is refused by its reason, and the redrive ends', async () => {
  const log = newLog();
  await log.append(
    [entryOf(1, LOCAL, 0)],
    deadLetterDocuments({ offset: 1, ...entryOf(1, LOCAL, 0) }, 'scripted/test', 'MalformedDetail', 1),
  );
  const { pump } = await rig({ log });
  await pump.redrive.start({});
  await until(() => pump.redrive.progress()?.state === 'done');
  expect((await pump.deadLetters.list('', 10)).deadLetters).toMatchObject([{ reason: 'NotForwarded: local' }]);
});

it('a redrive that cannot read its letters is over', async () => {
  const { pump, log, append, target, clock } = await rig();
  target.answer = all('poison', 'MalformedDetail');
  await append(HIGH);
  await passing(clock, () => pump.accounting().deadLettered === 1);
  const document = log.document.bind(log);
  log.document = (key) => (key.startsWith('dead') ? Promise.reject(new Error('disk')) : document(key));
  await pump.redrive.start({});
  await until(() => pump.redrive.progress()?.state !== 'running');
  expect(pump.redrive.progress()).toMatchObject({ state: 'cancelled', remaining: 1 });
});

it('a cursor beyond the end of the log is none', async () => {
  const log = newLog();
  await log.append([entryOf(1, HIGH, 0)], {
    'cursor/scripted/test': {
      epoch: log.epoch,
      start: 0,
      readTo: 9,
      open: [],
      parked: [],
      counts: noCounts(),
      seen: null,
    },
  });
  const { target } = await rig({ log, startFrom: 'end' });
  await until(() => target.delivered.length === 1);
});

it('records at offsets that are far from each other', async () => {
  const log = newLog();
  await log.append(Array.from({ length: 9 }, (_, index) => entryOf(index + 1, HIGH, 0)));
  const found: (number | undefined)[] = [];
  for await (const [, record] of recordsAt(log, [1, 2, 5, 9])) found.push(record?.offset);
  expect(found).toEqual([1, 2, 5, 9]);
});

it('a list goes on through the pages behind it', async () => {
  const log = newLog();
  const documents = Array.from({ length: 1_100 }, (_, index) =>
    deadLetterDocuments({ offset: index + 1, ...entryOf(index + 1, HIGH, 0) }, 't', index > 1_050 ? 'B' : 'A', 1),
  );
  await log.append([], Object.assign({}, ...documents));
  const { deadLetters } = await createDeadLetters(log).list('', 100, { reason: 'B' });
  expect(deadLetters).toHaveLength(49);
});

it('what waits too long in another lane gets its turn among urgent ones that are always there', () => {
  const clock = new FakeClock();
  const lanes = new Lanes<{ lane: string; bytes: number; high: boolean }>(
    { entries: 1, waitMs: 100, bytes: 10 },
    clock,
    () => {},
  );
  lanes.add({ lane: 'patient', bytes: 1, high: false });
  for (let i = 0; i < 20; i++) lanes.add({ lane: `urgent-${i}`, bytes: 1, high: true });
  clock.advance(100);
  const taken = Array.from({ length: 4 }, () => lanes.take()?.[0]?.lane);
  expect(taken).toContain('patient');
});

it('an unspent budget does not pile up', () => {
  const clock = new FakeClock();
  const budget = new Budget(100, clock);
  clock.advance(3_600_000);
  expect(budget.waitMs).toBe(0);
  budget.spend(20);
  expect(budget.waitMs).toBeGreaterThan(0);
});

it('reads on after the log could not be read', async () => {
  const { log, target, clock, append } = await rig();
  const read = log.read.bind(log);
  let failures = 1;
  log.read = (query) => (failures-- > 0 ? Promise.reject(new Error('disk')) : read(query));
  await append(HIGH);
  await passing(clock, () => target.delivered.length === 1);
  expect(failures).toBeLessThan(0);
});

it('nothing that comes after the stop has begun is read', async () => {
  const { log, target, pump, clock } = await rig({ settings: { window: 5 } });
  const release: (() => void)[] = [];
  target.answer = async (ids, signal) => {
    await new Promise<void>((resolve) => release.push(resolve));
    return deliverAll(ids, signal);
  };
  await log.append([entryOf(1, HIGH, clock.now())]);
  await until(() => target.underWay === 1);
  const stopped = pump.stop(60_000);
  await settle();
  // As long as it takes: a log that grows for ever must not keep it from stopping.
  for (let i = 0; i < 3; i++) {
    await log.append([entryOf(log.last + 1, HIGH, clock.now())]);
    await settle();
  }
  while (release.length > 0) release.shift()?.();
  await stopped;
  expect(target.delivered).toEqual(['id-1']);
});
