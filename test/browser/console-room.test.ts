import type { Locator, Page } from 'playwright-core';
import { expect, test } from 'vitest';
import { runDaemon, testBot } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage } from './browser.ts';

const LINES = 10_000;

/** What the line above the list says. */
async function status(page: Page, words: string | RegExp): Promise<void> {
  await page.locator('.timeline-status').filter({ hasText: words }).waitFor();
}

function hasFocus(place: Locator): Promise<boolean> {
  return place.evaluate((element) => element === element.ownerDocument.activeElement);
}

/** Where it ends, in pixels from the top. */
async function bottom(place: Locator): Promise<number> {
  const { y = 0, height = 0 } = (await place.boundingBox()) ?? {};
  return y + height;
}

function line(page: Page, words: string) {
  return page.getByRole('row').filter({ has: page.getByText(words, { exact: true }) });
}

describeInBrowser("a room's page, in Debian's Chromium", () => {
  test('lists 10,000 events: both ends, filter, search, pause, one opened', { timeout: 120_000 }, async () => {
    const roomd = await runDaemon({
      bots: { talkative: { command: testBot('talkative') } },
      log: { maxEventsPerRoom: 3 * LINES },
    });
    await roomd.spawn('talk', { bot: 'talkative', options: { count: LINES } });
    const last = await roomd.until(
      'talk',
      'room.transcript.received',
      ({ payload }) => payload.text === `line ${LINES}`,
    );
    const page = await openPage(`${roomd.url}/#/rooms/talk`);
    const grid = page.getByRole('grid');
    await line(page, `grace: line ${LINES}`).waitFor();
    expect(await page.getByRole('row').count()).toBeLessThan(100);

    await grid.press('Home');
    await line(page, 'none → starting (requested)').waitFor();
    expect(await line(page, `grace: line ${LINES}`).count()).toBe(0);
    await grid.press('End');
    await line(page, `grace: line ${LINES}`).waitFor();

    await page.getByLabel('Topic').fill('supervisor.room.**');
    await status(page, /^3 of 10,0\d\d events/);
    expect(await page.getByRole('row').count()).toBe(3);
    await page.getByLabel('Topic').fill('supervisor room');
    await page.getByText('or a pattern such as').waitFor();
    await page.getByLabel('Topic').fill('');
    await page.getByLabel('Search').fill('LINE 999');
    await status(page, /^11 of 10,0\d\d events/);
    await line(page, 'ada: line 9999').waitFor();
    await page.getByLabel('Search').fill(last.id);
    await status(page, /^1 of /);

    await page.getByRole('row').click();
    const drawer = page.getByRole('dialog', { name: 'room.transcript.received' });
    const shown = (await drawer.locator('pre').textContent()) ?? '';
    expect(JSON.parse(shown)).toEqual(last);
    expect(shown).toContain('\n  "payload": {\n    "participantId": "grace",');
    await page.keyboard.press('Escape');
    await drawer.waitFor({ state: 'detached' });

    await page.getByLabel('Search').fill('');
    await status(page, /^10,0\d\d events/);
    await page.getByRole('button', { name: 'Pause' }).click();
    await roomd.post('/v1/rooms/talk/commands', { type: 'app_message', text: '500' });
    await status(page, /paused, 500 new/);
    expect(await line(page, `grace: line ${LINES + 500}`).count()).toBe(0);
    await page.getByRole('button', { name: 'Resume' }).click();
    await line(page, `grace: line ${LINES + 500}`).waitFor();

    await page.mouse.move(600, 500);
    await page.mouse.wheel(0, -2_000);
    await roomd.post('/v1/rooms/talk/commands', { type: 'app_message', text: '20' });
    await page.getByRole('button', { name: '↓ 20 new' }).click();
    await line(page, `grace: line ${LINES + 520}`).waitFor();
    await page.getByRole('button', { name: 'new' }).waitFor({ state: 'detached' });
    expect(await inspect(page, 'room')).toEqual([]);
    await page.setViewportSize({ width: 375, height: 500 });
    const newest = line(page, `grace: line ${LINES + 520}`);
    await expect.poll(async () => (await bottom(newest)) <= (await bottom(grid)) + 1).toBe(true);
  });

  test('is used by the keyboard alone, and leads from an action to what caused it', async () => {
    const roomd = await runDaemon({ bots: { puppet: { command: testBot('puppet') } } });
    const policy = { policyId: 'watched', enforcement: [{ severity: 'low', count: 1, within: '10m', action: 'warn' }] };
    await roomd.spawn('trouble', { bot: 'puppet', policy, options: { acts: [['violation', { severity: 'low' }]] } });
    const enforced = await roomd.until('trouble', 'supervisor.policy.enforced');
    const page = await openPage(`${roomd.url}/#/rooms/trouble`);
    const grid = page.getByRole('grid');
    const action = page.getByRole('row').filter({ hasText: 'warn because of rates' });
    await action.waitFor();
    await page.getByRole('button', { name: 'Pause' }).focus();
    await page.keyboard.press('Tab');
    expect(await hasFocus(grid)).toBe(true);
    await page.keyboard.press('End');
    const rows = await page.getByRole('row').count();
    const at = await action.getAttribute('aria-rowindex');
    for (let i = rows; i > Number(at); i--) await page.keyboard.press('ArrowUp');
    await page.keyboard.press('Enter');
    const drawer = page.getByRole('dialog');
    await drawer.getByText(enforced.id).waitFor();
    expect(await inspect(page, 'event')).toEqual([]);
    await drawer.getByRole('button', { name: 'Show what caused it' }).press('Enter');
    await page
      .getByRole('dialog', { name: 'conversation.policy.violation' })
      .getByText(enforced.payload.causeId)
      .waitFor();
    await page.keyboard.press('Escape');
    expect(await hasFocus(grid)).toBe(true);
  });

  test('shows the policy, where it comes from, and what was done against it', async () => {
    const roomd = await runDaemon({ bots: { puppet: { command: testBot('puppet') } } });
    const policy = {
      policyId: 'watched',
      turns: { maxPerMinute: 6 },
      content: { blockedPhrases: ['secret sauce'] },
      enforcement: [
        { severity: 'low', count: 1, within: '10m', action: 'restrict', to: { turns: { maxPerMinute: 1 } } },
      ],
    };
    await roomd.spawn('trouble', { bot: 'puppet', policy, options: { keeps: true } });
    const page = await openPage(`${roomd.url}/#/rooms/trouble/policy`);
    await page.getByText('the bot has acknowledged it').waitFor();
    await page.getByText('No rule has been broken').waitFor();
    const field = page.getByRole('row').filter({ hasText: 'turns.maxPerMinute' });
    await field.getByRole('cell', { name: '6', exact: true }).waitFor();
    await field.getByText('request').waitFor();
    await page.getByRole('cell', { name: 'secret sauce' }).waitFor();

    const acts = JSON.stringify([['violation', { severity: 'low' }]]);
    await roomd.post('/v1/rooms/trouble/commands', { type: 'app_message', text: acts });
    await field.getByRole('cell', { name: '1', exact: true }).waitFor();
    await page.getByRole('listitem').filter({ hasText: 'restricted because of rates' }).waitFor();
    await page.getByText('the bot has acknowledged it').waitFor();
    await page.getByRole('button', { name: 'restrict because of rates' }).waitFor();
    expect(await inspect(page, 'policy')).toEqual([]);
    await page.getByRole('button', { name: 'rates x blocked' }).click();
    await page.getByRole('dialog', { name: 'conversation.policy.violation' }).waitFor();
  });

  test('says why a room is over, what its bot said last, and what to do where there is none', async () => {
    const command = [process.execPath, '-e', "console.error('the last straw'); process.exitCode = 78"];
    const roomd = await runDaemon({ bots: { quits: { command } } });
    await roomd.spawn('brief', { bot: 'quits' });
    const page = await openPage(`${roomd.url}/#/rooms/nowhere`);
    await page.getByText('No room of that name runs').waitFor();
    expect(await inspect(page, 'room-none')).toEqual([]);
    await page.getByRole('button', { name: 'Start it' }).click();
    expect(await page.getByLabel('Room id').inputValue()).toBe('nowhere');
    await page.keyboard.press('Escape');
    await roomd.over('brief');
    await page.goto(`${roomd.url}/#/rooms/brief`);
    await page.getByText('This room has ended:').waitFor();
    await page.getByText('its bot refused to run (refused, exit code 78)').waitFor();
    await page.getByText('What its bot wrote').click();
    await page.getByText('the last straw').first().waitFor();
    expect(await inspect(page, 'room-ended')).toEqual([]);
  });
});
