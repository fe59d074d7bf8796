// What users of other supervisors suffer from, each complaint in its own words, shown with real processes.
//
// complaint                                               shown in
// children that never die because disposal is unbounded   here; lifecycle.test.ts (deaf)
// clean shutdown reported as failure                      here
// session running 43 minutes past its cap                 here; limits.test.ts, test/e2e/resume.test.ts
// 40,000 restarts despite max_restarts                    here; parts.test.ts (the budget)
// a watchdog that kills the living                        complaints-watchdog.test.ts; liveness.test.ts
// processes alive after hang-up                           complaints-processes.test.ts; kinship.test.ts, reaper.test.ts
// dispatches active after the worker died                 complaints-processes.test.ts; test/e2e/resume.test.ts
// lag with 2–3 calls in one process                       complaints-watchdog.test.ts
// state lost on SIGTERM mid-call                          complaints-words.test.ts; test/e2e/sigterm.test.ts
// last lines before a crash lost                          complaints-words.test.ts
// daemon memory growing from log back-pressure            complaints-memory.test.ts
// a pool wedged for hours                                 warm/processes.test.ts, warm/pool.test.ts
// a job given to a dead idle process and lost             warm-rooms.test.ts
// init-time crash loop burning CPU                        warm/pool.test.ts; lifecycle.test.ts (instant-exit)
import { describe, expect, it } from 'vitest';
import { runDaemon } from '../../helpers/daemon.ts';
import { gone, isAlive } from '../../helpers/processes.ts';
import { bots, eventsOf, reached, said } from './complaints-rig.ts';
import { endWithTest } from './processes-rig.ts';

const childOf = (participantId: string) => Number(participantId.replace('child-', ''));

describe('"children that never die because disposal is unbounded"', () => {
  it('a bot that is well and tidies up for ever has until the deadline, and so has its child', async () => {
    const roomd = await runDaemon({ bots: bots('disposer'), rooms: { shutdownGrace: '1s' } });
    await roomd.spawn('tidy', { bot: 'disposer' });
    const { payload } = await roomd.until('tidy', 'room.participant.joined');
    const child = childOf(payload.participantId);
    endWithTest(child);
    const pid = (await roomd.room('tidy')).pid ?? 0;
    await roomd.stop('tidy');
    // It hears, and it lives: neither makes the deadline another one.
    await said(roomd, 'tidy', 'still disposing');
    expect(await roomd.over('tidy')).toMatchObject({
      state: 'stopped',
      stop: { reason: 'requested', code: null, signal: 'SIGKILL' },
    });
    expect([pid, child].filter(isAlive)).toEqual([]);
    expect((await eventsOf(roomd, 'tidy', 'supervisor.bot.killed')).map(({ payload }) => payload.reason)).toEqual([
      'deaf',
    ]);
  });
});

describe('"clean shutdown reported as failure"', () => {
  it.each([[0], [143], [1], ['SIGTERM'], ['SIGINT']])(
    'a bot that was told to leave and ends with %s has left',
    async (how) => {
      const roomd = await runDaemon({ bots: bots('quits') });
      await roomd.spawn('told', { bot: 'quits', options: { how } });
      await reached(roomd, 'told', 'live');
      await roomd.stop('told');
      const exit = typeof how === 'number' ? { code: how, signal: null } : { code: null, signal: how };
      expect(await roomd.over('told')).toMatchObject({
        state: 'stopped',
        attempt: 1,
        stop: { reason: 'requested', ...exit },
      });
      const exits = await eventsOf(roomd, 'told', 'supervisor.bot.exited');
      expect(exits.map(({ payload }) => payload)).toMatchObject([{ reason: 'requested', ...exit }]);
      expect(await eventsOf(roomd, 'told', 'supervisor.bot.gave_up')).toEqual([]);
      expect(await roomd.metric('roomd_bot_restarts_total')).toBe(0);
      expect(await roomd.metric('roomd_bot_exits_total', 'reason="crash"')).toBe(0);
    },
  );

  it('and so have those that the supervisor takes with it when it stops', async () => {
    const roomd = await runDaemon({ bots: bots('quits') });
    const ends = [0, 143, 'SIGTERM'];
    for (const how of ends) {
      await roomd.spawn(`room-${how}`, { bot: 'quits', options: { how } });
      await reached(roomd, `room-${how}`, 'live');
    }
    await roomd.daemon.stop('test');
    const again = await runDaemon({ data: roomd.data });
    for (const how of ends) {
      expect(await again.room(`room-${how}`)).toMatchObject({ state: 'stopped', stop: { reason: 'drain' } });
      const exits = await eventsOf(again, `room-${how}`, 'supervisor.bot.exited');
      expect(exits.map(({ payload }) => payload.reason)).toEqual(['drain']);
    }
  });
});

