import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { Log } from '../../../supervisor/log/port.ts';
import type { RoomPolicy } from '../../../supervisor/room/api.ts';
import { Registry } from '../../../supervisor/room/registry.ts';
import { Pools } from '../../../supervisor/room/warm/pools.ts';
import { assertNoGaps, type Client, runDaemon, temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { noPolicies, runParts } from './rig.ts';

const bots = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { command: testBot(name) }]));
const QUICK = { attempts: 1, window: '10m', backoff: { base: '1ms', max: '2ms' } };

/** Planning a room has to read this, so that others may come in between. */
async function layers(): Promise<string[]> {
  const file = join(await temporaryFolder(), 'policy.yaml');
  await writeFile(file, 'turns: { maxChars: 10 }\n');
  return [file];
}

const exitReasons = async (roomd: Client, roomId: string) =>
  (await roomd.history(roomId))
    .filter(({ envelope }) => envelope.topic === 'supervisor.bot.exited')
    .map(({ envelope }) => (envelope as Envelope<'supervisor.bot.exited'>).payload.reason);

/** Rooms on a log in memory, without anything around them; `append` takes the place of the log's own. */
async function bareRegistry(append?: Log['append']): Promise<{ registry: Registry }> {
  const parts = await runParts();
  const { log, data } = parts;
  if (append !== undefined) log.append = append;
  const places = () => 0;
  const pools = new Pools({ ...parts, places }, { bots: {}, heartbeatTimeout: 1, memory: 2 ** 30 });
  const registry = new Registry(
    { ...parts, pools, isLeft: () => false },
    {
      bots: { obedient: { command: testBot('obedient'), env: [] } },
      policies: noPolicies,
      connectors: { transcript: { folder: data } },
      max: 1,
      memory: 2 ** 30,
      admission: { freeMemory: 0, wait: 60_000 },
      idleTimeout: 60_000,
      maxDuration: 60_000,
      heartbeatTimeout: 60_000,
      shutdownGrace: 60_000,
      restart: { attempts: 0, window: 1, backoff: { base: 1, max: 1 } },
    },
  );
  registry.open();
  return { registry };
}

