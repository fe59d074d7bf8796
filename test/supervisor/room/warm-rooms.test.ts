import { statSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { Envelope } from '../../../spec/envelope.ts';
import type { BotView } from '../../../supervisor/room/api.ts';
import { assertNoGaps, type Client, runDaemon, testBot } from '../../helpers/daemon.ts';
import { gone, isAlive } from '../../helpers/processes.ts';

const warm = (bot: string, count = 1, more = {}) => ({
  bots: { [bot]: { command: testBot(`waiting-${bot}`), warm: count } },
  ...more,
});

async function botOf(roomd: Client, name: string): Promise<BotView> {
  const { bots } = await roomd.json<{ bots: BotView[] }>('/v1/bots');
  const bot = bots.find((view) => view.bot === name);
  if (bot === undefined) throw new Error(`expected ${name} among ${JSON.stringify(bots)}`);
  return bot;
}

/** Resolves when so many wait. */
async function ready(roomd: Client, name: string, count = 1): Promise<void> {
  while ((await botOf(roomd, name)).warm.ready < count);
}

const started = (roomd: Client, roomId: string, attempt = 1) =>
  roomd.until(roomId, 'supervisor.bot.started', ({ meta }) => meta?.attempt === attempt);
const live = (roomd: Client, roomId: string) =>
  roomd.until(roomId, 'supervisor.room.state.changed', ({ payload }) => payload.to === 'live');

describe('T7 a waiting process', () => {
  it('takes a room, as the run that it was from its start, and another takes its place', async () => {
    const roomd = await runDaemon(warm('patient'));
    await ready(roomd, 'patient');
    const [waiting] = await readdir(join(roomd.data, 'runs'));
    const { runId } = await roomd.spawn('blue', { bot: 'patient' });
    expect(runId).toBe(waiting);
    expect((await started(roomd, 'blue')).payload.warm).toBe(true);
    await live(roomd, 'blue');
    await ready(roomd, 'patient');
    await roomd.stop('blue');
    expect(await roomd.over('blue')).toMatchObject({ state: 'stopped', stop: { reason: 'requested', code: 0 } });
    const events = await roomd.history('blue');
    assertNoGaps(events);
    // What it said while it waited is no event of the room.
    expect(events.map(({ envelope }) => envelope.topic)).not.toContain('bot.health.heartbeat');
    expect((await botOf(roomd, 'patient')).assignments).toEqual({ warm: 1, cold: 0, unanswered: 0 });
    expect(await roomd.metric('roomd_bot_starts_total', 'warm')).toBe(1);
    expect(await readdir(join(roomd.data, 'runs'))).not.toContain(runId);
  });

  it('hands what it wrote to stderr meanwhile to its room', async () => {
    const roomd = await runDaemon(warm('patient'));
    await ready(roomd, 'patient');
    await roomd.spawn('blue', { bot: 'patient' });
    await live(roomd, 'blue');
    await roomd.stop('blue');
    const { stop } = await roomd.over('blue');
    expect(stop?.stderr[0]).toContain('"ROOMD_WARM":"1"');
    expect(stop?.stderr.at(-1)).toBe('assigned blue');
  });

  it('is not there for everybody who comes at once: the others start their own', async () => {
    const roomd = await runDaemon({ bots: { default: { warm: 1 } } });
    await ready(roomd, 'default');
    const rooms = ['a', 'b', 'c'];
    await Promise.all(rooms.map((roomId) => roomd.spawn(roomId)));
    const starts = await Promise.all(rooms.map((roomId) => started(roomd, roomId)));
    expect(starts.filter(({ payload }) => payload.warm)).toHaveLength(1);
    for (const roomId of rooms) await roomd.until(roomId, 'assistant.session.started');
    const pids = await Promise.all(rooms.map(async (roomId) => (await roomd.room(roomId)).pid));
    expect(new Set(pids).size).toBe(3);
  });

  it('is gone with the daemon, and its folder too', async () => {
    const roomd = await runDaemon(warm('patient', 3));
    await ready(roomd, 'patient', 3);
    await roomd.spawn('blue', { bot: 'patient' });
    await live(roomd, 'blue');
    const { pid } = await roomd.room('blue');
    await roomd.daemon.stop('test');
    expect(isAlive(pid ?? 0)).toBe(false);
    expect(await readdir(join(roomd.data, 'runs'))).toEqual([]);
  });
});

describe('a job given to a dead idle process and lost', () => {
  it('goes on to another one when the process dies over it', async () => {
    const roomd = await runDaemon(warm('fragile', 2));
    await ready(roomd, 'fragile', 2);
    await roomd.spawn('blue', { bot: 'fragile' });
    await roomd.until('blue', 'supervisor.room.state.changed', ({ payload }) => payload.to === 'live');
    const events = (await roomd.history('blue')).map(({ envelope }) => envelope);
    const exits = events.filter(
      ({ topic }) => topic === 'supervisor.bot.exited',
    ) as Envelope<'supervisor.bot.exited'>[];
    expect(exits.map(({ payload }) => payload.reason)).toEqual(['unanswered', 'unanswered']);
    // Neither has cost the room anything of its budget, and none had to wait.
    const restarts = events.filter(({ topic }) => topic === 'supervisor.bot.restarting');
    expect(restarts.map(({ payload }) => payload)).toEqual([
      { attempt: 2, delayMs: 0 },
      { attempt: 3, delayMs: 0 },
    ]);
    expect((await started(roomd, 'blue', 3)).payload.warm).toBe(false);
    assertNoGaps(await roomd.history('blue'));
  });

  it('goes on to another one when the process is there and does not answer', { timeout: 30_000 }, async () => {
    const roomd = await runDaemon(warm('mute', 2));
    await ready(roomd, 'mute', 2);
    await roomd.spawn('blue', { bot: 'mute', options: { mute: 1 } });
    const { pid } = await roomd.room('blue');
    await live(roomd, 'blue');
    await gone(pid ?? 0);
    const killed = await roomd.until('blue', 'supervisor.bot.killed');
    expect(killed).toMatchObject({ payload: { reason: 'unanswered' }, meta: { attempt: 1 } });
    expect(await roomd.room('blue')).toMatchObject({ state: 'live', attempt: 2 });
    expect((await botOf(roomd, 'mute')).assignments).toMatchObject({ warm: 2, unanswered: 1 });
  });
});

it('a bot that does not know how to wait starts cold, and it is said why', async () => {
  const roomd = await runDaemon({ bots: { exits: { command: testBot('exits'), warm: 1 } } });
  while ((await botOf(roomd, 'exits')).problem === null);
  const words = join(roomd.data, 'stderr', '.waiting-exits.log');
  while (!(statSync(words, { throwIfNoEntry: false })?.size ?? 0)) await setImmediate();
  expect(statSync(words).mode & 0o777).toBe(0o600);
  expect((await botOf(roomd, 'exits')).problem).not.toContain('Cannot');
  await roomd.spawn('blue', { bot: 'exits', options: { code: 0 } });
  expect(await roomd.over('blue')).toMatchObject({ stop: { reason: 'bot_done' } });
});
