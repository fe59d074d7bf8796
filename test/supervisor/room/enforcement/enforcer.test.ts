import pino from 'pino';
import { expect, it, onTestFinished } from 'vitest';
import type { EnforcementRule } from '../../../../spec/policy.ts';
import { systemClock } from '../../../../spec/runtime/clock.ts';
import { specVersion } from '../../../../spec/spec-version.ts';
import { createMetrics } from '../../../../supervisor/base/metrics.ts';
import { createTelemetry } from '../../../../supervisor/base/telemetry.ts';
import { Stamper } from '../../../../supervisor/intake/stamper.ts';
import { createMemoryLog } from '../../../../supervisor/log/memory-log.ts';
import type { Documents, Log } from '../../../../supervisor/log/port.ts';
import { Enforcer, type Judged } from '../../../../supervisor/room/enforcement/enforcer.ts';
import type { Verdict } from '../../../../supervisor/room/enforcement/judge.ts';
import { rungsOf } from '../../../../supervisor/room/enforcement/past.ts';

const WARN: EnforcementRule = { severity: 'high', count: 1, within: 1_000, action: 'warn' };
const CURSOR = 'enforce/cursor';
const telemetry = createTelemetry(pino({ level: 'silent' }), createMetrics());
const memoryLog = () => createMemoryLog({ clock: systemClock, telemetry });

/** A room of which only the run `new` is one. */
function room() {
  const verdicts: Verdict[] = [];
  const cursors: unknown[] = [];
  const waiting: (() => void)[] = [];
  const judged: Judged = {
    ran: (runId) => runId === 'new',
    isRead: true,
    given: () => undefined,
    issued: () => undefined,
    async enforce(verdict: Verdict, documents: Documents) {
      verdicts.push(verdict);
      cursors.push(documents[CURSOR]);
      for (const resolve of waiting.splice(0)) resolve();
      return 0;
    },
    tellUnreported: async () => 0,
  };
  /** Resolves when so many actions were taken. */
  const acted = async (count: number) => {
    while (verdicts.length < count) await new Promise<void>((resolve) => waiting.push(resolve));
  };
  return { judged, verdicts, cursors, causes: () => verdicts.map(({ causeId }) => causeId), acted };
}

function violationOf(runId: string, receivedAt = 0) {
  const said = { policyVersion: specVersion, rule: 'rates', subject: 'x', count: 1 };
  const payload = { ...said, severity: 'high', action: 'blocked' } as const;
  return new Stamper({ roomId: 'room', runId }).own('conversation.policy.violation', payload, receivedAt);
}

function applied(rules: readonly EnforcementRule[], cause: 'started' | 'reloaded' = 'started') {
  const payload = { policyVersion: specVersion, cause, layers: [], enforcement: rungsOf(rules) };
  return new Stamper({ roomId: 'room', runId: 'new' }).own('supervisor.policy.applied', payload, 0);
}

async function start(
  log: Log,
  judged: Judged | undefined,
  bygone: (verdict: Verdict) => Promise<number> = async () => 0,
) {
  const enforcer = await Enforcer.open({
    log,
    clock: systemClock,
    telemetry,
    find: () => judged,
    bygone: (_roomId, verdict) => bygone(verdict),
  });
  enforcer.start();
  onTestFinished(() => enforcer.stop());
  return enforcer;
}

it('charges a room with what its own runs did, and a room that is gone with what its runs did', async () => {
  const log = memoryLog();
  const { judged, causes, acted } = room();
  const gone: string[] = [];
  await start(log, judged, async ({ causeId }) => gone.push(causeId));
  const [own, old] = [violationOf('new'), violationOf('old')];
  await log.append([applied([WARN]), old, own]);
  await acted(1);
  expect([causes(), gone]).toEqual([[own.id], [old.id]]);
});