describe('calls that come at once', () => {
  it('for one id start one bot', async () => {
    const roomd = await runDaemon({ bots: bots('obedient'), policy: { layers: await layers() } });
    const calls = Array.from({ length: 5 }, () => roomd.post('/v1/rooms', { roomId: 'one', bot: 'obedient' }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([200, 200, 200, 200, 201]);
    await roomd.until('one', 'assistant.room.join.succeeded');
    expect(await roomd.metric('roomd_bot_starts_total')).toBe(1);
  });

  it('for the last place get it once', async () => {
    const roomd = await runDaemon({ bots: bots('obedient'), rooms: { max: 1 }, policy: { layers: await layers() } });
    const calls = ['a', 'b', 'c'].map((roomId) => roomd.post('/v1/rooms', { roomId, bot: 'obedient' }));
    const statuses = (await Promise.all(calls)).map(({ status }) => status);
    expect(statuses.sort()).toEqual([201, 503, 503]);
  });

  it('to start and to stop leave no bot behind', async () => {
    const roomd = await runDaemon({ bots: bots('obedient'), rooms: { shutdownGrace: '1h' } });
    await roomd.spawn('brief', { bot: 'obedient' });
    await roomd.stop('brief');
    expect(await roomd.over('brief')).toMatchObject({ state: 'stopped', pid: null, stop: { reason: 'requested' } });
  });
});

describe('a call that stops', () => {
  it('waits for a start under way, and stops that room', async () => {
    const { registry } = await bareRegistry();
    const request = { roomId: 'brief', connector: 'local', bot: 'obedient' };
    const [started, stopped] = await Promise.all([registry.spawn(request), registry.stop('brief')]);
    expect(started).toMatchObject({ kind: 'created', room: { runId: stopped?.runId } });
    expect(stopped?.state).toBe('stopping');
    await registry.drain('drain', 5_000);
  });

  it('makes the same request a conflict until the room has ended', async () => {
    const roomd = await runDaemon({ bots: bots('deaf'), rooms: { shutdownGrace: '1h', drain: '100ms' } });
    await roomd.spawn('dying', { bot: 'deaf' });
    await roomd.until('dying', 'room.participant.joined');
    await roomd.stop('dying');
    const again = await roomd.post('/v1/rooms', { roomId: 'dying', bot: 'deaf' });
    expect([again.status, await again.json()]).toEqual([
      409,
      expect.objectContaining({ detail: expect.stringContaining('is stopping') }),
    ]);
  });
});

describe('the end of a room', () => {
  it('has the first cause, whatever comes after', async () => {
    const roomd = await runDaemon({ bots: bots('deaf'), rooms: { shutdownGrace: '1h', drain: '200ms' } });
    await roomd.spawn('deaf', { bot: 'deaf' });
    await roomd.until('deaf', 'room.participant.joined');
    await roomd.stop('deaf');
    await roomd.daemon.stop('test');
    const again = await runDaemon({ data: roomd.data });
    expect(await again.room('deaf')).toMatchObject({
      state: 'stopped',
      stop: { reason: 'requested', signal: 'SIGKILL' },
    });
  });

  it('comes by force when draining takes too long', async () => {
    const roomd = await runDaemon({ bots: bots('deaf'), rooms: { shutdownGrace: '1h', drain: '200ms' } });
    await roomd.spawn('deaf', { bot: 'deaf' });
    await roomd.until('deaf', 'room.participant.joined');
    await roomd.daemon.stop('test');
    const again = await runDaemon({ data: roomd.data });
    expect(await again.room('deaf')).toMatchObject({ state: 'stopped', stop: { reason: 'drain', signal: 'SIGKILL' } });
  });

  it('does not wait for ever for a disk that takes nothing', async () => {
    const { registry } = await bareRegistry(() => new Promise<number>(() => {}));
    const spawned = await registry.spawn({ roomId: 'stuck', connector: 'local', bot: 'obedient' });
    expect(spawned.kind).toBe('created');
    await registry.drain('drain', 50);
    expect(await registry.spawn({ roomId: 'late', connector: 'local', bot: 'obedient' })).toMatchObject({
      kind: 'full',
    });
  });

  it('leaves its policy readable', async () => {
    const roomd = await runDaemon({ bots: bots('obedient') });
    const room = await roomd.spawn('past', { bot: 'obedient', policy: { turns: { maxChars: 7 } } });
    await roomd.until('past', 'assistant.room.join.succeeded');
    await roomd.stop('past');
    await roomd.over('past');
    expect(await roomd.json<RoomPolicy>('/v1/rooms/past/policy')).toMatchObject({
      policyVersion: room.policyVersion,
      policy: { turns: { maxChars: 7 } },
      provenance: { 'turns.maxChars': ['request'] },
    });
  });
});

describe('attempts', () => {
  it('are judged each by itself: a silent one, then a crash', async () => {
    const roomd = await runDaemon({ bots: bots('moody'), rooms: { heartbeatTimeout: '500ms', restart: QUICK } });
    await roomd.spawn('moody', { bot: 'moody', options: { attempts: [{ silent: true }, { code: 1 }] } });
    expect(await roomd.over('moody')).toMatchObject({ state: 'failed', stop: { reason: 'crash_loop' } });
    // Under load the second one may not get as far as its crash.
    expect((await exitReasons(roomd, 'moody'))[0]).toBe('heartbeat_timeout');
  });

  it('are judged each by itself: a failed join, then a refusal', async () => {
    const roomd = await runDaemon({ bots: bots('moody'), rooms: { restart: QUICK } });
    await roomd.spawn('moody', { bot: 'moody', options: { attempts: [{ join: 'failed', code: 75 }, { code: 78 }] } });
    expect(await roomd.over('moody')).toMatchObject({ state: 'failed', attempt: 2, stop: { reason: 'refused' } });
    expect(await exitReasons(roomd, 'moody')).toEqual(['try_again', 'refused']);
  });

  it('that all fail to join end the room for that reason', async () => {
    const roomd = await runDaemon({ bots: bots('moody'), rooms: { restart: QUICK } });
    const failing = { join: 'failed', code: 75 };
    await roomd.spawn('moody', { bot: 'moody', options: { attempts: [failing, failing] } });
    expect(await roomd.over('moody')).toMatchObject({ state: 'failed', stop: { reason: 'join_failed' } });
  });

  it('are counted together', async () => {
    const roomd = await runDaemon({ bots: bots('moody'), rooms: { restart: QUICK } });
    await roomd.spawn('moody', { bot: 'moody', options: { attempts: [{ code: 1 }, { code: 0 }] } });
    const over = await roomd.over('moody');
    const events = await roomd.history('moody');
    assertNoGaps(events);
    expect([over.attempt, over.counts.events]).toEqual([2, events.length]);
  });
});
