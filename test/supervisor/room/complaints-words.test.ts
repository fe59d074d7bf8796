import { describe, expect, it } from 'vitest';
import { assertNoGaps, type Client, runDaemon } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';
import { bots, configured, eventsOf, pidOf, reached } from './complaints-rig.ts';

const numbered = (what: string, count: number) => Array.from({ length: count }, (_, i) => `${what}${i}`);

/** What a bot of test/bots/orders.mjs has said, in the order of the log. */
const heard = async (roomd: Client, roomId: string) =>
  (await eventsOf(roomd, roomId, 'room.participant.joined')).map(({ payload }) => payload.participantId);

describe('"last lines before a crash lost"', () => {
  const deaths = [
    ['abort', { code: null, signal: 'SIGABRT' }],
    ['kill', { code: null, signal: 'SIGKILL' }],
    ['exit', { code: 3, signal: null }],
    ['throw', { code: 1, signal: null }],
  ] as const;

  it.each(deaths.flatMap(([how, exit]) => [false, true].map((heir) => ({ how, exit, heir }))))(
    'all it wrote is there: $how (pipes held open by a child: $heir)',
    async ({ how, exit, heir }) => {
      const roomd = await runDaemon({ bots: bots('last-lines'), rooms: { restart: { attempts: 0 } } });
      await roomd.spawn('crash', { bot: 'last-lines', options: { how, heir } });
      const { stop } = await roomd.over('crash');
      expect(stop).toMatchObject(exit);
      const lines = await eventsOf(roomd, 'crash', 'room.transcript.received');
      expect(lines.map(({ payload }) => payload.text.trimEnd())).toEqual(numbered('line-', 800));
      const [exited] = await eventsOf(roomd, 'crash', 'supervisor.bot.exited');
      expect(exited?.payload).toMatchObject({ reason: 'crash', ...exit, stderr: stop?.stderr });
      // The last fifty, and what the runtime adds to them.
      const stderr = stop?.stderr ?? [];
      expect(stderr).toHaveLength(50);
      const traces = stderr.filter((line) => line.startsWith('trace '));
      expect(traces).toEqual(numbered('trace ', 100).slice(-traces.length));
      if (how === 'throw') expect(stderr.join('\n')).toContain('the last straw');
      else if (how !== 'abort') expect(traces).toHaveLength(50);
      assertNoGaps(await roomd.history('crash'));
    },
  );
});

describe('"state lost on SIGTERM mid-call"', () => {
  it.each([false, true])(
    'what a bot says while all is being shut down is in the log (it is told too: %s)',
    async (both) => {
      const data = await configured({ bots: bots('last-words'), rooms: { shutdownGrace: '20s', drain: '20s' } });
      const roomd = await serve(data);
      const rooms = ['a', 'b', 'c'];
      for (const roomId of rooms) {
        await roomd.spawn(roomId, { bot: 'last-words' });
        await reached(roomd, roomId, 'live');
      }
      const pids = await Promise.all(rooms.map((roomId) => pidOf(roomd, roomId)));
      const ended = roomd.end('SIGTERM');
      // As when a service manager tells every process of the service.
      if (both) for (const pid of pids) process.kill(pid, 'SIGTERM');
      expect(await ended).toBe(0);
      const next = await serve(data);
      for (const roomId of rooms) {
        expect(await next.room(roomId)).toMatchObject({ state: 'stopped', attempt: 1, stop: { code: 0 } });
        expect(await heard(next, roomId)).toEqual(numbered('word-', 1_001));
        assertNoGaps(await next.history(roomId));
      }
      expect(await next.end('SIGTERM')).toBe(0);
    },
  );
});
