import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { root, runDaemon } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage, until } from './browser.ts';

/** Rooms of each kind: a meeting that goes on, a chat, and one that has ended. */
async function busyDaemon() {
  const roomd = await runDaemon({
    connectors: { transcript: { folder: join(root, 'scripts/demo-room/meetings') } },
    policy: { layers: [join(root, 'scripts/demo-room/policy.yaml')] },
  });
  const options = { meeting: 'launch-page', speed: 60 };
  await roomd.spawn('over', { connector: 'transcript', options });
  await roomd.over('over');
  await roomd.spawn('standup', { connector: 'transcript', options: { ...options, speed: 4 } });
  await roomd.spawn('lobby');
  await roomd.until('standup', 'room.dominance.score');
  return roomd;
}

/** The element that has the focus, as its role's words: what a person would call it. */
const focused = (page: Page) => page.evaluate('document.activeElement?.textContent?.trim() ?? ""') as Promise<string>;

describeInBrowser("the console for everybody, in Debian's Chromium", () => {
  test('no page is hard to read or to use, in light, in dark or on a phone', { timeout: 180_000 }, async () => {
    const roomd = await busyDaemon();
    const page = await openPage(`${roomd.url}/`);
    const found: string[] = [];
    const look = async (hash: string, name: string, there: string | RegExp) => {
      await page.evaluate(`location.hash = '${hash}'`);
      await page.getByText(there).first().waitFor();
      found.push(...(await inspect(page, name)));
    };
    await look('#/', 'rooms', 'standup');
    await look('#/rooms/standup', 'room-events', 'room.transcript.received');
    await look('#/rooms/standup/charts', 'room-charts', 'Show as table');
    await look('#/rooms/standup/chat', 'room-chat', 'one can read here, and not write');
    await look('#/rooms/standup/policy', 'room-policy', 'confidential');
    await look('#/rooms/over', 'room-ended', 'This room has ended');
    await look('#/rooms/lobby/chat', 'room-local', 'Enter the room');
    await look('#/forwarding', 'forwarding-quiet', 'The books');
    await look('#/nowhere/to/be/found', 'unknown', 'There is nothing at this address.');
    await look('#/rooms/nobody', 'room-unknown', 'No room of that name runs');
    await look('#/join/lobby', 'join-open', 'Enter the room');
    expect(found).toEqual([]);
  });

  test('a page is reached and used by the keyboard alone', { timeout: 90_000 }, async () => {
    const roomd = await busyDaemon();
    const page = await openPage(`${roomd.url}/#/rooms/lobby/chat`);
    await page.getByRole('button', { name: 'Enter the room' }).waitFor();
    await page.keyboard.press('Tab');
    expect(await focused(page)).toBe('Skip to the content');
    await page.keyboard.press('Enter');
    expect(await page.evaluate('document.activeElement?.id')).toBe('main');

    const tabTo = async (isThere: () => Promise<boolean>) => {
      for (let step = 0; step < 40; step++) {
        await page.keyboard.press('Tab');
        if (await isThere()) return;
      }
      throw new Error('not reached in forty steps');
    };
    const isFocused = (selector: string) => () =>
      page.evaluate(`document.activeElement?.matches(${JSON.stringify(selector)}) ?? false`) as Promise<boolean>;
    await tabTo(isFocused('input[name="name"]'));
    await page.keyboard.type('Ada');
    await page.keyboard.press('Enter');
    await page.getByRole('textbox', { name: 'Message' }).waitFor();
    await page.getByText('Welcome, Ada!').waitFor();
    await tabTo(isFocused('.chat-composer textarea'));
    await page.keyboard.type('no mouse was used');
    await page.keyboard.press('Enter');
    const own = page.getByRole('log').getByRole('listitem').filter({ hasText: 'no mouse was used' });
    await own.waitFor();
    for (let step = 0; step < 40 && (await focused(page)) !== 'React'; step++) await page.keyboard.press('Shift+Tab');
    await page.keyboard.press('Enter');
    await page.keyboard.press('Tab');
    await page.keyboard.press('Enter');
    await own.getByRole('button', { name: /^👍 1/ }).waitFor();
    expect(await focused(page)).toBe('React');
  });

  test('the theme goes by the system until somebody chooses one, and then stays', async () => {
    const roomd = await runDaemon();
    const page = await openPage(`${roomd.url}/`);
    const theme = () => page.evaluate('document.documentElement.dataset.theme');
    await page.getByLabel('Theme').waitFor();
    await page.emulateMedia({ colorScheme: 'dark' });
    await until(page, 'document.documentElement.dataset.theme === "dark"');
    await page.getByLabel('Theme').selectOption('light');
    expect(await theme()).toBe('light');
    await page.reload();
    await page.getByLabel('Theme').waitFor();
    expect(await theme()).toBe('light');
  });
});