describe('"session running 43 minutes past its cap"', () => {
  const limits = { maxDuration: '300ms' };

  it('a bot that hears nothing goes at the cap, with its child', async () => {
    const roomd = await runDaemon({ bots: bots('deaf'), rooms: { shutdownGrace: '200ms' } });
    await roomd.spawn('long', { bot: 'deaf', limits: { maxDuration: '1s' } });
    const { payload } = await roomd.until('long', 'room.participant.joined');
    const child = childOf(payload.participantId);
    endWithTest(child);
    expect(await roomd.over('long')).toMatchObject({
      state: 'stopped',
      stop: { reason: 'max_duration', signal: 'SIGKILL' },
    });
    await gone(child);
  });

  it('one that thinks for ever goes too', async () => {
    const roomd = await runDaemon({ bots: bots('thinker'), rooms: { shutdownGrace: '200ms' } });
    await roomd.spawn('long', { bot: 'thinker', limits });
    expect(await roomd.over('long')).toMatchObject({ state: 'stopped', stop: { reason: 'max_duration' } });
  });

  it('a room that waits for its next attempt ends there, and gets none', async () => {
    const restart = { attempts: 5, window: '10m', backoff: { base: '1h', max: '1h' } };
    const roomd = await runDaemon({ bots: bots('instant-exit'), rooms: { restart } });
    await roomd.spawn('long', { bot: 'instant-exit', limits: { maxDuration: '1500ms' } });
    expect(await roomd.over('long')).toMatchObject({ state: 'stopped', pid: null, stop: { reason: 'max_duration' } });
    const moves = (await eventsOf(roomd, 'long', 'supervisor.room.state.changed')).map(({ payload }) => payload);
    expect(moves.at(-1)).toEqual({ from: 'backing_off', to: 'stopped', cause: 'max_duration' });
    expect(await eventsOf(roomd, 'long', 'supervisor.bot.started')).toHaveLength(1);
  });

  it('attempts do not begin a new count', async () => {
    const restart = { attempts: 100_000, window: '10m', backoff: { base: '1ms', max: '2ms' } };
    const roomd = await runDaemon({ bots: bots('instant-exit'), rooms: { restart } });
    await roomd.spawn('long', { bot: 'instant-exit', limits: { maxDuration: '1500ms' } });
    const over = await roomd.over('long');
    expect(over).toMatchObject({ state: 'stopped', stop: { reason: 'max_duration' } });
    expect(over.attempt).toBeGreaterThan(1);
  });
});

describe('"40,000 restarts despite max_restarts"', () => {
  it('a bot that is live each time, and crashes no more often than the window allows, is given up', async () => {
    const [attempts, window] = [3, 2_000];
    const restart = { attempts, window, backoff: { base: '1ms', max: '2ms' } };
    const roomd = await runDaemon({ bots: bots('soak-room'), rooms: { restart } });
    // Within a window there are never more crashes than attempts: who counts those restarts for ever.
    await roomd.spawn('slow', { bot: 'soak-room', options: { life: 'crash', times: 100_000, afterMs: 700 } });
    expect(await roomd.over('slow')).toMatchObject({ state: 'failed', stop: { reason: 'crash_loop', code: 1 } });
    const exits = (await eventsOf(roomd, 'slow', 'supervisor.bot.exited')).map(({ ts }) => ts);
    const inOneWindow = exits.map((at) => exits.filter((other) => other >= at && other < at + window).length);
    expect(Math.max(...inOneWindow)).toBeLessThanOrEqual(attempts);
    expect(exits.length).toBeGreaterThan(attempts);
    const lasted = Math.max(...exits) - Math.min(...exits);
    expect(exits.length).toBeLessThanOrEqual(1 + attempts + Math.ceil(lasted / window));
    expect(await eventsOf(roomd, 'slow', 'supervisor.bot.started')).toHaveLength(exits.length);
    const [gaveUp, ...more] = await eventsOf(roomd, 'slow', 'supervisor.bot.gave_up');
    expect([gaveUp?.payload.attempts, more]).toEqual([exits.length, []]);
    expect(await eventsOf(roomd, 'slow', 'supervisor.room.state.changed')).toContainEqual(
      expect.objectContaining({ payload: { from: 'joining', to: 'live', cause: 'bot' } }),
    );
  });
});
