import fc from 'fast-check';
import pino from 'pino';
import { expect, it } from 'vitest';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { createForwarder } from '../../../supervisor/forward/forwarder.ts';
import type { Outcome, Presence, Target } from '../../../supervisor/forward/port.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { balanced, entryOf, HIGH, idsOf, LOCAL, NORMAL, newLog, settle } from './rig.ts';

const never = () => new Promise<never>(() => {});

/** EventBridge as it is: says success whether the bus is there or not. */
class World {
  bus: number | undefined = 1;
  made = 1;
  reachable = true;
  fault: 'none' | 'unavailable' | 'hold' | 'mixed' = 'none';
  poison = new Set<string>();
  readonly received = new Map<string, number>();
  #turn = 0;

  answer(ids: string[]): Outcome[] {
    if (!this.reachable || this.fault === 'unavailable') return ids.map(() => ({ kind: 'unavailable', reason: 'X' }));
    if (this.fault === 'hold') return ids.map(() => ({ kind: 'hold', reason: 'ExpiredToken' }));
    return ids.map((id): Outcome => {
      if (this.poison.has(id)) return { kind: 'poison', reason: 'MalformedDetail' };
      if (this.fault === 'mixed' && ++this.#turn % 3 === 0) return { kind: 'transient', reason: 'Throttling' };
      if (this.bus !== undefined) this.received.set(id, (this.received.get(id) ?? 0) + 1);
      return { kind: 'delivered', eventId: 'x' };
    });
  }

  look(): Presence {
    if (!this.reachable) return { kind: 'unknown', reason: 'ECONNREFUSED', denied: false };
    return this.bus === undefined
      ? { kind: 'missing', reason: 'BusNotFound: x' }
      : { kind: 'there', identity: String(this.bus) };
  }
}

/** One life of the supervisor: after `die` nothing of it has any effect. */
function life(world: World, shared: Log, clock: FakeClock, errors: string[]) {
  let dead = false;
  const log: Log = {
    get epoch() {
      return shared.epoch;
    },
    get last() {
      return shared.last;
    },
    get pending() {
      return shared.pending;
    },
    get problem() {
      return shared.problem;
    },
    append: (...args) => (dead ? never() : shared.append(...args)),
    read: (query) => (dead ? never() : shared.read(query)),
    changed: (...args) => (dead ? never() : shared.changed(...args)),
    newest: (roomId) => shared.newest(roomId),
    offsetBefore: (time) => shared.offsetBefore(time),
    first: () => shared.first(),
    document: (key) => (dead ? never() : shared.document(key)),
    documents: (...args) => (dead ? never() : shared.documents(...args)),
    trim: (retention) => shared.trim(retention),
    close: async () => {},
  };
  const target: Target = {
    name: 'eventbridge/r/b',
    async send(input) {
      if (dead) return never();
      await settle();
      if (dead) return never();
      const outcomes = world.answer(idsOf(input));
      await settle();
      return dead ? never() : outcomes;
    },
    async check() {
      await settle();
      if (dead) return never();
      const presence = world.look();
      await settle();
      return dead ? never() : presence;
    },
    close: async () => {},
  };
  const telemetry = createTelemetry(
    pino({ level: 'error' }, { write: (line: string) => void (dead || errors.push(line)) }),
    createMetrics(),
    clock,
  );
  const pump = createForwarder({
    log,
    target,
    clock,
    random: () => 0.5,
    telemetry,
    publish: () => {},
    startFrom: 'start',
    config: {
      source: 'roomd',
      bus: 'b',
      checkMs: 3_000,
      window: 20,
      windowPerRoom: 6,
      saveMs: 250,
      batch: { entries: 4, waitMs: 100, bytes: 100_000 },
    },
  });
  return {
    pump,
    die: () => {
      dead = true;
    },
  };
}

const step = fc.oneof(
  {
    weight: 4,
    arbitrary: fc.record({
      append: fc.array(fc.record({ kind: fc.nat(2), room: fc.nat(2), poison: fc.nat(4) }), {
        minLength: 1,
        maxLength: 8,
      }),
    }),
  },
  { weight: 5, arbitrary: fc.record({ ms: fc.nat(4_000) }) },
  { weight: 2, arbitrary: fc.record({ bus: fc.constantFrom('gone', 'made', 'unreachable', 'reachable') }) },
  {
    weight: 2,
    arbitrary: fc.record({ fault: fc.constantFrom<World['fault']>('none', 'unavailable', 'hold', 'mixed') }),
  },
  { weight: 1, arbitrary: fc.record({ end: fc.constantFrom('kill', 'stop') }) },
  { weight: 1, arbitrary: fc.record({ trim: fc.nat(3) }) },
  { weight: 2, arbitrary: fc.record({ redrive: fc.constantFrom('start', 'cancel') }) },
);

it(`loses nothing, whatever becomes of the bus and of the supervisor`, { timeout: 300_000 }, async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { maxLength: 50 }), async (steps) => {
      const log = newLog();
      const clock = new FakeClock();
      const world = new World();
      const errors: string[] = [];
      const forwarded: string[] = [];
      let now = life(world, log, clock, errors);
      await now.pump.start();
      const pass = async (ms: number) => {
        for (let left = ms; left > 0; left -= 250) {
          await settle();
          clock.advance(Math.min(250, left));
          expect(balanced(now.pump)).toBe(true);
        }
        await settle();
      };
      const stop = async () => {
        let over = false;
        void now.pump.stop(1_000).then(() => {
          over = true;
        });
        for (let i = 0; i < 200 && !over; i++) {
          await settle();
          clock.advance(100);
        }
        expect(over).toBe(true);
      };
      for (const each of steps) {
        if ('append' in each) {
          const first = log.last + 1;
          const entries = each.append.map(({ kind, room }, index) =>
            entryOf(first + index, [NORMAL, HIGH, LOCAL][kind] ?? LOCAL, clock.now(), `room-${room}`),
          );
          for (const [index, { id, topic }] of entries.entries()) {
            if (topic !== LOCAL) forwarded.push(id);
            if (each.append[index]?.poison === 0) world.poison.add(id);
          }
          await log.append(entries);
        } else if ('ms' in each) await pass(each.ms);
        else if ('bus' in each) {
          if (each.bus === 'gone') world.bus = undefined;
          else if (each.bus === 'made') world.bus = world.bus === undefined ? ++world.made : world.bus;
          else world.reachable = each.bus === 'reachable';
        } else if ('fault' in each) world.fault = each.fault;
        else if ('end' in each) {
          if (each.end === 'stop') {
            await stop();
          }
          now.die();
          now = life(world, log, clock, errors);
          await now.pump.start();
        } else if ('trim' in each) {
          await log.trim({ maxEventsPerRoom: each.trim, before: 0, passed: now.pump.passed });
        } else if (each.redrive === 'start') await now.pump.redrive.start({});
        else if (each.redrive === 'cancel') now.pump.redrive.cancel();

        expect(balanced(now.pump)).toBe(true);
      }
      // In the end all is well.
      world.bus ??= ++world.made;
      world.reachable = true;
      world.fault = 'none';
      await pass(15_000);
      for (
        let i = 0;
        i < 400 && (now.pump.accounting().pending > 0 || now.pump.redrive.progress()?.state === 'running');
        i++
      )
        await pass(1_000);
      const accounting = now.pump.accounting();
      expect(accounting).toMatchObject({ pending: 0, expired: 0 });
      expect(now.pump.redrive.progress()?.state).not.toBe('running');
      await pass(10_000);
      const { deadLetters } = await now.pump.deadLetters.list('', 10_000);
      const safe = new Set([...world.received.keys(), ...deadLetters.map(({ eventId }) => eventId)]);
      expect(forwarded.filter((id) => !safe.has(id))).toEqual([]);
      expect(deadLetters.length).toBe(accounting.deadLettered);
      expect(now.pump.passed).toBe(log.last);
      expect(now.pump.problem).toBeUndefined();
      expect(errors.filter((line) => line.includes('unexpected error'))).toEqual([]);
      await stop();
      await settle();
      expect(clock.waiting).toBe(0);
      now.die();
    }),
    { numRuns: 200, endOnFailure: true },
  );
});