it('goes on reading after the log could not be read, and says so meanwhile', async () => {
  const log = memoryLog();
  const read = log.read.bind(log);
  const problems: (string | undefined)[] = [];
  const { judged, causes, acted } = room();
  const enforcer = await start(log, judged);
  log.read = async (query) => {
    problems.push(enforcer.problem);
    if (problems.length === 1) throw new Error('disk I/O error');
    return read(query);
  };
  const violation = violationOf('new');
  await log.append([applied([WARN]), violation]);
  await acted(1);
  expect(causes()).toEqual([violation.id]);
  expect(problems.slice(0, 2)).toEqual([undefined, expect.stringContaining('disk I/O error')]);
});

it('begins where the last one stopped, and its ladder stands where that one stood', async () => {
  const log = memoryLog();
  const twice: EnforcementRule = { severity: 'high', count: 2, within: 1_000, action: 'warn' };
  const [first, second, third, fourth] = [0, 1, 2, 3].map(() => violationOf('new'));
  if (!first || !second || !third || !fourth) throw new Error('four');
  // Both were judged, the third was not.
  await log.append([applied([twice]), first, second, third], { [CURSOR]: { offset: 3 } });
  const { judged, causes, acted, cursors } = room();
  await start(log, judged);
  await log.append([fourth]);
  await acted(1);
  expect(causes()).toEqual([fourth.id]);
  expect(cursors).toEqual([{ offset: 5 }]);
});

it('does not judge twice what was judged by the time of the cursor', async () => {
  const log = memoryLog();
  const [done, missed] = [violationOf('new'), violationOf('new')];
  await log.append([applied([WARN]), done, missed], { [CURSOR]: { offset: 2 } });
  const { judged, causes, acted } = room();
  const enforcer = await start(log, judged);
  await acted(1);
  await enforcer.judged('room', log.last);
  expect(causes()).toEqual([missed.id]);
});

it('takes its rules from the log: those that were in force when it happened', async () => {
  const log = memoryLog();
  const { judged, verdicts, acted } = room();
  await start(log, judged);
  const end: EnforcementRule = { severity: 'high', count: 1, within: 1_000, action: 'terminate' };
  await log.append([applied([WARN]), violationOf('new'), applied([end], 'reloaded'), violationOf('new')]);
  await acted(2);
  expect(verdicts.map(({ action }) => action)).toEqual(['warn', 'terminate']);
});

it('begins a ladder anew with the life of a room', async () => {
  const log = memoryLog();
  const twice: EnforcementRule = { severity: 'high', count: 2, within: 1_000, action: 'warn' };
  const { judged, causes, acted } = room();
  await start(log, judged);
  const last = violationOf('new');
  await log.append([applied([twice]), violationOf('new'), applied([twice]), violationOf('new'), last]);
  await acted(1);
  expect(causes()).toEqual([last.id]);
});

it('says how far it has judged only when that is saved, and saves it when it stops', async () => {
  const log = memoryLog();
  const { judged } = room();
  const enforcer = await start(log, judged);
  await log.append([applied([WARN]), violationOf('new')]);
  await enforcer.judged('room', log.last);
  await enforcer.stop();
  expect(await log.document(CURSOR)).toEqual({ offset: 2 });
  expect(enforcer.passed).toBe(2);
});

it('acts on what a room did that is gone, also when that fails at first', async () => {
  const log = memoryLog();
  const tried: string[] = [];
  const done = Promise.withResolvers<void>();
  await start(log, undefined, async ({ causeId }) => {
    tried.push(causeId);
    if (tried.length === 1) throw new Error('disk I/O error');
    done.resolve();
    return 0;
  });
  const violation = violationOf('old');
  await log.append([applied([{ ...WARN, action: 'terminate' }]), violation]);
  await done.promise;
  expect(tried).toEqual([violation.id, violation.id]);
});

it('lets nobody wait for a judgement when it stops', async () => {
  const log = memoryLog();
  const enforcer = await start(log, undefined);
  const judged = enforcer.judged('room', 1);
  await enforcer.stop();
  await judged;
});
