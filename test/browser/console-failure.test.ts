import { expect, test } from 'vitest';
import { runDaemon } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openContext, openPage } from './browser.ts';

describeInBrowser("what goes wrong in the console, in Debian's Chromium", () => {
  test('a worker that fails is said, and heard of by the tests', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon();
    const page = await (await openContext()).newPage();
    const thrown: string[] = [];
    page.on('pageerror', ({ message }) => thrown.push(message));
    await page.goto(roomd.url);
    await page.getByText('live', { exact: true }).waitFor();
    const [worker] = page.workers();
    await worker?.evaluate('void setTimeout(() => { throw new Error("broken on purpose") })');
    await page.getByText('This page has failed: No more events come. Reload this page.').waitFor();
    await expect.poll(() => thrown.join()).toContain('broken on purpose');
    await page.goto(`${roomd.url}/#/rooms/lobby/chat`);
    await page.reload();
    await page.getByText('live', { exact: true }).waitFor();
  });

  test('an address with what can be no room is refused once', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon();
    const page = await openPage(`${roomd.url}/#/rooms/no%20room`);
    await page.getByText('no events', { exact: true }).waitFor();
    await page.getByText('No events come: The request is malformed.').waitFor();
    expect(await inspect(page, 'malformed')).toEqual([]);
    await page.goto(`${roomd.url}/#/`);
    await page.getByText('live', { exact: true }).waitFor();
  });

  test('nothing is said about a filter before anything was read', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon();
    await roomd.spawn('lobby');
    const page = await (await openContext()).newPage();
    await page.addInitScript(`
      globalThis.said = false;
      new MutationObserver(() => {
        if (document.body?.textContent.includes('No event fits the filter')) globalThis.said = true;
      }).observe(document, { childList: true, subtree: true });
    `);
    await page.goto(`${roomd.url}/#/rooms/lobby`);
    await page.getByRole('row').filter({ hasText: 'joining → live' }).waitFor();
    expect(await page.evaluate('globalThis.said')).toBe(false);
    await page.getByLabel('Search').fill('nothing is like that');
    await page.getByText('No event fits the filter.').waitFor();
    expect(await page.evaluate('globalThis.said')).toBe(true);
  });
});
