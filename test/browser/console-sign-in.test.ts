import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { runDaemon } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, openPage } from './browser.ts';

const sha256 = (secret: string) => createHash('sha256').update(secret).digest('hex');

describeInBrowser("signing in, in Debian's Chromium", () => {
  test('asks for a token, refuses a wrong one, keeps the right one in the tab', async () => {
    const roomd = await runDaemon({
      http: { tokens: [{ name: 'operator', sha256: sha256('open-sesame'), scopes: ['admin'] }] },
    });
    const page = await openPage(roomd.url);
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    expect(await inspect(page, 'sign-in')).toEqual([]);
    await page.getByLabel('Token').fill('open-barley');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('none of those configured').waitFor();

    await page.getByLabel('Token').fill('open-sesame');
    await page.keyboard.press('Enter');
    await page.getByText('No room is running.').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    await page.reload();
    await page.getByText('No room is running.').waitFor();
    expect(await page.evaluate('JSON.stringify(localStorage) + document.cookie + location')).not.toContain('sesame');

    await page.getByRole('button', { name: 'Sign out' }).click();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
    await page.reload();
    await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  });

  test('says what a token may not', async () => {
    const roomd = await runDaemon({
      http: { tokens: [{ name: 'glance', sha256: sha256('a-peek'), scopes: ['rooms:read'] }] },
    });
    const page = await openPage(roomd.url);
    await page.getByLabel('Token').fill('a-peek');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByText('No room is running.').waitFor();
    await page.getByText('No events come: The token lacks a scope.').waitFor();
    await page.getByRole('button', { name: 'Start a room' }).click();
    await page.getByRole('button', { name: 'Start', exact: true }).click();
    await page.getByRole('alert').getByText('rooms:write').waitFor();
    expect(await inspect(page, 'scope-missing')).toEqual([]);
  });

  test('takes a token that sees no rooms, and says of what can be none what it expects', async () => {
    const roomd = await runDaemon({
      http: { tokens: [{ name: 'ear', sha256: sha256('an-ear'), scopes: ['events:read'] }] },
    });
    const page = await openPage(roomd.url);
    await page.getByLabel('Token').fill('“an-ear”');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('Expected letters, digits and signs of ASCII').waitFor();
    await page.getByLabel('Token').fill('an-ear');
    await page.getByRole('button', { name: 'Sign in' }).click();
    await page.getByRole('alert').getByText('rooms:read').waitFor();
    await page.getByText('live', { exact: true }).waitFor();
    expect(await inspect(page, 'events-only')).toEqual([]);
  });
});
