import { expect, test } from 'vitest';
import { runDaemon } from '../helpers/daemon.ts';
import { describeInBrowser, inspect, launchBrowser, openContext, openPage } from './browser.ts';
import { enter, message, moderation, operator, people, say } from './chat.ts';

const SECRET = 'the-operators-token';

/** A daemon that asks for a token, with rooms that run, and a link into the lobby. */
async function invited(...rooms: string[]) {
  const roomd = await runDaemon({ http: { tokens: [operator(SECRET)] } });
  const ask = (path: string, method: string, body?: object) =>
    fetch(`${roomd.url}${path}`, {
      method,
      headers: { authorization: `Bearer ${SECRET}`, ...(body && { 'content-type': 'application/json' }) },
      ...(body && { body: JSON.stringify(body) }),
    });
  for (const roomId of rooms) expect((await ask('/v1/rooms', 'POST', { roomId })).status).toBe(201);
  const made = await ask('/v1/tickets', 'POST', { scopes: ['rooms:join'], rooms: ['lobby'], seconds: 600 });
  const { ticket } = (await made.json()) as { ticket: string };
  return { url: roomd.url, ask, link: `${roomd.url}/#/join/lobby?ticket=${encodeURIComponent(ticket)}` };
}

describeInBrowser("a local room's chat at its end, in Debian's Chromium", () => {
  test('a guest is told, and keeps what was not sent', { timeout: 90_000 }, async () => {
    const { ask, link } = await invited('lobby');
    const browser = await launchBrowser();
    const guest = await openPage(link, await openContext(browser));
    await enter(guest, 'Guest');
    await people(guest).getByText('you').waitFor();
    await guest.getByRole('textbox', { name: 'Message' }).fill('What I wanted to say');
    await ask('/v1/rooms/lobby', 'DELETE');
    await guest.getByText('This room has ended').waitFor();
    expect(await guest.getByLabel('What you have not sent').inputValue()).toBe('What I wanted to say');
    expect(await guest.getByText('Enter to write').count()).toBe(0);
    expect(await people(guest).getByRole('listitem').count()).toBe(0);
    expect(await inspect(guest, 'join-ended')).toEqual([]);

    const late = await openPage(link, await openContext(browser));
    await late.getByLabel('Your name').fill('Late');
    await late.getByRole('button', { name: 'Enter the room' }).click();
    await late.getByText('This room has ended').waitFor();
    expect(await people(late).getByRole('listitem').count()).toBe(0);
  });

  test('nobody is left in the room for an operator', { timeout: 90_000 }, async () => {
    const roomd = await runDaemon();
    await roomd.spawn('lobby');
    const context = await openContext();
    const ada = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await enter(ada, 'Ada');
    await ada.getByRole('textbox', { name: 'Message' }).fill('unsent');
    const watcher = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await people(watcher).getByText('Ada', { exact: true }).waitFor();
    await roomd.stop('lobby');
    for (const page of [ada, watcher]) {
      await page.getByText('This room has ended: one can read here').waitFor();
      await people(page).getByText('Nobody.', { exact: true }).waitFor();
    }
    expect(await ada.getByLabel('What you have not sent').inputValue()).toBe('unsent');
  });

  test('an invitation takes nobody their own token', { timeout: 90_000 }, async () => {
    const { url, link } = await invited('lobby', 'den');
    const page = await openPage(`${url}/#/`);
    await page.getByLabel('Token').fill(SECRET);
    await page.keyboard.press('Enter');
    await page.getByRole('link', { name: 'den' }).waitFor();
    await page.goto(link);
    await enter(page, 'Ada');
    await say(page, 'hello');
    await message(page, 'hello').waitFor();
    await page.goto(`${url}/#/rooms/den`);
    await page.getByRole('row').filter({ hasText: 'joining → live' }).waitFor();
    await page.reload();
    await page.getByRole('row').filter({ hasText: 'joining → live' }).waitFor();
    expect(await page.getByRole('heading', { name: 'Sign in' }).count()).toBe(0);
  });

  test('what is refused comes back, each of several; in another room it is history', { timeout: 90_000 }, async () => {
    const roomd = await runDaemon({ connectors: { local: { moderation } } });
    for (const roomId of ['lobby', 'den']) await roomd.spawn(roomId);
    const page = await openPage(`${roomd.url}/#/rooms/lobby/chat`);
    await enter(page, 'Ada');
    const box = page.getByRole('textbox', { name: 'Message' });
    const words = ['one rumpelstiltskin', 'two', 'three rumpelstiltskin'];
    // All at once, before there is an answer to any.
    await page.evaluate(`
      const box = document.querySelector('.chat-composer textarea');
      for (const text of ${JSON.stringify(words)}) {
        box.value = text;
        box.dispatchEvent(new Event('input', { bubbles: true }));
        box.form.requestSubmit();
      }
    `);
    await expect.poll(() => box.inputValue()).toBe('one rumpelstiltskin\nthree rumpelstiltskin');
    await message(page, 'two').waitFor();
    await page.getByRole('alert').filter({ hasText: 'no-insults' }).waitFor();

    await page.goto(`${roomd.url}/#/rooms/den/chat`);
    await page.getByRole('button', { name: 'Enter the room' }).waitFor();
    expect(await page.getByRole('alert').count()).toBe(0);
  });
});
