import { readdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { expect, it } from 'vitest';
import { systemClock } from '../../../spec/runtime/clock.ts';
import { describeInBrowser } from '../../browser/browser.ts';
import { endpoint, json } from '../assistants/rig.ts';
import { findings } from './rig.ts';

const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('roomd-doctor-'));

async function look(browser: object) {
  const api = await endpoint(json({ domain_name: 'team' }));
  const config = { connectors: { daily: { apiUrl: api.origin, browser } } };
  const found = await findings({ config, env: { DAILY_API_KEY: 'daily-key-hunter2' }, clock: systemClock });
  return found.browser;
}

describeInBrowser('the browser', () => {
  it('opens a page with WebRTC and the client of Daily, and leaves nothing behind', { timeout: 30_000 }, async () => {
    const before = await left();
    expect(await look({ sandbox: false })).toMatchObject({
      status: 'warn',
      found: expect.stringMatching(/^Chrom\w*\/\d+.* opens pages with WebRTC, without its sandbox$/),
      todo: expect.stringContaining('other than root'),
    });
    expect(await left()).toEqual(before);
  });

  it.each([
    ['that is not there', '/nowhere/chromium', 'ENOENT'],
    ['that is none', '/bin/false', 'expected a Chromium'],
  ])('%s is told', { timeout: 30_000 }, async (_, path, reason) => {
    const before = await left();
    expect(await look({ path, sandbox: false })).toMatchObject({
      status: 'fail',
      found: expect.stringContaining(reason),
      todo: expect.stringContaining('connectors.daily.browser'),
    });
    expect(await left()).toEqual(before);
  });
});
