import { readdir, readFile, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoomView } from '../../../supervisor/room/api.ts';
import { assertNoGaps, runDaemon, testBot } from '../../helpers/daemon.ts';
import { gone, isAlive } from '../../helpers/processes.ts';

const QUICK = { attempts: 2, window: '10m', backoff: { base: '1ms', max: '2ms' } };
const bots = (...names: string[]) => Object.fromEntries(names.map((name) => [name, { command: testBot(name) }]));

describe('P13 one process a room', () => {
  it('is spawned by a call, goes live, and leaves when it is told to', async () => {
    const roomd = await runDaemon();
    const room = await roomd.spawn('lobby');
    expect(room).toMatchObject({ roomId: 'lobby', attempt: 1, bot: 'default', connector: 'local', stop: null });
    await roomd.until('lobby', 'assistant.session.started');
    const live = await roomd.room('lobby');
    expect(live.state).toBe('live');
    const response = await roomd.stop('lobby');
    expect(response.status).toBe(202);
    expect((await roomd.stop('lobby')).status).toBe(202);
    const over = await roomd.over('lobby');
    expect(over).toMatchObject({ state: 'stopped', pid: null, stop: { reason: 'requested', code: 0, signal: null } });
    expect(isAlive(live.pid ?? 0)).toBe(false);
    const events = await roomd.history('lobby');
    assertNoGaps(events);
    const states = events.flatMap(({ envelope }) =>
      envelope.topic === 'supervisor.room.state.changed' ? [(envelope.payload as { to: string }).to] : [],
    );
    expect(states).toEqual(['starting', 'joining', 'live', 'stopping', 'stopped']);
    expect(await readdir(join(roomd.data, 'runs'))).toEqual([]);
  });

  it('is the same room for the same request, and a conflict for another one', async () => {
    const roomd = await runDaemon({ bots: bots('obedient') });
    const request = { roomId: 'one', bot: 'obedient', options: { a: 1, b: 2 } };
    const answers = await Promise.all([1, 2, 3].map(() => roomd.post('/v1/rooms', request)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 200, 201]);
    const rooms = (await Promise.all(answers.map((answer) => answer.json()))) as RoomView[];
    expect(new Set(rooms.map(({ runId }) => runId)).size).toBe(1);
    const reordered = await roomd.post('/v1/rooms', { ...request, options: { b: 2, a: 1 } });
    expect(reordered.status).toBe(200);
    const other = await roomd.post('/v1/rooms', { ...request, options: { a: 2 } });
    expect(other.status).toBe(409);
    expect(await other.json()).toMatchObject({ detail: expect.stringContaining('another request') });
  });

  it('can be spawned anew under the id of an ended one', async () => {
    const roomd = await runDaemon({ bots: bots('obedient') });
    const first = await roomd.spawn('again', { bot: 'obedient' });
    await roomd.until('again', 'assistant.room.join.succeeded');
    await roomd.stop('again');
    await roomd.over('again');
    const second = await roomd.spawn('again', { bot: 'obedient' });
    expect(second.runId).not.toBe(first.runId);
    await roomd.until('again', 'assistant.room.join.succeeded', ({ meta }) => meta?.runId === second.runId);
    assertNoGaps(await roomd.history('again'));
  });

  it('is refused with 503 when all are taken', async () => {
    const roomd = await runDaemon({ bots: bots('obedient'), rooms: { max: 1 } });
    await roomd.spawn('first', { bot: 'obedient' });
    const refused = await roomd.post('/v1/rooms', { roomId: 'second', bot: 'obedient' });
    expect(refused.status).toBe(503);
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining('rooms.max') });
  });

  it.each([
    ['an unknown bot', { bot: 'nobody' }, 'configured bots (default, obedient)'],
    ['no time at all', { limits: { idleTimeout: 0 } }, 'above 0'],
    ['a month', { limits: { maxDuration: '30d' } }, 'at most 24d'],
    ['half a character', { assistantId: 'a\ud800b' }, 'whole Unicode characters'],
    [
      'bottomless options',
      { options: JSON.parse(`${'{"a":'.repeat(4_000)}1${'}'.repeat(4_000)}`) as object },
      '32 levels',
    ],
    ['an unknown connector', { connector: 'telepathy' }, 'local, daily, external, transcript or recording'],
    ['a meeting outside the folder', { connector: 'transcript', options: { meeting: '../../etc/passwd' } }, 'meetings'],
    ['options too large', { options: { big: 'x'.repeat(70_000) } }, '65536 bytes'],
  ])('is refused with 422 for %s', async (_, request, detail) => {
    const roomd = await runDaemon({ bots: bots('obedient') });
    const refused = await roomd.post('/v1/rooms', { roomId: 'no', ...request });
    expect(refused.status).toBe(422);
    expect(await refused.json()).toMatchObject({ detail: expect.stringContaining(detail) });
    expect((await fetch(`${roomd.url}/v1/rooms/no`)).status).toBe(404);
  });

  it('sees a minimal environment and a folder of its own', async () => {
    const environment = { ...bots('environment') };
    const roomd = await runDaemon({
      bots: { environment: { ...environment.environment, env: ['ROOMD_TEST_PASSED'] } },
    });
    process.env.ROOMD_TEST_PASSED = 'yes';
    process.env.ROOMD_TEST_SECRET = 'no';
    await roomd.spawn('env', { bot: 'environment', tenantId: 'acme' });
    const { payload } = await roomd.until('env', 'room.transcript.received');
    const facts = JSON.parse(payload.text) as { names: string[]; folder: string; policy: string; argv: string[] };
    const always = ['PATH', 'HOME', 'LANG', 'TZ'].filter((name) => process.env[name] !== undefined);
    const run = ['ROOM_ID', 'RUN_ID', 'ATTEMPT', 'SPEC_VERSION', 'CONNECTOR', 'OPTIONS', 'TENANT_ID'];
    const own = [...run, 'HEARTBEAT_MS', 'SPILL_PATH'];
    const expected = [...always, ...own.map((name) => `ROOMD_${name}`), 'BOT_POLICY_PATH', 'ROOMD_TEST_PASSED'];
    expect(facts).toEqual({ names: expected.sort(), folder: '700', policy: '600', argv: [] });
  });
});

