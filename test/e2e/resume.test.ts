import { once } from 'node:events';
import { readdir, writeFile } from 'node:fs/promises';
import { type AddressInfo, createServer } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { Envelope } from '../../spec/envelope.ts';
import { assertNoGaps, type Client, temporaryFolder, testBot } from '../helpers/daemon.ts';
import { isAlive } from '../helpers/processes.ts';
import { serve } from '../helpers/serve.ts';

type Changed = Envelope<'supervisor.room.state.changed'>;

async function folder(config: object): Promise<string> {
  const data = await temporaryFolder();
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  return data;
}

const bots = (...names: string[]) => ({
  bots: Object.fromEntries(names.map((name) => [name, { command: testBot(name) }])),
});

/** Resolves when the room is live in this attempt. */
const live = (roomd: Client, roomId: string, attempt: number) =>
  roomd.until(
    roomId,
    'supervisor.room.state.changed',
    ({ payload, meta }) => payload.to === 'live' && meta?.attempt === attempt,
  );

async function changes(roomd: Client, roomId: string) {
  const events = (await roomd.history(roomId)).map(({ envelope }) => envelope);
  return events
    .filter(({ topic }) => topic === 'supervisor.room.state.changed')
    .map(({ payload, meta }) => {
      const { from, to, cause } = payload as Changed['payload'];
      return { move: `${from} > ${to}`, cause, attempt: meta?.attempt };
    });
}

