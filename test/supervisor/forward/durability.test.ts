import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { createDeadLetters } from '../../../supervisor/forward/dead-letters.ts';
import type { Outcome } from '../../../supervisor/forward/port.ts';
import { noCounts } from '../../../supervisor/forward/window.ts';
import {
  type Answer,
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
  ScriptedTarget,
  settle,
  silence,
  temporaryFolder,
  until,
} from './rig.ts';

/** Never answers for the request that holds one id; delivers the rest. */
function stuckOn(id: string): Answer {
  return (ids, signal) => (ids.includes(id) ? silence(ids, signal) : deliverAll(ids, signal));
}

describe('the cursor', () => {
  it('never passes an unsettled entry, and a restart resends only that', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    const { target, pump, clock, many } = await rig({ log });
    target.answer = stuckOn('id-31');
    const ids = await many(100);
    await until(() => target.delivered.length === 90);
    clock.advance(1_000);
    await until(() => pump.passed > 0);
    expect(pump.passed).toBe(30);
    // The process dies: nothing is stopped in order, another one opens the same folder.
    await log.close();
    const again = await rig({ log: await logOnDisk(folder) });
    await passing(again.clock, () => again.pump.accounting().pending === 0);
    // What stood in the same request as the stuck one isn't settled either.
    expect(again.target.delivered).toEqual(ids.slice(30, 40));
    expect(again.pump.accounting()).toMatchObject({ accepted: 100, delivered: 100, pending: 0 });
  });

  it('is saved at most four times a second while it moves, and when it stops', async () => {
    const log = newLog();
    const { target, pump, clock, many } = await rig({ log });
    await many(500);
    await until(() => target.delivered.length === 500);
    expect(pump.passed).toBe(0);
    clock.advance(249);
    await settle();
    expect(pump.passed).toBe(0);
    clock.advance(1);
    await until(() => pump.passed === 500);
    await many(10);
    await until(() => target.delivered.length === 510);
    expect(await log.document('cursor/scripted/test')).toMatchObject({ readTo: 500 });
    await pump.stop(0);
    expect(await log.document('cursor/scripted/test')).toMatchObject({
      readTo: 510,
      open: [],
      counts: { delivered: 510 },
    });
  });

  it('begins at the end for a new target, and stays there', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    await log.append([entryOf(1, NORMAL, 0), entryOf(2, NORMAL, 0)]);
    const first = await rig({ log, startFrom: 'end' });
    expect(first.pump.passed).toBe(2);
    await first.pump.stop(0);
    await log.append([entryOf(3, HIGH, 0)]);
    const second = await rig({ log, startFrom: 'end' });
    await until(() => second.target.delivered.length === 1);
    expect(second.target.delivered).toEqual(['id-3']);
    expect(second.pump.accounting()).toMatchObject({ accepted: 1, delivered: 1 });
  });

  it('begins at the beginning when it belongs to another history', async () => {
    const log = newLog();
    await log.append([entryOf(1, HIGH, 0)], {
      'cursor/scripted/test': {
        epoch: 'gone',
        start: 1,
        readTo: 1,
        open: [],
        parked: [],
        counts: noCounts(),
        seen: null,
      },
    });
    const { target } = await rig({ log, startFrom: 'end' });
    await until(() => target.delivered.length === 1);
  });

  it('counts what retention took of what it had left open', async () => {
    const folder = await temporaryFolder();
    const log = await logOnDisk(folder);
    const { target, pump, clock, append } = await rig({ log });
    target.answer = stuckOn('id-1');
    await append(HIGH);
    await until(() => target.underWay === 1);
    await append(HIGH, HIGH);
    await until(() => target.delivered.length === 2);
    clock.advance(1_000);
    await until(() => pump.status().cursor.endsWith('.0') && pump.accounting().delivered === 2);
    await pump.stop(0);
    await log.trim({ maxEventsPerRoom: 100, before: clock.now() + 1, passed: 0 });
    const again = await rig({ log });
    expect(again.pump.accounting()).toMatchObject({ accepted: 3, expired: 1, delivered: 2, pending: 0 });
    expect(again.published).toEqual([{ topic: 'forwarding.delivery.expired', payload: { count: 1 } }]);
  });

  it('counts what retention took before it could be sent', async () => {
    const log = newLog();
    await log.append([1, 2, 3, 4, 5].map((offset) => entryOf(offset, HIGH, offset * 10)));
    await log.trim({ maxEventsPerRoom: 100, before: 35, passed: 0 });
    const { target, pump, published } = await rig({ log });
    await until(() => target.delivered.length === 2);
    expect(target.delivered).toEqual(['id-4', 'id-5']);
    expect(pump.accounting()).toMatchObject({ accepted: 5, expired: 3, delivered: 2, pending: 0 });
    expect(published).toEqual([{ topic: 'forwarding.delivery.expired', payload: { count: 3 } }]);
  });
});

