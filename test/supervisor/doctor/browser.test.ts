import { readdir } from 'node:fs/promises';
import { expect, it, onTestFinished, vi } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { describeInBrowser } from '../../browser/browser.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { endpoint, json } from '../assistants/rig.ts';
import { findings } from './rig.ts';

/** What the doctor finds, and what it leaves where temporary files go: others have theirs elsewhere. */
async function look(browser: object) {
  const folder = await temporaryFolder();
  vi.stubEnv('TMPDIR', folder);
  onTestFinished(() => void vi.unstubAllEnvs());
  const api = await endpoint(json({ domain_name: 'team' }));
  const config = { connectors: { daily: { apiUrl: api.origin, browser } } };
  const found = await findings({ config, env: { DAILY_API_KEY: 'daily-key-hunter2' }, clock: systemClock });
  return { ...found.browser, left: (await readdir(folder)).filter((name) => !name.startsWith('roomd-test-')) };
}

describeInBrowser('the browser', () => {
  it('opens a page with WebRTC and the client of Daily, and leaves nothing behind', { timeout: 30_000 }, async () => {
    expect(await look({ sandbox: false })).toMatchObject({
      status: 'warn',
      found: expect.stringMatching(/^Chrom\w*\/\d+.* opens pages with WebRTC, without its sandbox$/),
      todo: expect.stringContaining('other than root'),
      left: [],
    });
  });

  it.each([
    ['that is not there', '/nowhere/chromium', 'ENOENT'],
    ['that is none', '/bin/false', 'expected a Chromium'],
  ])('%s is told', { timeout: 30_000 }, async (_, path, reason) => {
    expect(await look({ path, sandbox: false })).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(reason),
      todo: expect.stringContaining('connectors.daily.browser'),
      left: [],
    });
  });
});
