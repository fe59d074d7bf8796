import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { assertNoGaps, type Client, runDaemon, temporaryFolder } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';
import { bots, configured, eventsOf, order, pidOf, reached, said } from './complaints-rig.ts';
import { until } from './processes-rig.ts';

const beats = (file: string) => {
  try {
    return readFileSync(file, 'utf8').length;
  } catch {
    return 0;
  }
};

/** It was neither killed nor started anew. */
async function expectUnharmed(roomd: Client, roomId: string): Promise<void> {
  expect(await eventsOf(roomd, roomId, 'supervisor.bot.killed')).toEqual([]);
  expect(await roomd.room(roomId)).toMatchObject({ state: 'live', attempt: 1, stop: null });
}

describe('"a watchdog that kills the living"', () => {
  const TIMEOUT = 1_000;

  it('a bot that thinks for two and a half timeouts is told of, and goes on', async () => {
    const roomd = await runDaemon({ bots: bots('thinker'), rooms: { heartbeatTimeout: TIMEOUT } });
    await roomd.spawn('deep', { bot: 'thinker', options: { ms: 2.5 * TIMEOUT } });
    const { payload } = await roomd.until('deep', 'supervisor.bot.unresponsive');
    expect(payload).toMatchObject({ killAfterMs: 4 * TIMEOUT });
    expect(payload.silentMs).toBeGreaterThanOrEqual(TIMEOUT);
    expect(payload.cpuShare).toBeGreaterThan(0.05);
    await said(roomd, 'deep', 'thought');
    expect(await order(roomd, 'deep', 'hello')).toBe(202);
    await said(roomd, 'deep', 'hello');
    await expectUnharmed(roomd, 'deep');
    expect(await eventsOf(roomd, 'deep', 'supervisor.bot.unresponsive')).toHaveLength(1);
  });

  it('one that thinks for ever is killed at four timeouts, and it is said why', async () => {
    const restart = { attempts: 0 };
    const roomd = await runDaemon({ bots: bots('thinker'), rooms: { heartbeatTimeout: TIMEOUT, restart } });
    await roomd.spawn('lost', { bot: 'thinker' });
    expect(await roomd.over('lost')).toMatchObject({ state: 'failed', stop: { signal: 'SIGKILL' } });
    const told = (await roomd.history('lost')).map(({ envelope }) => envelope);
    const rest = told.filter(({ topic }) => /unresponsive|killed|exited/.test(topic));
    expect(rest.map(({ topic, payload }) => [topic, (payload as { reason?: string }).reason])).toEqual([
      ['supervisor.bot.unresponsive', undefined],
      ['supervisor.bot.killed', 'busy'],
      ['supervisor.bot.exited', 'unresponsive'],
    ]);
    const [exited] = await eventsOf(roomd, 'lost', 'supervisor.bot.exited');
    expect(exited?.payload.uptimeMs).toBeGreaterThanOrEqual(4 * TIMEOUT);
  });

  it('one that neither speaks nor thinks is dead, and another takes its place', async () => {
    const restart = { attempts: 1, backoff: { base: '1ms', max: '1ms' } };
    const roomd = await runDaemon({ bots: bots('echo'), rooms: { heartbeatTimeout: TIMEOUT, restart } });
    await roomd.spawn('hung', { bot: 'echo' });
    await reached(roomd, 'hung', 'live');
    process.kill(await pidOf(roomd, 'hung'), 'SIGSTOP');
    await reached(roomd, 'hung', 'live', 2);
    const [exited] = await eventsOf(roomd, 'hung', 'supervisor.bot.exited');
    expect(exited?.payload).toMatchObject({ reason: 'heartbeat_timeout', signal: 'SIGKILL' });
    expect(await eventsOf(roomd, 'hung', 'supervisor.bot.unresponsive')).toEqual([]);
  });

  it('a supervisor that was away for long blames nobody, not even who was away with it', {
    timeout: 60_000,
  }, async () => {
    const timeout = 2_000;
    const data = await configured({ bots: bots('echo'), rooms: { heartbeatTimeout: timeout } });
    const journal = join(await temporaryFolder(), 'beats');
    const roomd = await serve(data);
    const rooms = ['awake', 'asleep'];
    await roomd.spawn('awake', { bot: 'echo', options: { journal } });
    await roomd.spawn('asleep', { bot: 'echo' });
    for (const roomId of rooms) await reached(roomd, roomId, 'live');
    const asleep = await pidOf(roomd, 'asleep');
    roomd.process.kill('SIGSTOP');
    process.kill(asleep, 'SIGSTOP');
    // Three beats a timeout.
    const before = beats(journal);
    await until(() => beats(journal) >= before + 10);
    roomd.process.kill('SIGCONT');
    // By now it has seen what time it is.
    expect(await roomd.room('asleep')).toMatchObject({ state: 'live', pid: asleep });
    process.kill(asleep, 'SIGCONT');
    const after = beats(journal);
    await until(() => beats(journal) >= after + 6);
    for (const roomId of rooms) {
      expect(await order(roomd, roomId, 'still here')).toBe(202);
      await said(roomd, roomId, 'still here');
      await expectUnharmed(roomd, roomId);
    }
    expect(await roomd.end('SIGTERM')).toBe(0);
  });
});

describe('"lag with 2–3 calls in one process"', () => {
  it('while one bot thinks and another one is stopped, a third one answers at every turn', async () => {
    const roomd = await runDaemon({ bots: bots('echo', 'thinker') });
    const file = join(await temporaryFolder(), 'enough');
    await roomd.spawn('thinks', { bot: 'thinker', options: { until: file } });
    await said(roomd, 'thinks', 'thinking');
    await roomd.spawn('stopped', { bot: 'echo' });
    await reached(roomd, 'stopped', 'live');
    const stopped = await pidOf(roomd, 'stopped');
    process.kill(stopped, 'SIGSTOP');
    await roomd.spawn('talks', { bot: 'echo' });
    await reached(roomd, 'talks', 'live');
    const turns = Array.from({ length: 20 }, (_, i) => `turn-${i}`);
    for (const turn of turns) {
      // The others get theirs too, and don't read it.
      for (const roomId of ['thinks', 'stopped', 'talks']) expect(await order(roomd, roomId, turn)).toBe(202);
      await said(roomd, 'talks', turn);
    }
    writeFileSync(file, '');
    await said(roomd, 'thinks', 'thought');
    process.kill(stopped, 'SIGCONT');
    for (const roomId of ['thinks', 'stopped']) await said(roomd, roomId, 'turn-19');
    const all = await roomd.history();
    assertNoGaps(all);
    const heard = all.flatMap(({ envelope: { roomId, topic, payload } }) =>
      topic === 'room.participant.joined' ? [`${roomId} ${(payload as { participantId: string }).participantId}`] : [],
    );
    expect(heard.slice(0, 22)).toEqual(['thinks thinking', ...turns.map((turn) => `talks ${turn}`), 'thinks thought']);
    for (const roomId of ['thinks', 'stopped', 'talks']) await expectUnharmed(roomd, roomId);
  });
});
