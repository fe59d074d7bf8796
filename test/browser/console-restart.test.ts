import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runDaemon, temporaryFolder, testBot } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage } from './browser.ts';

/** So high that the whole list is seen at once. */
const TALL = { width: 1280, height: 5_000 };

/** The positions of the events in the list, in its order. */
function listed(page: Page): Promise<(string | null)[]> {
  return page.getByRole('row').evaluateAll((rows) => rows.map((row) => row.getAttribute('data-position')));
}

async function rowWith(page: Page, words: string, nth = 0): Promise<void> {
  await page.getByRole('row').filter({ hasText: words }).nth(nth).waitFor();
}

describeInBrowser("the console when roomd is started again, in Debian's Chromium", () => {
  test('goes on where it was: nothing twice, nothing missing', { timeout: 90_000 }, async () => {
    const bots = { talkative: { command: testBot('talkative') } };
    const data = await temporaryFolder();
    const before = await runDaemon({ bots, data });
    const port = Number(new URL(before.url).port);
    await before.spawn('talk', { bot: 'talkative', options: { count: 20 } });
    const page = await openPage(`${before.url}/#/rooms/talk`);
    await page.setViewportSize(TALL);
    await rowWith(page, 'line 20');
    await page.evaluate('globalThis.sameTab = true');

    await before.daemon.stop('test');
    await page.getByText(/^no answer\s*since \d/).waitFor();
    await page.getByText("roomd doesn't answer. This page tries again").waitFor();
    expect(await inspect(page, 'down')).toEqual([]);
    await page.setViewportSize(TALL);

    const after = await runDaemon({ bots, data, http: { port } });
    await page.getByText('live', { exact: true }).first().waitFor();
    await after.spawn('talk', { bot: 'talkative', options: { count: 30 } });
    await rowWith(page, 'line 30');
    const events = await after.history('talk');
    await expect.poll(() => listed(page), { timeout: 20_000 }).toEqual(events.map(({ position }) => position));
    expect(events.filter(({ envelope }) => envelope.topic === 'room.transcript.received').length).toBe(50);
    expect(await page.getByText('no longer kept').count()).toBe(0);
    // All of it in the same page: nobody has loaded it anew.
    expect(await page.evaluate('globalThis.sameTab')).toBe(true);
  });

  test('begins anew when the log is another one', { timeout: 90_000 }, async () => {
    const bots = { talkative: { command: testBot('talkative') } };
    const first = await runDaemon({ bots });
    const port = Number(new URL(first.url).port);
    await first.spawn('talk', { bot: 'talkative', options: { count: 5 } });
    const page = await openPage(`${first.url}/#/rooms/talk`);
    await page.setViewportSize(TALL);
    await rowWith(page, 'line 5');
    await first.daemon.stop('test');

    const data = await temporaryFolder();
    const second = await runDaemon({ bots, data, http: { port } });
    await second.spawn('talk', { bot: 'talkative', options: { count: 7 } });
    await rowWith(page, 'line 7');
    const events = await second.history('talk');
    const isAnEvent = (position: string | null) => position !== '';
    await expect
      .poll(async () => (await listed(page)).filter(isAnEvent), { timeout: 20_000 })
      .toEqual(events.map(({ position }) => position));
    await page.getByText('some are no longer kept by roomd').waitFor();
  });
});
