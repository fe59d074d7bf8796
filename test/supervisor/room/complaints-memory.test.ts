import { once } from 'node:events';
import { statSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Client, runDaemon } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';
import { bots, configured, eventsOf, order, reached, residentBytes, said } from './complaints-rig.ts';

const MIB = 2 ** 20;
const QUICK = { attempts: 1, backoff: { base: '1ms', max: '1ms' } };

/** The reasons for which a room's bots were killed. */
const kills = async (roomd: Client, roomId: string) =>
  (await eventsOf(roomd, roomId, 'supervisor.bot.killed')).map(({ payload }) => payload.reason);

describe('a bot that leaks', () => {
  it('is told of, killed above its limit, started again, and given up at last', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon({ bots: bots('leaky'), rooms: { restart: QUICK } });
    // What Node itself takes is between 5 and 50 MiB, depending on how many others share it.
    const request = { bot: 'leaky', options: { mib: 245, more: 100 }, limits: { memory: '300MiB' } };
    await roomd.spawn('leak', request);
    const { payload } = await roomd.until('leak', 'supervisor.bot.memory_high');
    expect(payload.limitBytes).toBe(300 * MIB);
    expect(payload.pssBytes).toBeGreaterThan(240 * MIB);
    expect(await kills(roomd, 'leak')).toEqual([]);
    expect(await order(roomd, 'leak', 'more')).toBe(202);
    expect(await roomd.over('leak')).toMatchObject({
      state: 'failed',
      attempt: 2,
      stop: { reason: 'crash_loop', signal: 'SIGKILL' },
    });
    expect(await kills(roomd, 'leak')).toEqual(['memory', 'memory']);
    const exits = await eventsOf(roomd, 'leak', 'supervisor.bot.exited');
    expect(exits.map(({ payload }) => payload.reason)).toEqual(['memory', 'memory']);
    expect(await eventsOf(roomd, 'leak', 'supervisor.bot.memory_high')).toHaveLength(1);
  });

  it('does not hide it in a child', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon({ bots: bots('leaky'), rooms: { restart: { attempts: 0 } } });
    const limits = { memory: '300MiB' };
    await roomd.spawn('alone', { bot: 'leaky', options: { mib: 170 }, limits });
    await roomd.spawn('two', { bot: 'leaky', options: { mib: 170, child: true }, limits });
    expect(await roomd.over('two')).toMatchObject({ state: 'failed', stop: { signal: 'SIGKILL' } });
    expect(await kills(roomd, 'two')).toEqual(['memory']);
    expect(await roomd.room('alone')).toMatchObject({ state: 'live', attempt: 1 });
  });
});

/** Follows everything that happens, and reads nothing of it. */
async function idleReader(roomd: Client): Promise<void> {
  const { hostname, port } = new URL(roomd.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.on('error', () => {});
  await once(socket, 'connect');
  socket.write(
    `GET /v1/events?from=start HTTP/1.1\r\nhost: ${hostname}:${port}\r\naccept: application/x-ndjson\r\n\r\n`,
  );
  const [head] = (await once(socket, 'data')) as [Buffer];
  socket.pause();
  expect(head.toString()).toMatch(/^HTTP\/1.1 200 /);
}

describe('"daemon memory growing from log back-pressure"', () => {
  it('readers that do not read cost nothing, and nobody else waits for them', { timeout: 90_000 }, async () => {
    const data = await configured({ bots: bots('large', 'echo') });
    const roomd = await serve(data);
    await roomd.spawn('calm', { bot: 'echo' });
    await reached(roomd, 'calm', 'live');
    const before = residentBytes(roomd.process.pid ?? 0);
    for (let i = 0; i < 30; i++) await idleReader(roomd);
    await roomd.spawn('flood', { bot: 'large' });
    // Some 15 kB each: 60 MB a reader, if they were kept for it.
    while ((await roomd.room('flood')).counts.events < 4_000);
    expect(await order(roomd, 'calm', 'still here')).toBe(202);
    await said(roomd, 'calm', 'still here');
    expect(await roomd.metric('roomd_live_subscribers')).toBeGreaterThanOrEqual(30);
    expect(residentBytes(roomd.process.pid ?? 0) - before).toBeLessThan(500 * MIB);
    expect(await roomd.room('calm')).toMatchObject({ state: 'live', attempt: 1 });
    await roomd.stop('flood');
    await roomd.over('flood');
    expect(await roomd.end('SIGTERM')).toBe(0);
  });

  it('what a bot writes to stderr has a bound, in memory and on disk', { timeout: 60_000 }, async () => {
    const data = await configured({ bots: bots('babbler') });
    const roomd = await serve(data);
    const before = residentBytes(roomd.process.pid ?? 0);
    await roomd.spawn('blah', { bot: 'babbler', options: { mib: 400 } });
    await said(roomd, 'blah', 'out of breath');
    expect(residentBytes(roomd.process.pid ?? 0) - before).toBeLessThan(200 * MIB);
    await roomd.stop('blah');
    const { stop } = await roomd.over('blah');
    expect(stop).toMatchObject({ reason: 'requested', code: 0 });
    expect(stop?.stderr).toHaveLength(50);
    expect(statSync(join(data, 'stderr', 'blah.log')).size).toBeLessThan(1.01 * MIB);
    expect(await roomd.end('SIGTERM')).toBe(0);
  });
});