describe('P14 crashes', () => {
  it('restarts a bot with backoff, then gives up and says why', async () => {
    const roomd = await runDaemon({ bots: bots('instant-exit'), rooms: { restart: QUICK } });
    await roomd.spawn('loop', { bot: 'instant-exit' });
    const over = await roomd.over('loop');
    expect(over).toMatchObject({ state: 'failed', attempt: 3, stop: { reason: 'crash_loop', code: 1 } });
    expect(over.stop?.stderr).toContain('no such module: everything');
    const events = await roomd.history('loop');
    assertNoGaps(events);
    const topics = events.map(({ envelope }) => envelope.topic);
    expect(topics.filter((topic) => topic === 'supervisor.bot.exited')).toHaveLength(3);
    expect(topics.filter((topic) => topic === 'supervisor.bot.restarting')).toHaveLength(2);
    expect(topics.at(-2)).toBe('supervisor.bot.gave_up');
    expect(new Set(events.map(({ envelope }) => envelope.meta?.runId)).size).toBe(3);
    expect(await roomd.metric('roomd_bot_restarts_total')).toBe(2);
  });

  it.each([
    [0, 'stopped', 'bot_done'],
    [78, 'failed', 'refused'],
  ])('does not restart after exit code %i', async (code, state, reason) => {
    const roomd = await runDaemon({ bots: bots('exits'), rooms: { restart: QUICK } });
    await roomd.spawn('exit', { bot: 'exits', options: { code } });
    expect(await roomd.over('exit')).toMatchObject({ state, attempt: 1, stop: { reason, code } });
  });

  it.each([75, 1, 139])('restarts after exit code %i', async (code) => {
    const roomd = await runDaemon({ bots: bots('exits'), rooms: { restart: QUICK } });
    await roomd.spawn('exit', { bot: 'exits', options: { code } });
    expect(await roomd.over('exit')).toMatchObject({
      state: 'failed',
      attempt: 3,
      stop: { reason: 'crash_loop', code },
    });
  });

  it('ends a room whose program is not there, with the reason', async () => {
    const roomd = await runDaemon({ bots: { ghost: { command: ['/nowhere/bot'] } }, rooms: { restart: QUICK } });
    await roomd.spawn('ghost', { bot: 'ghost' });
    const over = await roomd.over('ghost');
    expect(over).toMatchObject({ state: 'failed', stop: { reason: 'crash_loop', code: null } });
    expect(over.stop?.stderr.join()).toContain('ENOENT');
  });

  it('can be stopped while it backs off', async () => {
    const restart = { attempts: 5, window: '10m', backoff: { base: '1h', max: '1h' } };
    const roomd = await runDaemon({ bots: bots('instant-exit'), rooms: { restart } });
    await roomd.spawn('waiting', { bot: 'instant-exit' });
    await roomd.until('waiting', 'supervisor.room.state.changed', ({ payload }) => payload.to === 'backing_off');
    await roomd.stop('waiting');
    expect(await roomd.over('waiting')).toMatchObject({ state: 'stopped', stop: { reason: 'requested' } });
  });
});

