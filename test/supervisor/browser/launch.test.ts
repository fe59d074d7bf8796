import { expect, it, onTestFinished } from 'vitest';
import { findBrowser } from '../../../supervisor/browser/find.ts';
import { createLaunch } from '../../../supervisor/browser/host/launch.ts';
import type { HostReport } from '../../../supervisor/browser/host-protocol.ts';
import { describeInBrowser } from '../../browser/browser.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { gone } from '../../helpers/processes.ts';
import { testFiles } from './hosted.ts';

describeInBrowser('a browser', () => {
  it('that answers nothing any more is killed, and one that answers is not', { timeout: 60_000 }, async () => {
    const clock = new FakeClock();
    const said: HostReport[] = [];
    const folder = await temporaryFolder();
    const launch = createLaunch(
      {
        ...{ folder, socket: '', browser: findBrowser(undefined, process.env.PATH), args: [], share: true },
        ...{ sandbox: process.getuid?.() !== 0, maxPages: 1, files: testFiles },
      },
      clock,
      (report) => said.push(report),
    );
    const { browser, close } = await launch();
    onTestFinished(close);
    const pid = (said[0] as { pid: number }).pid;
    for (let i = 0; i < 6; i++) {
      await clock.pass(10_000);
      // By then it has answered what was asked before.
      await (await browser.newContext()).close();
    }
    expect(said).toHaveLength(1);
    const disconnected = new Promise((resolve) => browser.once('disconnected', resolve));
    process.kill(pid, 'SIGSTOP');
    await clock.pass(30_000);
    await disconnected;
    await gone(pid);
    expect(said.slice(1)).toEqual([{ browser: 'silent', silentMs: 20_000 }, { browser: 'crashed' }]);
    expect(clock.waiting).toBe(0);
  });
});
