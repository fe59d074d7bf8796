import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoomView } from '../../../supervisor/room/api.ts';
import { type Client, runDaemon } from '../../helpers/daemon.ts';
import { gone, isAlive } from '../../helpers/processes.ts';
import { serve } from '../../helpers/serve.ts';
import { bots, childrenOf, configured, eventsOf, order, pidOf, reached } from './complaints-rig.ts';
import { endWithTest, until } from './processes-rig.ts';

/** Resolves with the ids of what the bot has started, once all of it is known to the supervisor. */
async function family(roomd: Client, roomId: string): Promise<number[]> {
  const { payload } = await roomd.until(roomId, 'room.participant.joined');
  const children = payload.participantId.split('-').slice(1).map(Number);
  for (const child of children) endWithTest(child);
  expect(children.map(isAlive)).toEqual([true, true]);
  // Who hides everything is known by having been seen with its parent.
  await until(async () => (await roomd.room(roomId)).usage !== null);
  return children;
}

describe('"processes alive after hang-up"', () => {
  const ends: [string, (roomd: Client) => Promise<unknown>][] = [
    ['has ended', (roomd) => order(roomd, 'home', 'done')],
    ['has crashed', (roomd) => order(roomd, 'home', 'crash')],
    ['was killed', async (roomd) => process.kill(await pidOf(roomd, 'home'), 'SIGKILL')],
    ['was stopped', (roomd) => roomd.stop('home')],
  ];

  it.each(ends.flatMap(([how, end]) => [true, false].map((marked) => ({ how, end, marked }))))(
    'nothing is left of a bot that $how, whatever it has started ($marked)',
    async ({ end, marked }) => {
      const roomd = await runDaemon({ bots: bots('family'), rooms: { restart: { attempts: 0 } } });
      await roomd.spawn('home', { bot: 'family', options: { marked } });
      const children = await family(roomd, 'home');
      const pid = await pidOf(roomd, 'home');
      await end(roomd);
      await roomd.over('home');
      // Not some time after the end: at the end.
      expect([pid, ...children].filter(isLiving)).toEqual([]);
    },
  );

  it('nor is there when another attempt begins', async () => {
    const restart = { attempts: 1, backoff: { base: '1ms', max: '1ms' } };
    const roomd = await runDaemon({ bots: bots('family'), rooms: { restart } });
    await roomd.spawn('home', { bot: 'family', options: { marked: true } });
    const children = await family(roomd, 'home');
    await order(roomd, 'home', 'crash');
    await reached(roomd, 'home', 'starting', 2);
    expect(children.filter(isLiving)).toEqual([]);
  });

  it('no zombie, no pipe and no folder is left of thirty rooms', { timeout: 90_000 }, async () => {
    const restart = { attempts: 1, backoff: { base: '1ms', max: '1ms' } };
    const data = await configured({ bots: bots('family', 'last-lines', 'echo'), rooms: { restart } });
    const roomd = await serve(data);
    const pid = roomd.process.pid ?? 0;
    const one = async (i: number) => {
      const roomId = `room-${i}`;
      const bot = ['family', 'last-lines', 'echo'][i % 3] ?? '';
      await roomd.spawn(roomId, { bot, options: { marked: true, how: i % 2 === 0 ? 'exit' : 'kill' } });
      if (bot === 'family') await roomd.until(roomId, 'room.participant.joined');
      if (bot === 'echo') await reached(roomd, roomId, 'live');
      if (bot !== 'last-lines') await roomd.stop(roomId);
      await roomd.over(roomId);
    };
    // What is opened once, and kept, is open after these.
    await Promise.all([0, 1, 2].map(one));
    await until(() => childrenOf(pid).length === 0);
    const before = openFiles(pid);
    for (let first = 3; first < 33; first += 6) await Promise.all([0, 1, 2, 3, 4, 5].map((i) => one(first + i)));
    await until(() => childrenOf(pid).length === 0 && openFiles(pid) <= before);
    expect(await readdir(join(data, 'runs'))).toEqual([]);
    expect(await roomd.metric('roomd_bot_starts_total')).toBeGreaterThanOrEqual(33);
    expect(await roomd.end('SIGTERM')).toBe(0);
  });
});

