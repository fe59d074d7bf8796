import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import type { Page } from 'playwright-core';
import { expect, it, onTestFinished } from 'vitest';
import { describeInBrowser, inspect, openContext, openPage } from '../browser/browser.ts';
import { root } from '../helpers/daemon.ts';
import { type StandIn, startStandIn } from './stand-in/stand-in.ts';

const client = createRequire(import.meta.url).resolve('@daily-co/daily-js/dist/daily.js');
const html = readFileSync(join(root, 'docs/daily-page.html'), 'utf8');
const PAGE = 'https://page.invalid/';

/** The page as somebody would serve it; the client comes from the packages, its call machine from the stand-in. */
async function openDailyPage(standIn: StandIn): Promise<Page> {
  const context = await openContext();
  await context.grantPermissions(['local-network-access'], { origin: PAGE });
  await context.route('https://unpkg.com/**', (route) =>
    route.fulfill({ path: client, contentType: 'text/javascript', headers: { 'access-control-allow-origin': '*' } }),
  );
  const machine = await (await fetch(`${standIn.bundles}/call-machine-object-bundle.js`)).text();
  // The stand-in's machine looks for its hub where the client says that it was loaded from.
  const moved = `for (const one of Object.values(_daily.instances)) Object.defineProperty(one, 'publicPath', {
    get: () => ${JSON.stringify(standIn.bundles)}, set() {},
  });`;
  await context.route('https://c.daily.co/**', (route) =>
    route.fulfill({ body: `${moved}\n${machine}`, contentType: 'text/javascript' }),
  );
  await context.route(/sentry/, (route) => route.abort());
  await context.route(`${PAGE}**`, (route) => route.fulfill({ body: html, contentType: 'text/html; charset=utf-8' }));
  return openPage(`${PAGE}?room=${encodeURIComponent(standIn.url('standup'))}`, context);
}

async function standing(): Promise<StandIn> {
  const standIn = await startStandIn();
  onTestFinished(() => standIn.close());
  return standIn;
}

const chat = (page: Page) => page.getByRole('log', { name: 'Chat' });
const told = (page: Page) => page.getByRole('log', { name: 'What the bot tells' });
const line = (log: ReturnType<typeof chat>, text: string | RegExp) =>
  log.getByRole('paragraph').filter({ hasText: text });

async function enter(page: Page, name: string): Promise<void> {
  await page.getByLabel('Your name').fill(name);
  await page.getByRole('button', { name: 'Join' }).click();
  await page
    .getByRole('status')
    .filter({ hasText: /^In https/ })
    .waitFor();
}

it('takes that very client from the CDN which roomd’s bots have', () => {
  const { version } = createRequire(import.meta.url)('@daily-co/daily-js/package.json') as { version: string };
  expect(html).toContain(`https://unpkg.com/@daily-co/daily-js@${version}/dist/daily.js`);
  expect(html).toContain(`integrity="sha384-${createHash('sha384').update(readFileSync(client)).digest('base64')}"`);
});

describeInBrowser('the page of one file', () => {
  it('shows what bots write and tell, and sends them messages and commands', async () => {
    const standIn = await standing();
    const room = standIn.room('standup');
    const bot = room.enter('roomd', { userId: 'roomd-1' });
    const bo = room.enter('Bo');
    const page = await openDailyPage(standIn);
    await enter(page, 'Ada');
    const people = page.getByRole('list', { name: 'In the room' }).getByRole('listitem');
    await people.nth(2).waitFor();
    expect((await people.allTextContents()).toSorted()).toEqual(['Ada (you)', 'Bo', 'roomd (bot)']);

    bot.chat('Good <b>morning</b>');
    await line(chat(page), 'roomd: Good <b>morning</b>').waitFor();
    bot.send({ roomd: { id: '1', ts: 1, topic: 'room.dominance.score', payload: { score: 0.7 } } });
    await line(told(page), 'room.dominance.score {"score":0.7}').waitFor();
    bot.send({ roomd: { missed: 3 } });
    await line(told(page), 'roomd 3 events left out').waitFor();
    bot.send({ roomd: { id: '2', ts: 2, topic: 'room.vote.closed', tooLarge: 5_000 } });
    await line(told(page), 'room.vote.closed too large for a message: 5000 bytes').waitFor();

    await page.getByRole('textbox', { name: 'Message' }).fill('@bot who is here');
    await page.keyboard.press('Enter');
    const ada = { event: 'chat-msg', name: 'Ada', message: '@bot who is here', room: 'main-room' };
    for (const one of [bot, bo]) expect(await one.message(by('Ada'))).toMatchObject(ada);
    await line(chat(page), 'Ada (you): @bot who is here').waitFor();
    await page.getByRole('textbox', { name: 'Command' }).fill('summary.show');
    await page.getByLabel('Arguments, as JSON').fill('{"minutes": 5}');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('status').filter({ hasText: 'Asked for summary.show.' }).waitFor();
    const command = { roomd: { command: 'summary.show', args: { minutes: 5 } } };
    expect(await bot.message((data) => !isChat(data))).toEqual(command);
    await page.getByLabel('Arguments, as JSON').fill('5');
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('status').filter({ hasText: 'Expected an object' }).waitFor();
    await page.getByLabel('Arguments, as JSON').fill(JSON.stringify({ text: 'x'.repeat(5_000) }));
    await page.getByRole('button', { name: 'Ask' }).click();
    await page.getByRole('status').filter({ hasText: 'Could not ask: Message data too large' }).waitFor();
    // What bots are asked for is theirs alone.
    bot.send('last', bo.sessionId);
    await bo.message((data) => data === 'last');
    expect(bo.messages.map(({ data }) => data)).not.toContainEqual(command);
    expect(await inspect(page, 'daily-page')).toEqual([]);
  });

  it('believes nobody else who tells as bots do', async () => {
    const standIn = await standing();
    const mallory = standIn.room('standup').enter('roomd');
    const page = await openDailyPage(standIn);
    await enter(page, 'Ada');
    mallory.send({ roomd: { id: '1', ts: 1, topic: 'room.dominance.score', payload: {} } });
    for (const data of [null, 7, { roomd: null }, { roomd: 'x' }, { event: 'chat-msg' }]) mallory.send(data);
    mallory.chat('the last');
    await line(chat(page), 'the last').waitFor();
    expect(await told(page).getByRole('paragraph').count()).toBe(0);
    await page.getByRole('button', { name: 'Leave' }).click();
    await page.getByRole('status').filter({ hasText: 'Not in a room.' }).waitFor();
    await enter(page, 'Ada');
  });

  it('says why it may not come in, and why it had to go', async () => {
    const standIn = await standing();
    const page = await openDailyPage(standIn);
    const { admit } = standIn;
    standIn.admit = () => ({ refused: 'meeting-full', message: 'Meeting is full' });
    await page.getByRole('button', { name: 'Join' }).click();
    await page.getByRole('status').filter({ hasText: 'Meeting is full' }).waitFor();
    standIn.admit = admit;
    await enter(page, 'Ada');
    (await standIn.room('standup').member('Ada')).eject();
    await page.getByRole('status').filter({ hasText: 'The room is over' }).waitFor();
    expect(await page.getByRole('button', { name: 'Join' }).isEnabled()).toBe(true);
  });
});

const isChat = (data: unknown): data is { name: string } =>
  typeof data === 'object' && data !== null && 'event' in data;
const by = (name: string) => (data: unknown) => isChat(data) && data.name === name;