describe('stopping', () => {
  it('sends what is in the log, partial batches too, without waiting for their time', async () => {
    // The window makes it read on while it stops.
    const { target, pump, many, log } = await rig({ settings: { window: 10 } });
    await many(25);
    await pump.stop(5_000);
    expect(target.delivered).toHaveLength(25);
    expect(await log.document('cursor/scripted/test')).toMatchObject({ readTo: 25 });
  });

  it('gives up at the deadline and leaves the rest to the next start', async () => {
    const { target, pump, clock, log, many } = await rig();
    target.answer = stuckOn('id-12');
    const ids = await many(25);
    const stopped = pump.stop(5_000);
    await until(() => target.delivered.length === 15);
    clock.advance(5_000);
    await stopped;
    expect(pump.passed).toBe(10);
    const again = await rig({ log });
    await again.pump.stop(5_000);
    expect(again.target.delivered).toEqual(ids.slice(10, 20));
  });

  it('does not wait for a target that is held', async () => {
    const { target, pump, append } = await rig();
    target.answer = all('hold');
    await append(HIGH);
    await until(() => pump.problem !== undefined);
    await pump.stop(60_000);
    expect(pump.accounting()).toMatchObject({ pending: 1 });
  });

  it('is legal before the start and twice, and nothing runs after it', async () => {
    const { target, pump, log } = await rig({ start: false });
    await pump.stop(1_000);
    await pump.start();
    await pump.stop(1_000);
    await log.append([entryOf(1, HIGH, 0)]);
    await settle();
    expect(target.requests).toEqual([]);
    expect(pump.accounting()).toMatchObject({ accepted: 0 });
  });

  it.each([
    ['asleep', all('unavailable')],
    ['under way', silence],
  ])('leaves no timer behind for what is %s', async (_, answer) => {
    const { target, clock, pump, many } = await rig();
    target.answer = answer;
    await many(25);
    await until(() => target.requests.length === 2);
    await pump.stop(0);
    await settle();
    expect(clock.waiting).toBe(0);
  });
});

