import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import { specVersion } from '../../../spec/spec-version.ts';
import { Stamper } from '../../../supervisor/intake/stamper.ts';
import { Enforcer } from '../../../supervisor/room/enforcement/enforcer.ts';
import type { RoomsConfig } from '../../../supervisor/room/planning.ts';
import { planRoom } from '../../../supervisor/room/planning.ts';
import { Registry } from '../../../supervisor/room/registry.ts';
import { resumeKey } from '../../../supervisor/room/resumable.ts';
import { Run } from '../../../supervisor/room/run.ts';
import { policyKey } from '../../../supervisor/room/view.ts';
import { Pools } from '../../../supervisor/room/warm/pools.ts';
import { testBot } from '../../helpers/daemon.ts';
import { noPolicies, runParts } from './rig.ts';

const request = { roomId: 'blue', connector: 'local', bot: 'obedient', options: { token: 'secret' } } as const;

async function setUp() {
  const parts = await runParts();
  const config: RoomsConfig = {
    bots: { obedient: { command: testBot('obedient'), env: [] } },
    policies: noPolicies,
    connectors: { transcript: { folder: parts.data } },
    max: 10,
    admission: { freeMemory: 0, wait: 60_000 },
    idleTimeout: 60_000,
    maxDuration: 60_000,
    memory: 2 ** 30,
    heartbeatTimeout: 60_000,
    shutdownGrace: 60_000,
    restart: { attempts: 0, window: 1, backoff: { base: 1, max: 1 } },
  };
  const left = new Set<string>();
  const pools = new Pools({ ...parts, places: () => 0 }, config);
  const registry = new Registry({ ...parts, pools, isLeft: (roomId) => left.has(roomId) }, config);
  registry.open();
  onTestFinished(() => registry.drain('drain', 1_000));
  const events = async () =>
    (await parts.log.read({ after: 0, limit: 1_000 })).records.map(({ json }) => JSON.parse(json) as Envelope);
  const rooms = async (state: string) => {
    const { values } = await parts.metrics.rooms.get();
    return values.find(({ labels }) => labels.state === state)?.value ?? 0;
  };
  return { ...parts, config, registry, left, events, rooms };
}

/** The room as an earlier supervisor had it, in its second attempt. */
async function takenUp(more: { policy?: object } = {}) {
  const parts = await setUp();
  const planned = await planRoom({ ...request, ...more }, parts.config);
  if (!planned.ok) throw new Error(planned.detail);
  const past = {
    attempt: 2,
    startedAt: Date.now(),
    lastEventAt: null,
    counts: { events: 5, violations: 0, rejected: 0, dropped: 0 },
    runIds: ['first', 'second'],
    restrictions: [],
  };
  const gone = Promise.withResolvers<void>();
  return { ...parts, found: { plan: planned.plan, past }, gone };
}

const state = async ({ registry }: { registry: Registry }) => (await registry.get('blue'))?.state;

describe('what it takes to bring a room back', () => {
  it('is kept as long as the room runs, and not longer', async () => {
    const { registry, log } = await setUp();
    await registry.spawn(request);
    while ((await log.document(resumeKey('blue'))) === undefined) await setImmediate();
    expect(await log.document(resumeKey('blue'))).toMatchObject({ request, stopping: null });
    await registry.stop('blue');
    await registry.find('blue')?.done;
    expect(await log.document(resumeKey('blue'))).toBeUndefined();
  });
});

