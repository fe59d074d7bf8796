import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { describeInBrowser } from '../browser/browser.ts';
import { temporaryFolder } from '../helpers/daemon.ts';
import { gone } from '../helpers/processes.ts';
import { serve } from '../helpers/serve.ts';
import { browserProcesses, joined, startDailyDaemon, startRig, writeConfig } from './daily-rig.ts';

describeInBrowser('no browser is left', () => {
  it('of a supervisor that is killed; the next one brings the room back into its call', {
    timeout: 90_000,
  }, async () => {
    const rig = await startRig();
    const data = await temporaryFolder();
    await writeConfig(rig, data);
    const first = await serve(data);
    await joined(first, 'standup');
    const room = rig.standIn.room('standup');
    const before = await room.member('roomd');
    const { all } = browserProcesses(first.process.pid ?? 0);
    expect(all.length).toBeGreaterThan(1);
    await first.end('SIGKILL');
    await Promise.all(all.map(gone));
    await room.until((members) => !members.includes(before));

    const second = await serve(data);
    await second.until('standup', 'assistant.room.join.succeeded', ({ meta }) => meta?.attempt === 2);
    const after = await room.member('roomd');
    expect(after.sessionId).not.toBe(before.sessionId);
    // A token a run.
    expect(new Set(rig.rest.tokens).size).toBe(2);
    expect(after.token).toBe(rig.rest.tokens[1]);
    const running = browserProcesses(second.process.pid ?? 0).all;
    expect(await second.end('SIGTERM')).toBe(0);
    await Promise.all(running.map(gone));
    expect(room.members).toEqual([]);
    expect(await readdir(join(data, 'browser'))).toEqual([]);
  });

  it.each([true, false])(
    'when the daemon stops (one browser for all rooms: %s)',
    { timeout: 60_000 },
    async (share) => {
      const { roomd, standIn } = await startDailyDaemon({ browser: { share } });
      for (const roomId of ['a', 'b']) await joined(roomd, roomId);
      const { all, browsers } = browserProcesses(process.pid);
      expect(browsers).toHaveLength(share ? 1 : 2);
      await roomd.stop('a');
      await roomd.over('a');
      expect(standIn.room('a').members).toEqual([]);
      await roomd.daemon.stop('test');
      await Promise.all(all.map(gone));
      expect(standIn.room('b').members).toEqual([]);
      expect(await readdir(join(roomd.data, 'browser'))).toEqual([]);
    },
  );
});
