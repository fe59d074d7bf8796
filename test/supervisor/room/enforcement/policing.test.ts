import fc from 'fast-check';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import type { Command } from '../../../../spec/command.ts';
import type { NamedLayer } from '../../../../spec/compose.ts';
import type { Constraints, PolicyLayer } from '../../../../spec/policy.ts';
import { createMetrics } from '../../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../../supervisor/base/telemetry.ts';
import type { ComposedSnapshot } from '../../../../supervisor/policy/snapshot.ts';
import { type Applied, Policing, type Violation } from '../../../../supervisor/room/enforcement/policing.ts';
import type { Restriction } from '../../../../supervisor/room/enforcement/policy-in-force.ts';
import { FakeClock } from '../../../helpers/fake-clock.ts';

const layer = (turns: PolicyLayer['turns'], enforcement: PolicyLayer['enforcement'] = []): NamedLayer => ({
  name: 'request',
  layer: { ...(turns && { turns }), enforcement },
});
const rung = { severity: 'high', count: 1, within: 1_000, action: 'restrict' } as const;
const restrictTo = (to: Constraints) => ({ ...rung, to });

function setUp(layers: NamedLayer[], restrictions: Restriction[] = []) {
  const clock = new FakeClock();
  const handed: ComposedSnapshot[] = [];
  const sent: Command[] = [];
  const applied: Applied[] = [];
  const told: Violation[] = [];
  const bot = { there: true, received: 0, disk: true };
  const policing = new Policing({
    clock,
    telemetry: createTelemetry(pino({ level: 'silent' }), createMetrics()),
    roomId: 'room',
    layers,
    restrictions,
    hand: (snapshot) => {
      if (!bot.disk) throw new Error('ENOSPC');
      handed.push(snapshot);
    },
    received: () => bot.received,
    send: (command) => bot.there && sent.push(command) > 0,
    onApplied: (event) => applied.push(event),
    onViolation: async (violation) => told.push(violation),
  });
  policing.onRun('run');
  const restrict = (causeId = 'cause') => {
    const base = { action: 'restrict', rungs: [rung], runId: 'run', rule: 'rates', offset: 1, receivedAt: 7 } as const;
    const { policyVersion, handOver } = policing.restrict({ ...base, causeId });
    handOver();
    return policyVersion;
  };
  return { clock, handed, sent, applied, told, bot, policing, restrict };
}

describe('a restriction', () => {
  it('is told, handed over and sent, in that order, with what it came from', () => {
    const { policing, restrict, handed, sent, applied } = setUp([
      layer({ maxChars: 9 }, [restrictTo({ turns: { maxChars: 3 } })]),
    ]);
    const previousVersion = policing.snapshot.policyVersion;
    const policyVersion = restrict();
    expect(policyVersion).not.toBe(previousVersion);
    expect(applied).toMatchObject([{ cause: 'restricted', causeId: 'cause', policyVersion, previousVersion }]);
    expect(handed).toMatchObject([
      { policyVersion, policy: { turns: { maxChars: 3 } }, layers: ['defaults', 'request', 'restriction'] },
    ]);
    expect(sent).toEqual([{ type: 'policy.restrict', policyVersion, rule: 'rates', causeId: 'cause' }]);
    expect(policing.view).toMatchObject({
      policyVersion,
      acknowledged: null,
      restrictions: [{ rule: 'rates', causeId: 'cause', at: 7 }],
      provenance: { 'turns.maxChars': ['restriction'] },
    });
  });

  it('is one, however often it is called for', () => {
    const { policing, restrict, sent } = setUp([layer({}, [restrictTo({ turns: { maxChars: 3 } })])]);
    const version = restrict();
    expect([restrict('another'), sent.length, policing.restrictions.length]).toEqual([version, 1, 1]);
  });

  it('survives every reload, and never loosens', () => {
    const limit = fc.option(fc.integer({ min: 1, max: 9 }), { nil: undefined });
    const turns = fc
      .record({ maxChars: limit, maxPerMinute: limit, maxConsecutive: limit })
      .map((all): NonNullable<PolicyLayer['turns']> => JSON.parse(JSON.stringify(all)));
    const to = turns.filter((all) => Object.keys(all).length > 0);
    const step = fc.oneof(fc.record({ reload: turns }), fc.record({ restrict: to }));
    const property = fc.property(turns, fc.array(step, { maxLength: 12 }), (first, steps) => {
      const { policing, restrict } = setUp([layer(first)]);
      let layers = first;
      const restrictions: PolicyLayer['turns'][] = [];
      for (const each of steps) {
        if ('restrict' in each) {
          policing.reload([layer(layers, [restrictTo({ turns: each.restrict })])]);
          restrict();
          restrictions.push(each.restrict);
        } else layers = each.reload;
        policing.reload([layer(layers)]);
        const { policy } = policing.snapshot;
        for (const key of ['maxChars', 'maxPerMinute', 'maxConsecutive'] as const) {
          const said = [layers, ...restrictions].flatMap((one) => one?.[key] ?? []);
          expect(policy.turns?.[key]).toBe(said.length === 0 ? undefined : Math.min(...said));
        }
        // The next supervisor gets the same from what is kept.
        const next = setUp([layer(layers)], [...policing.restrictions]);
        expect(next.policing.snapshot.policyVersion).toBe(policing.snapshot.policyVersion);
      }
    });
    fc.assert(property, { numRuns: 200 });
  });
});