describe('a room that is taken up', () => {
  it('backs off until its last bot has gone, and is counted as what it is', async () => {
    const parts = await takenUp();
    const { registry, found, gone, rooms } = parts;
    registry.resume(found, gone.promise, gone.promise);
    expect([await state(parts), await rooms('backing_off')]).toEqual(['backing_off', 1]);
    gone.resolve();
    while ((await state(parts)) !== 'live') await setImmediate();
    expect([await rooms('backing_off'), await rooms('live')]).toEqual([0, 1]);
    expect(await registry.get('blue')).toMatchObject({ attempt: 3 });
    await registry.drain('drain', 10_000);
    for (const each of ['backing_off', 'starting', 'live', 'stopping', 'stopped']) expect(await rooms(each)).toBe(0);
  });

  it('ends when it is told to, but not before its last bot has gone', async () => {
    const parts = await takenUp();
    const { registry, found, gone, events } = parts;
    registry.resume(found, gone.promise, gone.promise);
    await registry.stop('blue');
    await setImmediate();
    expect(await state(parts)).toBe('stopping');
    const room = registry.find('blue');
    gone.resolve();
    await room?.done;
    expect(await state(parts)).toBe('stopped');
    expect((await events()).map(({ topic }) => topic)).not.toContain('supervisor.bot.started');
  });

  it('is charged with what its earlier runs did, and gets no bot when that is the end of it', async () => {
    const policy = {
      enforcement: [{ severity: 'high' as const, count: 1, within: 60_000, action: 'terminate' as const }],
    };
    const parts = await takenUp({ policy });
    const { registry, log, clock, telemetry, found, gone, events } = parts;
    const said = { policyVersion: specVersion, rule: 'rates', subject: 'x', count: 1 };
    const payload = { ...said, severity: 'high' as const, action: 'blocked' as const };
    const violation = new Stamper({ roomId: 'blue', runId: 'first' }).own('conversation.policy.violation', payload, 1);
    // As far as the earlier supervisor has judged, and by what policy.
    await log.append([violation], { 'enforce/cursor': { offset: 0 }, [policyKey('blue')]: found.plan.policy });
    const find = (roomId: string) => registry.find(roomId)?.judged;
    const enforcer = await Enforcer.open({ log, clock, telemetry, find, bygone: async () => 0 });
    onTestFinished(() => enforcer.stop());
    enforcer.start();
    const judged = gone.promise.then(() => enforcer.judged('blue', log.last));
    registry.resume(found, gone.promise, judged);
    const room = registry.find('blue');
    gone.resolve();
    await room?.done;
    expect(await registry.get('blue')).toMatchObject({ state: 'stopped', stop: { reason: 'policy' } });
    expect((await events()).map(({ topic }) => topic)).not.toContain('supervisor.bot.started');
  });
});

it('a room that is taken up gets what its layers say by then, not what they said when it was planned', async () => {
  const parts = await takenUp();
  const { config, found, gone } = parts;
  const layers = [{ name: 'late', layer: { turns: { maxChars: 7 } } }];
  const pools = new Pools({ ...parts, places: () => 0 }, config);
  const registry = new Registry(
    { ...parts, pools, isLeft: () => false },
    { ...config, policies: { ...noPolicies, layersFor: async () => layers } },
  );
  onTestFinished(() => registry.drain('drain', 1_000));
  registry.resume(found, gone.promise, gone.promise);
  registry.open();
  while ((await registry.policy('blue'))?.policy.turns?.maxChars !== 7) await setImmediate();
});

describe('a call for a room', () => {
  it('is refused while the bot that an earlier supervisor had there is leaving', async () => {
    const { registry, left, metrics } = await setUp();
    left.add('blue');
    expect(await registry.spawn(request)).toMatchObject({ kind: 'full', retryAfterSeconds: 1 });
    expect(await metrics.registry.metrics()).toContain('roomd_rooms_refused_total{reason="leaving"} 1');
    left.clear();
    expect(await registry.spawn(request)).toMatchObject({ kind: 'created' });
  });

  it('that waits for a disk does not hold up the end', async () => {
    const { registry, log, rooms } = await setUp();
    await registry.spawn(request);
    while ((await state({ registry })) !== 'live') await setImmediate();
    const append = log.append.bind(log);
    const never = new Promise<number>(() => {});
    log.append = (entries, documents) => (documents === undefined ? append(entries, documents) : never);
    await registry.stop('blue');
    while (!registry.find('blue')?.ended) await setImmediate();
    // The end of the former one isn't on disk, nor will it be.
    void registry.spawn(request);
    await registry.drain('drain', 10);
    expect(await rooms('live')).toBe(0);
    expect(await registry.spawn({ ...request, roomId: 'late' })).toMatchObject({ kind: 'full' });
  });
});

it('a bot that dies before its first word leaves its place among those that start', async () => {
  const { machine, ...parts } = await takenUp();
  const { plan } = parts.found;
  const bot = { command: testBot('instant-exit'), env: [] };
  const run = new Run(
    { ...parts, machine },
    { ...plan, attempt: 1, bot, snapshot: plan.policy, memory: 2 ** 30, endsAt: Number.MAX_SAFE_INTEGER },
    { onEnvelope() {}, onPressure() {} },
  );
  await run.live();
  expect(machine.gate.starting).toBe(0);
});
