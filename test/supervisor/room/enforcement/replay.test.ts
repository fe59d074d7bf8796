import fc from 'fast-check';
import pino from 'pino';
import { expect, it } from 'vitest';
import type { EnforcementRule } from '../../../../spec/policy.ts';
import { specVersion } from '../../../../spec/spec-version.ts';
import { createMetrics } from '../../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../../supervisor/log/memory-log.ts';
import type { Entry, Log } from '../../../../supervisor/log/port.ts';
import { enforcedPayload } from '../../../../supervisor/room/enforcement/enforced.ts';
import { Enforcer, type Judged } from '../../../../supervisor/room/enforcement/enforcer.ts';
import { rungsOf } from '../../../../supervisor/room/enforcement/past.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';

const NOW = 1_700_000_000_000;
const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
const clock = new FakeClock();

const rule: fc.Arbitrary<EnforcementRule> = fc.record({
  severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
  count: fc.integer({ min: 1, max: 4 }),
  within: fc.constantFrom(1_000, 20_000),
  action: fc.constantFrom('record' as const, 'warn' as const, 'terminate' as const),
});
const step = fc.oneof(
  {
    weight: 1,
    arbitrary: fc.record({
      rules: fc.array(rule, { maxLength: 3 }),
      cause: fc.constantFrom('started' as const, 'reloaded' as const, 'resumed' as const),
    }),
  },
  {
    weight: 8,
    arbitrary: fc.record({
      severity: fc.constantFrom('low' as const, 'medium' as const, 'high' as const),
      subject: fc.constantFrom('a', 'b'),
      count: fc.integer({ min: 1, max: 6 }),
      runId: fc.constantFrom('first', 'second'),
      roomId: fc.constantFrom('red', 'blue'),
      after: fc.nat(4_000),
    }),
  },
);

function entriesOf(steps: readonly (typeof step extends fc.Arbitrary<infer T> ? T : never)[]): Entry[] {
  let at = NOW;
  return steps.flatMap((each) => {
    if ('rules' in each) {
      const payload = { policyVersion: specVersion, cause: each.cause, layers: [], enforcement: rungsOf(each.rules) };
      return ['red', 'blue'].map((roomId) =>
        new Stamper({ roomId, runId: 'first' }).own('supervisor.policy.applied', payload, at),
      );
    }
    const { severity, subject, count, runId, roomId } = each;
    at += each.after;
    const payload = { policyVersion: specVersion, rule: 'rates', severity, action: 'blocked', subject, count } as const;
    return [new Stamper({ roomId, runId }).own('conversation.policy.violation', payload, at)];
  });
}

/** A supervisor on that log whose commits arrive, until so many have: then it is dead. */
async function supervise(log: Log, through: number, commits: number): Promise<void> {
  let left = commits;
  const dead = Promise.withResolvers<void>();
  const append: Log['append'] = (entries, documents) => {
    if (left-- > 0) return log.append(entries, documents);
    dead.resolve();
    return new Promise(() => {});
  };
  const mortal = new Proxy(log, {
    get(target, key) {
      const value: unknown = key === 'append' ? append : Reflect.get(target, key, target);
      return typeof value === 'function' ? value.bind(target) : value;
    },
  });
  const roomOf = (roomId: string): Judged => ({
    ran: (runId) => runId === 'first',
    isRead: true,
    given: () => undefined,
    issued: () => undefined,
    tellUnreported: async () => 0,
    enforce: (verdict, documents) => act(roomId, verdict, documents),
  });
  const act = (
    roomId: string,
    verdict: Parameters<Judged['enforce']>[0],
    documents: Parameters<Judged['enforce']>[1],
  ) => {
    const payload = enforcedPayload(verdict, specVersion);
    return append([new Stamper({ roomId, runId: 'first' }).own('supervisor.policy.enforced', payload, NOW)], documents);
  };
  const find = (roomId: string) => roomOf(roomId);
  const enforcer = await Enforcer.open({ log: mortal, clock, telemetry, find, bygone: act });
  enforcer.start();
  await Promise.race([dead.promise, Promise.all(['red', 'blue'].map((roomId) => enforcer.judged(roomId, through)))]);
  // What it would still do doesn't arrive.
  left = 0;
  void enforcer.stop();
}

async function actionsIn(log: Log): Promise<string[]> {
  const { records } = await log.read({
    after: 0,
    limit: 10_000,
    topic: (topic) => topic === 'supervisor.policy.enforced',
  });
  return records.map(({ roomId, json }) => {
    const { action, causeId } = JSON.parse(json).payload;
    return `${roomId} ${action} ${causeId}`;
  });
}

it('whenever supervisors die, each violation is acted on once, and as one that lives would', async () => {
  const property = fc.asyncProperty(
    fc.array(step, { minLength: 1, maxLength: 40 }),
    fc.array(fc.nat(6), { maxLength: 6 }),
    async (steps, deaths) => {
      const entries = entriesOf(steps);
      const outcomes: string[][] = [];
      for (const lives of [[], deaths]) {
        const log = createMemoryLog({ clock, telemetry });
        // It begins where the log begins, not where it is when the first one starts.
        const last = await log.append(entries, { 'enforce/cursor': { offset: 0 } });
        for (const commits of [...lives, Number.POSITIVE_INFINITY]) await supervise(log, last, commits);
        outcomes.push((await actionsIn(log)).sort());
      }
      expect(outcomes[1]).toEqual(outcomes[0]);
      expect(new Set(outcomes[1]).size).toBe(outcomes[1]?.length);
    },
  );
  await fc.assert(property, { numRuns: 300 });
});