describe('an acknowledgement', () => {
  const ladder = [restrictTo({ turns: { maxChars: 3 } })];
  const unacknowledged = (policyVersion: string, count: number) => ({
    policyVersion,
    rule: 'unacknowledged',
    severity: 'high',
    action: 'allowed',
    subject: policyVersion,
    count,
  });

  it('that is missing after five seconds, and one more in which it may come in, is a violation, also of a bot that never spoke of policies', () => {
    const { clock, told, restrict } = setUp([layer({}, ladder)]);
    const policyVersion = restrict();
    clock.advance(5_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([unacknowledged(policyVersion, 1)]);
    clock.advance(60_000);
    expect(told).toHaveLength(1);
  });

  it('has to be of the version in force: another one settles nothing, and one that never was is not even kept', () => {
    const { clock, told, restrict, policing } = setUp([layer({}, ladder)]);
    const first = policing.snapshot.policyVersion;
    const policyVersion = restrict();
    policing.onLoaded(first);
    policing.onLoaded(`sha256:${'f'.repeat(64)}`);
    expect(policing.view.acknowledged).toBe(first);
    clock.advance(6_000);
    expect(told).toEqual([unacknowledged(policyVersion, 1)]);
    policing.onLoaded(policyVersion);
    expect(policing.view.acknowledged).toBe(policyVersion);
  });

  it('in time settles it, and so does the end of the bot', () => {
    for (const settle of ['loaded', 'ended', 'next'] as const) {
      const { clock, told, restrict, policing } = setUp([layer({}, ladder)]);
      const version = restrict();
      if (settle === 'loaded') policing.onLoaded(version);
      else if (settle === 'ended') policing.onRunEnd();
      else policing.onRun('next');
      clock.advance(60_000);
      expect(told).toEqual([]);
    }
  });

  it('is waited for from the newest version on', () => {
    const { clock, told, restrict, policing } = setUp([layer({}, ladder)]);
    restrict();
    clock.advance(4_000);
    policing.onLoaded('');
    policing.reload([layer({ maxConsecutive: 1 }, ladder)]);
    clock.advance(5_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toEqual([unacknowledged(policing.snapshot.policyVersion, 1)]);
  });

  it('of an update is expected of a bot that has shown that it knows of policies, of no other', () => {
    for (const knows of [true, false]) {
      const { clock, told, sent, policing } = setUp([layer({})]);
      if (knows) policing.onLoaded(policing.snapshot.policyVersion);
      policing.reload([layer({ maxChars: 1 })]);
      expect(sent).toEqual([{ type: 'policy.update', policyVersion: policing.snapshot.policyVersion }]);
      clock.advance(60_000);
      expect(told).toHaveLength(knows ? 1 : 0);
    }
  });

  it('is not expected while the pipe is not read, nor shortly after, nor of a bot that is not there', () => {
    const { clock, told, restrict, policing } = setUp([layer({}, ladder)]);
    const version = restrict();
    policing.onPressure(true);
    clock.advance(60_000);
    policing.onPressure(false);
    clock.advance(1_999);
    expect(told).toEqual([]);
    clock.advance(10_000);
    expect(told).toEqual([unacknowledged(version, 1)]);
    const nobody = setUp([layer({}, ladder)]);
    nobody.bot.there = false;
    nobody.restrict();
    nobody.clock.advance(60_000);
    expect(nobody.told).toEqual([]);
  });
});

describe('a snapshot', () => {
  const ladder = [restrictTo({ turns: { maxChars: 3 } })];

  it('that the disk does not take is written later: the bot hears of it then, and has its time from then on', () => {
    const { clock, told, sent, handed, bot, restrict } = setUp([layer({}, ladder)]);
    bot.disk = false;
    const policyVersion = restrict();
    clock.advance(60_000);
    expect([sent, handed, told]).toEqual([[], [], []]);
    bot.disk = true;
    clock.advance(1_000);
    expect(handed).toMatchObject([{ policyVersion }]);
    expect(sent).toMatchObject([{ policyVersion }]);
    clock.advance(5_999);
    expect(told).toEqual([]);
    clock.advance(1);
    expect(told).toHaveLength(1);
  });

  it('is not waited for without end where the bot floods its pipe', () => {
    const { clock, told, bot, policing, restrict } = setUp([layer({}, ladder)]);
    restrict();
    policing.onPressure(true);
    clock.advance(60_000);
    expect(told).toEqual([]);
    bot.received = 9_999;
    clock.advance(1_000);
    expect(told).toEqual([]);
    bot.received = 10_000;
    clock.advance(1_000);
    expect(told).toHaveLength(1);
  });
});

it('a reload that changes nothing is none', () => {
  const { policing, sent, applied, handed } = setUp([layer({ maxChars: 3 })]);
  policing.reload([layer({ maxChars: 3 })]);
  expect([sent, applied, handed]).toEqual([[], [], []]);
});