describe('P14 limits', () => {
  it('ends a room in which nothing happens', async () => {
    const roomd = await runDaemon({ rooms: { idleTimeout: '2s', heartbeatTimeout: '3s' } });
    await roomd.spawn('quiet');
    expect(await roomd.over('quiet')).toMatchObject({ state: 'stopped', stop: { reason: 'idle', code: 0 } });
  });

  it('does not count people of an attempt that has crashed: the next bot says who is there', async () => {
    const rooms = { idleTimeout: '400ms', restart: { ...QUICK, attempts: 5 } };
    const roomd = await runDaemon({ bots: bots('visited'), rooms });
    await roomd.spawn('empty', { bot: 'visited' });
    expect(await roomd.over('empty')).toMatchObject({ attempt: 2, stop: { reason: 'idle' } });
  });

  it('ends a room at its maximum duration, as the request says', async () => {
    const roomd = await runDaemon({ bots: bots('flood') });
    await roomd.spawn('long', { bot: 'flood', limits: { maxDuration: '200ms' } });
    expect(await roomd.over('long')).toMatchObject({ state: 'stopped', stop: { reason: 'max_duration' } });
  });

  it('P11 kills and restarts a bot that has gone silent', async () => {
    const roomd = await runDaemon({
      bots: bots('silent'),
      rooms: { heartbeatTimeout: '400ms', restart: { ...QUICK, attempts: 1 } },
    });
    await roomd.spawn('mute', { bot: 'silent' });
    expect(await roomd.over('mute')).toMatchObject({
      state: 'failed',
      attempt: 2,
      stop: { reason: 'crash_loop', signal: 'SIGKILL' },
    });
    const exits = (await roomd.history('mute')).filter(({ envelope }) => envelope.topic === 'supervisor.bot.exited');
    expect(exits.map(({ envelope }) => (envelope.payload as { reason: string }).reason)).toEqual([
      'heartbeat_timeout',
      'heartbeat_timeout',
    ]);
  });
});

describe('P12 ending', () => {
  it('kills a deaf bot and its children at the deadline', async () => {
    const roomd = await runDaemon({ bots: bots('deaf'), rooms: { shutdownGrace: '300ms' } });
    await roomd.spawn('deaf', { bot: 'deaf' });
    const { payload } = await roomd.until('deaf', 'room.participant.joined');
    const grandchild = Number(payload.participantId.replace('child-', ''));
    const pid = (await roomd.room('deaf')).pid ?? 0;
    expect([isAlive(pid), isAlive(grandchild)]).toEqual([true, true]);
    await roomd.stop('deaf');
    expect(await roomd.over('deaf')).toMatchObject({
      state: 'stopped',
      stop: { reason: 'requested', signal: 'SIGKILL' },
    });
    expect(isAlive(pid)).toBe(false);
    await gone(grandchild);
    expect(await roomd.metric('roomd_bot_kills_total', 'reason="deaf"')).toBe(1);
  });

  it('drains all rooms when the daemon stops, and leaves nothing behind', async () => {
    const roomd = await runDaemon();
    const rooms = await Promise.all(['a', 'b', 'c'].map((roomId) => roomd.spawn(roomId)));
    await Promise.all(rooms.map(({ roomId }) => roomd.until(roomId, 'assistant.session.started')));
    const pids = await Promise.all(rooms.map(async ({ roomId }) => (await roomd.room(roomId)).pid ?? 0));
    await roomd.daemon.stop('test');
    expect(pids.map(isAlive)).toEqual([false, false, false]);
    expect(await readdir(join(roomd.data, 'runs'))).toEqual([]);
    const again = await runDaemon({ data: roomd.data });
    for (const { roomId } of rooms) {
      expect(await again.room(roomId)).toMatchObject({ state: 'stopped', stop: { reason: 'drain', code: 0 } });
    }
  });

  it('keeps stderr in a file for its owner alone', async () => {
    const roomd = await runDaemon({ bots: bots('half-line'), rooms: { restart: { ...QUICK, attempts: 0 } } });
    await roomd.spawn('sick', { bot: 'half-line' });
    const over = await roomd.over('sick');
    expect(over.stop).toEqual({ reason: 'crash_loop', code: 3, signal: null, stderr: ['I feel a little', 'unwell'] });
    const file = join(roomd.data, 'stderr', 'sick.log');
    expect(await readFile(file, 'utf8')).toContain('I feel a little\nunwell\n');
    expect((await stat(file)).mode & 0o777).toBe(0o600);
    expect((await stat(roomd.data)).mode & 0o777).toBe(0o700);
  });
});
