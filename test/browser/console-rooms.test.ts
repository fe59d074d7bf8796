import { expect, test } from 'vitest';
import { startDailyDaemon } from '../e2e/daily-rig.ts';
import { runDaemon, testBot } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage } from './browser.ts';

describeInBrowser("the list of rooms, in Debian's Chromium", () => {
  test('says what to do where there is none', async () => {
    const roomd = await runDaemon();
    const page = await openPage(roomd.url);
    await page.getByText('No room is running.').waitFor();
    await page.getByText(`curl -X POST ${roomd.url}/v1/rooms`).waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(await inspect(page, 'rooms-empty')).toEqual([]);
  });

  test('starts a room, shows it, and stops it', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon();
    const page = await openPage(roomd.url);
    await page.getByRole('button', { name: 'Start a room' }).click();
    const dialog = page.getByRole('dialog', { name: 'Start a room' });
    expect(await dialog.getByLabel('Room id').inputValue()).toBe('lobby');
    expect(await inspect(page, 'start')).toEqual([]);
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();

    await page.getByRole('heading', { name: 'lobby', level: 1 }).waitFor();
    expect(new URL(page.url()).hash).toBe('#/rooms/lobby');
    await page.locator('.room-head').getByText('live').waitFor();
    await page.getByRole('row').filter({ hasText: 'joining → live' }).waitFor();

    await page.getByRole('link', { name: 'Rooms', exact: true }).click();
    const row = page.getByRole('row').filter({ has: page.getByRole('link', { name: 'lobby' }) });
    await row.getByText('default · local').waitFor();
    await row.getByText('live').waitFor();
    expect(await inspect(page, 'rooms')).toEqual([]);
    await row.getByRole('button', { name: 'Stop lobby' }).click();
    const confirm = page.getByRole('dialog', { name: 'Stop lobby?' });
    await confirm.getByRole('button', { name: 'Cancel' }).click();
    expect((await roomd.room('lobby')).state).toBe('live');
    await row.getByRole('button', { name: 'Stop lobby' }).click();
    await confirm.getByRole('button', { name: 'Stop the room' }).click();
    await page.getByText('No room is running.').waitFor();
    expect((await roomd.over('lobby')).stop?.reason).toBe('requested');

    await page.getByRole('button', { name: 'Ended' }).click();
    await row.getByText('stopped').waitFor();
    await row.getByText('requested').waitFor();
    expect(await row.getByRole('button').count()).toBe(0);
    expect(await inspect(page, 'rooms-ended')).toEqual([]);
  });

  test("shows the supervisor's refusal where it belongs", async () => {
    const roomd = await runDaemon();
    const page = await openPage(roomd.url);
    await page.getByRole('button', { name: 'Start a room' }).click();
    const dialog = page.getByRole('dialog');
    const start = () => dialog.getByRole('button', { name: 'Start', exact: true }).click();
    await dialog.getByLabel('Room id').fill('not a room');
    await start();
    const id = dialog.getByLabel('Room id');
    await expect.poll(() => id.getAttribute('aria-invalid')).toBe('true');
    expect(await dialog.locator('.field-fault').textContent()).toContain('got "not a room"');

    await id.fill('standup');
    await dialog.getByLabel('Connector').selectOption('transcript');
    await dialog.getByRole('textbox', { name: 'Meeting' }).fill('nowhere');
    await start();
    await dialog.getByRole('alert').getByText('cannot be started').waitFor();
    await expect.poll(() => id.getAttribute('aria-invalid')).toBe('false');

    await dialog.getByText('Assistant and policy').click();
    await dialog.getByLabel('Policy layer').fill('{');
    await start();
    await dialog.getByRole('alert').getByText('not JSON').waitFor();
    expect(await inspect(page, 'start-refused')).toEqual([]);
    expect((await roomd.json<{ rooms: unknown[] }>('/v1/rooms')).rooms).toEqual([]);
  });

  test('starts a bot in a call at Daily, and links to it', { timeout: 60_000 }, async () => {
    const { roomd } = await startDailyDaemon();
    const page = await openPage(roomd.url);
    await page.getByRole('button', { name: 'Start a room' }).click();
    const dialog = page.getByRole('dialog', { name: 'Start a room' });
    await dialog.getByLabel('Connector').selectOption('daily');
    await dialog.getByLabel('Room at Daily').fill('standup');
    expect(await inspect(page, 'start-daily')).toEqual([]);
    await dialog.getByRole('button', { name: 'Start', exact: true }).click();
    const link = page.locator('.room-head').getByRole('link', { name: /\.daily\.co\/standup$/ });
    expect(await link.getAttribute('rel')).toContain('noopener');
    expect(await link.getAttribute('href')).toBe((await roomd.room('lobby')).call);
    await page.locator('.room-head').getByText('live').waitFor();
    expect(await inspect(page, 'room-daily')).toEqual([]);
    expect((await roomd.room('lobby')).connector).toBe('daily');
  });

  test('sorts by what is clicked, and releases a room from quarantine', { timeout: 60_000 }, async () => {
    const roomd = await runDaemon({ bots: { puppet: { command: testBot('puppet') } } });
    const policy = {
      policyId: 'strict',
      enforcement: [{ severity: 'high', count: 1, within: '10m', action: 'quarantine', for: '15m' }],
    };
    await roomd.spawn('naughty', { bot: 'puppet', policy, options: { acts: [['violation']] } });
    await roomd.over('naughty');
    const options = {
      acts: [
        ['violation', { severity: 'low' }],
        ['violation', { severity: 'low' }],
      ],
    };
    await roomd.spawn('able', { bot: 'puppet' });
    await roomd.spawn('baker', { bot: 'puppet', options });
    await roomd.until('baker', 'conversation.policy.violation');
    const page = await openPage(roomd.url);
    const names = () => page.locator('.room-name').allTextContents();
    await expect.poll(names).toEqual(['able', 'baker']);
    await page.getByRole('button', { name: 'Room', exact: true }).click();
    expect(await names()).toEqual(['baker', 'able']);
    const violations = page.getByRole('columnheader', { name: 'Violations' });
    await page.getByRole('cell').filter({ hasText: '✕ 2' }).waitFor();
    await violations.getByRole('button').click();
    expect(await violations.getAttribute('aria-sort')).toBe('descending');
    expect(await names()).toEqual(['baker', 'able']);
    await violations.getByRole('button').click();
    expect(await names()).toEqual(['able', 'baker']);

    await page.getByRole('button', { name: 'Ended' }).click();
    await page.getByRole('button', { name: 'Release naughty' }).click();
    await page.getByRole('button', { name: 'Release the room' }).click();
    await page.getByRole('button', { name: 'Release naughty' }).waitFor({ state: 'detached' });
    expect((await roomd.room('naughty')).quarantine).toBeNull();
  });
});