describe('dead letters', () => {
  it('are found by halving what was refused as a whole, and hold the event whole', async () => {
    const { target, pump, log, clock, many } = await rig();
    const poison = new Set(['id-4', 'id-7']);
    target.answer = (ids) => {
      if (!ids.some((id) => poison.has(id))) return deliverAll(ids, new AbortController().signal);
      const kind = ids.length > 1 ? 'refused' : 'poison';
      return ids.map(() => ({ kind, reason: 'ValidationException' }));
    };
    const ids = await many(10);
    await until(() => pump.accounting().pending === 0);
    expect([...target.delivered].sort()).toEqual(ids.filter((id) => !poison.has(id)).sort());
    expect(pump.problem).toBeUndefined();
    clock.advance(250);
    await until(() => pump.passed === 10);
    const letters = createDeadLetters(log);
    const { deadLetters, next } = await letters.list('', 100);
    expect(deadLetters).toMatchObject([
      { eventId: 'id-4', topic: NORMAL, roomId: 'room-4', reason: 'ValidationException', at: expect.any(Number) },
      { eventId: 'id-7' },
    ]);
    expect(next).toBe(deadLetters[1]?.id);
    expect(await letters.get(next)).toMatchObject({
      offset: 7,
      target: 'scripted/test',
      json: entryOf(7, NORMAL, clock.now() - 250).json,
    });
    expect(await letters.get('no-such')).toBeUndefined();
  });

  it('are listed page by page', async () => {
    const { target, log, clock, pump, published, many } = await rig();
    target.answer = all('poison');
    await many(30);
    await until(() => published.length === 30);
    // A target that refuses is there: no outage.
    clock.advance(60_000);
    expect(published).toHaveLength(30);
    expect(pump.problem).toBeUndefined();
    const letters = createDeadLetters(log);
    const seen: string[] = [];
    let page = await letters.list('', 7);
    while (page.deadLetters.length > 0) {
      seen.push(...page.deadLetters.map(({ eventId }) => eventId));
      page = await letters.list(page.next, 7);
    }
    expect(seen).toEqual(Array.from({ length: 30 }, (_, index) => `id-${index + 1}`));
    expect((await letters.list(page.next, 7)).next).toBe(page.next);
  });

  it('take what cannot leave at all, without a request', async () => {
    const { target, pump, log, published } = await rig();
    await log.append([
      { ...entryOf(1, 'supervisor.bot.exited', 0), json: '{"payload":"secret"}' },
      { ...entryOf(2, NORMAL, 0), json: JSON.stringify({ payload: 'x'.repeat(1_000_000) }) },
    ]);
    await until(() => published.length === 2);
    expect(target.requests).toEqual([]);
    expect(published.map(({ payload }) => payload)).toEqual([
      { eventId: 'id-1', reason: expect.stringMatching(/^RedactionFailure/) },
      { eventId: 'id-2', reason: expect.stringMatching(/^OversizeEntry/) },
    ]);
    expect(pump.accounting()).toMatchObject({ deadLettered: 2, pending: 0 });
    expect(pump.passed).toBe(2);
  });

  it('make room in the window', async () => {
    const { pump, many } = await rig({ settings: { window: 10, batch: { entries: 10, waitMs: 1_000, bytes: 20 } } });
    await many(100);
    await until(() => pump.accounting().deadLettered === 100);
  });
});

describe('whatever the target does', () => {
  const outcome = fc.constantFrom<Outcome['kind']>('delivered', 'delivered', 'transient', 'hold', 'poison');
  const answer = fc.oneof(
    fc.array(outcome, { minLength: 10, maxLength: 10 }),
    fc.constantFrom<Outcome['kind'][]>(['unavailable'], ['refused'], []),
  );

  it('every event is delivered or set aside, none is lost, and the numbers add up at every moment', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(answer, { maxLength: 30 }),
        fc.array(fc.nat(2), { maxLength: 80 }),
        async (answers, kinds) => {
          const target = new ScriptedTarget();
          const { clock, pump, log, append } = await rig({ target });
          let sent = 0;
          const poisoned: string[] = [];
          target.answer = async (ids) => {
            expect(balanced(pump)).toBe(true);
            await Promise.resolve();
            const script = answers[sent++] ?? ['delivered'];
            return ids.map((id, index): Outcome => {
              const planned = script.length > 1 ? script[index] : script[0];
              // The port's promise: a single entry is never refused as a whole.
              const kind = planned === 'refused' && ids.length === 1 ? 'poison' : (planned ?? 'unavailable');
              if (kind === 'poison') poisoned.push(id);
              return kind === 'delivered' ? { kind, eventId: id } : { kind, reason: 'Scripted' };
            });
          };
          const ids = await append(...kinds.map((kind) => [NORMAL, HIGH, LOCAL][kind] ?? LOCAL));
          await passing(clock, () => {
            expect(balanced(pump)).toBe(true);
            return pump.accounting().pending === 0;
          });
          await pump.stop(1_000);
          const forwarded = ids.filter((_, index) => kinds[index] !== 2);
          expect([...target.delivered, ...poisoned].sort()).toEqual(forwarded.sort());
          expect(pump.passed).toBe(ids.length);
          const { deadLetters } = await createDeadLetters(log).list('', 1_000);
          expect(deadLetters.map(({ eventId }) => eventId).sort()).toEqual(poisoned.sort());
        },
      ),
      { numRuns: 40 },
    );
  });
});