describe('after kill -9 of the supervisor', { timeout: 60_000 }, () => {
  it('rooms that were live come back: same request, next attempt, new run', async () => {
    const data = await folder({});
    const first = await serve(data);
    const request = { assistantId: 'ada', options: { window: 60_000 }, limits: { maxDuration: '1h' } };
    const before = await first.spawn('blue', request);
    await live(first, 'blue', 1);
    await first.spawn('over');
    await first.stop('over');
    await first.over('over');
    const { pid, counts } = await first.room('blue');
    await first.end('SIGKILL');

    const second = await serve(data);
    await live(second, 'blue', 2);
    // Never two of them in a room.
    expect(isAlive(pid ?? 0)).toBe(false);
    const after = await second.room('blue');
    expect(after).toMatchObject({ state: 'live', attempt: 2, assistantId: 'ada', startedAt: before.startedAt });
    expect(after.runId).not.toBe(before.runId);
    expect(after.counts.events).toBeGreaterThan(counts.events);
    expect(await changes(second, 'blue')).toEqual([
      { move: 'none > starting', cause: 'requested', attempt: 1 },
      { move: 'starting > joining', cause: 'bot', attempt: 1 },
      { move: 'joining > live', cause: 'bot', attempt: 1 },
      { move: 'live > backing_off', cause: 'supervisor_lost', attempt: 1 },
      { move: 'backing_off > starting', cause: 'resumed', attempt: 2 },
      { move: 'starting > joining', cause: 'bot', attempt: 2 },
      { move: 'joining > live', cause: 'bot', attempt: 2 },
    ]);
    assertNoGaps(await second.history());
    // It is the same room to whoever asked for it.
    const again = await second.post('/v1/rooms', { roomId: 'blue', ...request });
    expect([again.status, ((await again.json()) as { runId: string }).runId]).toEqual([200, after.runId]);
    expect(await second.room('over')).toMatchObject({ state: 'stopped', attempt: 1 });
    expect(await second.metric('roomd_rooms_resumed_total')).toBe(1);
    expect(await second.end('SIGTERM')).toBe(0);

    // A supervisor that was told to end has ended its rooms.
    const third = await serve(data);
    expect(await third.room('blue')).toMatchObject({ state: 'stopped', stop: { reason: 'drain' } });
    expect(await third.metric('roomd_rooms_resumed_total')).toBe(0);
    expect(await readdir(join(data, 'runs'))).toEqual([]);
  });

  it('a bot that does not leave is made to, and only then another one comes', async () => {
    const data = await folder({ ...bots('deaf'), rooms: { shutdownGrace: '100ms' } });
    const first = await serve(data);
    await first.spawn('stubborn', { bot: 'deaf' });
    await live(first, 'stubborn', 1);
    const { pid } = await first.room('stubborn');
    await first.end('SIGKILL');
    const second = await serve(data);
    expect(await second.room('stubborn')).toMatchObject({ state: 'backing_off', pid: null });
    expect(isAlive(pid ?? 0)).toBe(true);
    const started = await second.until('stubborn', 'supervisor.bot.started', ({ meta }) => meta?.attempt === 2);
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(started.payload.pid).not.toBe(pid);
    await second.stop('stubborn');
    await second.end('SIGTERM');
  });

  it('a room that is stopped while it waits to come back gets no bot', async () => {
    const data = await folder(bots('deaf'));
    const first = await serve(data);
    await first.spawn('unwanted', { bot: 'deaf' });
    await live(first, 'unwanted', 1);
    const { pid } = await first.room('unwanted');
    await first.end('SIGKILL');
    const second = await serve(data);
    await second.stop('unwanted');
    expect(await second.room('unwanted')).toMatchObject({ state: 'stopping', pid: null });
    expect(await second.over('unwanted')).toMatchObject({ state: 'stopped', stop: { reason: 'requested' } });
    // It has ended when its bot has.
    expect(isAlive(pid ?? 0)).toBe(false);
    while ((await readdir(join(data, 'runs'))).length > 0);
    const events = (await second.history('unwanted')).map(({ envelope }) => envelope);
    expect(events.filter(({ topic }) => topic === 'supervisor.bot.started')).toHaveLength(1);
  });

  it('a room that was about to end has ended, for the reason that it had', async () => {
    const data = await folder({ ...bots('deaf'), rooms: { shutdownGrace: '1h' } });
    const first = await serve(data);
    await first.spawn('late', { bot: 'deaf' });
    await live(first, 'late', 1);
    await first.stop('late');
    await first.until('late', 'supervisor.room.state.changed', ({ payload }) => payload.to === 'stopping');
    const { pid } = await first.room('late');
    await first.end('SIGKILL');
    const second = await serve(data);
    expect(await second.room('late')).toMatchObject({ state: 'stopped', stop: { reason: 'requested' } });
    // The bot is there still: nobody else gets in.
    const refused = await second.post('/v1/rooms', { roomId: 'late' });
    expect([refused.status, refused.headers.get('retry-after')]).toEqual([503, '1']);
    while ((await second.post('/v1/rooms', { roomId: 'late' })).status === 503);
    expect(isAlive(pid ?? 0)).toBe(false);
  });

  it('what a room may last counts from its first beginning', async () => {
    const data = await folder(bots('obedient'));
    const first = await serve(data);
    await first.spawn('long', { bot: 'obedient', limits: { maxDuration: '2s' } });
    await live(first, 'long', 1);
    const { startedAt } = await first.room('long');
    await first.end('SIGKILL');
    while (Date.now() < startedAt + 2_000);
    const second = await serve(data);
    expect(await second.over('long')).toMatchObject({ stop: { reason: 'max_duration' } });
    const started = (await second.history('long')).filter(
      ({ envelope }) => envelope.topic === 'supervisor.bot.started',
    );
    expect(started.length).toBeLessThanOrEqual(2);
  });

  it('a room that cannot be brought back as it was asked for is lost, and that is said', async () => {
    const data = await folder(bots('obedient'));
    const first = await serve(data);
    await first.spawn('orphan', { bot: 'obedient' });
    await live(first, 'orphan', 1);
    await first.end('SIGKILL');
    await writeFile(join(data, 'roomd.yaml'), '{}');
    const second = await serve(data);
    expect(await second.room('orphan')).toMatchObject({ state: 'failed', stop: { reason: 'lost' } });
    expect(second.lines.join()).toContain('got \\"obedient\\"');
  });

  it('a start that fails leaves its rooms to the next one', async () => {
    const data = await folder(bots('obedient'));
    const first = await serve(data);
    await first.spawn('blue', { bot: 'obedient' });
    await live(first, 'blue', 1);
    await first.end('SIGKILL');
    const taken = createServer();
    onTestFinished(() => void taken.close());
    await once(taken.listen(0, '127.0.0.1'), 'listening');
    const { port } = taken.address() as AddressInfo;
    await expect(serve(data, ['--port', String(port)])).rejects.toThrow('something listens there');
    const second = await serve(data);
    await live(second, 'blue', 2);
    await second.end('SIGTERM');
  });
});