describe('"dispatches active after the worker died"', () => {
  const listed = async (roomd: Client) => {
    const { rooms } = await roomd.json<{ rooms: RoomView[] }>('/v1/rooms');
    return rooms.map(({ roomId, state, pid }) => ({ roomId, state, pid }));
  };

  it('a room whose bot was killed is not live any more, and takes no orders', async () => {
    const restart = { attempts: 1, backoff: { base: '1h', max: '1h' } };
    const roomd = await runDaemon({ bots: bots('echo'), rooms: { restart } });
    await roomd.spawn('call', { bot: 'echo' });
    await reached(roomd, 'call', 'live');
    process.kill(await pidOf(roomd, 'call'), 'SIGKILL');
    await reached(roomd, 'call', 'backing_off');
    expect(await roomd.room('call')).toMatchObject({ state: 'backing_off', pid: null });
    expect(await listed(roomd)).toEqual([{ roomId: 'call', state: 'backing_off', pid: null }]);
    expect(await order(roomd, 'call', 'anybody there?')).toBe(409);
  });

  it('with nothing left of its budget it has failed, and makes place for another', async () => {
    const roomd = await runDaemon({ bots: bots('echo'), rooms: { max: 1, restart: { attempts: 0 } } });
    await roomd.spawn('call', { bot: 'echo' });
    await reached(roomd, 'call', 'live');
    process.kill(await pidOf(roomd, 'call'), 'SIGKILL');
    expect(await roomd.over('call')).toMatchObject({ state: 'failed', pid: null, stop: { signal: 'SIGKILL' } });
    expect(await order(roomd, 'call', 'anybody there?')).toBe(409);
    await roomd.spawn('next', { bot: 'echo' });
    await reached(roomd, 'next', 'live');
  });

  it.each([true, false])(
    'after the kill -9 of the supervisor no room is live without a bot (rooms.resume: %s)',
    async (resume) => {
      const data = await configured({ bots: bots('echo'), rooms: { resume } });
      const first = await serve(data);
      for (const roomId of ['a', 'b']) {
        await first.spawn(roomId, { bot: 'echo' });
        await reached(first, roomId, 'live');
      }
      const dead = await Promise.all(['a', 'b'].map((roomId) => pidOf(first, roomId)));
      await first.end('SIGKILL');
      await Promise.all(dead.map(gone));
      const second = await serve(data);
      const views = await listed(second);
      expect(views.map(({ roomId }) => roomId).sort()).toEqual(['a', 'b']);
      for (const { state, pid } of views) {
        expect(dead).not.toContain(pid);
        if (!resume) expect([state, pid]).toEqual(['failed', null]);
        if (state === 'live') expect(isAlive(pid ?? 0)).toBe(true);
      }
      if (resume) for (const roomId of ['a', 'b']) await reached(second, roomId, 'live', 2);
      else expect(await eventsOf(second, 'a', 'supervisor.bot.started')).toHaveLength(1);
      expect(await second.end('SIGTERM')).toBe(0);
    },
  );
});

/** There, and no zombie that waits for who adopted it. */
function isLiving(pid: number): boolean {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    return stat[stat.lastIndexOf(')') + 2] !== 'Z';
  } catch {
    return false;
  }
}

/** What a process has open, connections over HTTP aside: those are its clients'. */
function openFiles(pid: number): number {
  const inodes = ['tcp', 'tcp6'].flatMap((name) =>
    readFileSync(`/proc/${pid}/net/${name}`, 'utf8')
      .split('\n')
      .slice(1)
      .map((line) => `socket:[${line.trim().split(/\s+/)[9]}]`),
  );
  const connections = new Set(inodes);
  return readdirSync(`/proc/${pid}/fd`).filter((fd) => {
    try {
      return !connections.has(readlinkSync(`/proc/${pid}/fd/${fd}`));
    } catch {
      return false;
    }
  }).length;
}
