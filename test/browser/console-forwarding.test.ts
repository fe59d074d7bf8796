import type { Page } from 'playwright-core';
import { expect, test, vi } from 'vitest';
import type { DeadLetterPage, ForwardStatus } from '../../supervisor/forward/api.ts';
import { runDaemon, testBot } from '../helpers/daemon.ts';
import { type Fault, fails, refuses, type StandIn, startStandIn } from '../supervisor/forward/eventbridge-stand-in.ts';
import { describeInBrowser, inspect, openPage } from './browser.ts';

vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');

/** A daemon that forwards to the stand-in. */
function forwarding({ endpoint }: StandIn) {
  return runDaemon({
    bots: { sizes: { command: testBot('sizes') } },
    forward: { target: 'eventbridge', region: 'eu-central-1', bus: 'meetings', endpoint, batch: { wait: '100ms' } },
  });
}

/** Entries of a topic can't be delivered as they are, by the stand-in's reckoning; all others are taken. */
function refusing(standIn: StandIn, topic: string): Fault {
  return (response, entries) => {
    const bad = entries.flatMap(({ DetailType }, i) => (DetailType === topic ? [i] : []));
    fails('MalformedDetail', standIn.taken, ...bad)(response, entries);
  };
}

const letters = (page: Page) => page.getByRole('region', { name: 'Dead letters' });
const rows = (page: Page) => letters(page).locator('tbody tr');
const book = (page: Page, name: string) =>
  page.getByRole('region', { name: 'The books' }).getByRole('row', { name: new RegExp(`^${name} `) });

describeInBrowser("forwarding, in Debian's Chromium", () => {
  test('dead letters are listed, opened and sent again, and the books say so', { timeout: 90_000 }, async () => {
    const standIn = await startStandIn();
    standIn.otherwise = refusing(standIn, 'assistant.session.started');
    const roomd = await forwarding(standIn);
    const page = await openPage(`${roomd.url}/#/forwarding`);
    await page.getByText('There are none: nothing had to be set aside.').waitFor();
    for (const room of ['lobby', 'kitchen']) await roomd.spawn(room);
    await rows(page).nth(1).waitFor();
    await book(page, 'Dead letters').getByText('2', { exact: true }).waitFor();
    await page.getByRole('img', { name: /^Sent, from .* batches / }).waitFor();
    await page.getByRole('img', { name: /^Backlog, from / }).waitFor();

    await page.getByLabel('Room', { exact: true }).fill('kitchen');
    await page.keyboard.press('Enter');
    await rows(page).nth(1).waitFor({ state: 'detached' });
    expect(await rows(page).getByRole('link').allTextContents()).toEqual(['kitchen']);
    expect(await inspect(page, 'forwarding')).toEqual([]);

    await rows(page).getByRole('button', { name: 'assistant.session.started' }).click();
    const dialog = page.getByRole('dialog', { name: 'Dead letter' });
    await dialog.getByText('"MalformedDetail"').first().waitFor();
    await dialog.getByText('"kitchen"').first().waitFor();
    expect(await inspect(page, 'forwarding-letter')).toEqual([]);
    await page.keyboard.press('Escape');
    await dialog.waitFor({ state: 'detached' });

    await rows(page).getByRole('checkbox').check();
    await page.getByRole('button', { name: 'Send selected again (1)' }).click();
    await page.getByText('1 dead letter, 0 delivered, 1 refused again').waitFor();
    await rows(page).first().waitFor();

    standIn.otherwise = undefined;
    await page.getByLabel('Room', { exact: true }).fill('');
    await page.keyboard.press('Enter');
    await rows(page).nth(1).waitFor();
    await page.getByRole('button', { name: 'Send all again' }).click();
    await page.getByText('2 dead letters, 2 delivered, 0 refused again').waitFor();
    await page.getByText('There are none: nothing had to be set aside.').waitFor();
    await book(page, 'Dead letters').getByText('0', { exact: true }).waitFor();
  });

  test('a long list comes by pages', { timeout: 90_000 }, async () => {
    const standIn = await startStandIn();
    standIn.otherwise = refusing(standIn, 'room.participant.joined');
    const roomd = await forwarding(standIn);
    await roomd.spawn('hall', { bot: 'sizes' });
    await roomd.over('hall');
    while ((await roomd.json<ForwardStatus>('/v1/forward')).accounting.pending > 0);
    const { deadLettered } = (await roomd.json<ForwardStatus>('/v1/forward')).accounting;
    expect(deadLettered).toBeGreaterThan(50);
    const page = await openPage(`${roomd.url}/#/forwarding`);
    await rows(page).nth(49).waitFor();
    expect(await rows(page).count()).toBe(50);
    await page.getByRole('button', { name: 'Show more' }).click();
    await rows(page).nth(50).waitFor();
    // One more doesn't take the reader back to the first page.
    const again = page.waitForResponse((response) => response.url().includes('/v1/dead-letters?'));
    await roomd.spawn('lobby');
    const { deadLetters } = (await (await again).json()) as DeadLetterPage;
    expect(deadLetters.length).toBeGreaterThan(50);
    expect(await inspect(page, 'forwarding-long')).toEqual([]);
  });

  test('what needs a person is said at once', { timeout: 90_000 }, async () => {
    const standIn = await startStandIn();
    standIn.otherwise = refuses(400, 'AccessDeniedException');
    const roomd = await forwarding(standIn);
    await roomd.spawn('lobby');
    const page = await openPage(`${roomd.url}/#/forwarding`);
    await page.getByText('held: needs a person').waitFor();
    await page.getByRole('main').getByRole('alert').filter({ hasText: 'AccessDeniedException' }).waitFor();
    expect(await inspect(page, 'forwarding-held')).toEqual([]);
  });

  test('a Cancel that is refused is said', { timeout: 90_000 }, async () => {
    const standIn = await startStandIn();
    const roomd = await forwarding(standIn);
    const status = await roomd.json<ForwardStatus>('/v1/forward');
    const redrive = {
      state: 'running',
      selected: 9,
      delivered: 2,
      refused: 0,
      remaining: 7,
      startedAt: 0,
      endedAt: null,
    };
    const page = await openPage('about:blank');
    await page.route('**/v1/forward', (route) => route.fulfill({ json: { ...status, redrive } }));
    await page.route('**/v1/dead-letters/redrive', (route) =>
      route.fulfill({ status: 503, json: { title: 'Not now', detail: 'the books are closed' } }),
    );
    await page.goto(`${roomd.url}/#/forwarding`);
    await page.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('alert').filter({ hasText: 'the books are closed' }).waitFor();
  });
});
