import { expect, test } from 'vitest';
import type { TopicPayloads } from '../../spec/generated/topics.ts';
import { runDaemon, temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { describeInBrowser, inspect, launchBrowser, openContext, openPage } from './browser.ts';
import { enter, look, message, moderation, operator, people, say } from './chat.ts';

describeInBrowser("a local room's chat, in two tabs of Debian's Chromium", () => {
  test('two people and the bot see what each of them does', { timeout: 90_000 }, async () => {
    const roomd = await runDaemon({ connectors: { local: { moderation } } });
    await roomd.spawn('lobby');
    const context = await openContext();
    const ada = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await ada.getByRole('button', { name: 'Enter the room' }).waitFor();
    expect(await inspect(ada, 'chat-watching')).toEqual([]);
    await enter(ada, 'Ada');
    const bo = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await enter(bo, 'Bo');
    await people(ada).getByText('Bo', { exact: true }).waitFor();
    await people(ada).getByText('bot', { exact: true }).first().waitFor();

    const box = bo.getByRole('textbox', { name: 'Message' });
    await box.pressSequentially('Is anybody here?');
    await ada.getByRole('status').filter({ hasText: 'Bo is writing …' }).waitFor();
    await box.press('Enter');
    await message(ada, 'Is anybody here?').waitFor();
    await ada.getByText('Bo is writing …').waitFor({ state: 'detached' });

    const asked = message(ada, 'Is anybody here?');
    await asked.getByRole('button', { name: 'React' }).click();
    await asked.getByRole('button', { name: 'thumbs up' }).click();
    await message(bo, 'Is anybody here?').getByRole('button', { name: '👍 1 by Ada' }).click();
    await asked.getByRole('button', { name: '👍 2 by Ada, Bo' }).click();
    await message(bo, 'Is anybody here?').getByRole('button', { name: '👍 1 by Bo' }).waitFor();

    await asked.getByRole('button', { name: 'Reply' }).click();
    await say(ada, 'I am.');
    await message(bo, 'I am.').getByText('Bo Is anybody here?').waitFor();

    await message(bo, 'Is anybody here?').first().getByRole('button', { name: 'Edit' }).click();
    await bo.getByRole('textbox', { name: 'Your message' }).fill('Is anybody there?');
    await bo.keyboard.press('Enter');
    await message(ada, 'Is anybody there?').first().getByText('edited').waitFor();

    await say(ada, 'a slip');
    const slip = message(ada, 'a slip');
    await message(bo, 'a slip').waitFor();
    await slip.getByRole('button', { name: 'Delete' }).click();
    await slip.getByRole('button', { name: 'Delete for everybody?' }).click();
    await message(bo, 'This message was taken back.').waitFor();
    expect(await message(bo, 'a slip').count()).toBe(0);

    await bo.getByRole('textbox', { name: 'Message' }).pressSequentially('@bo');
    await bo.getByRole('option', { name: '@bot' }).waitFor();
    await bo.keyboard.press('Enter');
    await bo.keyboard.type('help');
    await bo.keyboard.press('Enter');
    for (const page of [ada, bo]) await message(page, 'I am a small bot, not a language model').waitFor();

    expect(await inspect(ada, 'chat')).toEqual([]);
  });

  test('what the rules keep out is told to its writer, and nobody gets to see it', { timeout: 90_000 }, async () => {
    const roomd = await runDaemon({ connectors: { local: { moderation } } });
    await roomd.spawn('lobby');
    const context = await openContext();
    const ada = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await enter(ada, 'Ada');
    const bo = await openPage(`${roomd.url}/#/rooms/lobby/chat`, context);
    await enter(bo, 'Bo');

    await say(ada, 'You Rumpelstiltskin!');
    await ada.getByRole('alert').filter({ hasText: 'no-insults' }).waitFor();
    expect(await ada.getByRole('textbox', { name: 'Message' }).inputValue()).toBe('You Rumpelstiltskin!');
    await message(bo, "kept out by the room's rules: no-insults").waitFor();
    await say(ada, 'My card is 1234 5678 9012 3456.');
    for (const page of [ada, bo]) {
      const masked = message(page, 'My card is [card-number].');
      await masked.getByText("Parts are masked by the room's rules: card-number").waitFor();
    }
    expect(await bo.getByText(/rumpelstiltskin|1234/i).count()).toBe(0);
    expect(await inspect(ada, 'chat-moderated')).toEqual([]);
  });

  test('a place is kept over a reload and over a restart of the supervisor', { timeout: 90_000 }, async () => {
    const data = await temporaryFolder();
    const before = await serve(data);
    await before.spawn('lobby');
    const page = await openPage(`${before.url}/#/rooms/lobby/chat`);
    await enter(page, 'Ada');
    await say(page, 'before');
    await message(page, 'before').waitFor();
    await look(page, 'hidden');
    await people(page).getByText('away').waitFor();
    await page.reload();
    await people(page).getByText('you').waitFor();
    await people(page).getByText('away').waitFor({ state: 'detached' });

    await before.end('SIGKILL');
    await page.getByText(/^no answer\s*since \d/).waitFor();
    const after = await serve(data, ['--port', new URL(before.url).port]);
    await page.getByText('live', { exact: true }).first().waitFor();
    await after.until('lobby', 'room.participant.joined', ({ payload, meta }) => payload.isBot && meta?.attempt === 2);
    await say(page, 'after');
    await message(page, 'after').waitFor();
    expect(await message(page, 'before').count()).toBe(1);
    const events = await after.history('lobby');
    const said = events.flatMap(({ envelope: { topic, payload } }) =>
      topic === 'room.message.received' ? [payload as TopicPayloads['room.message.received']] : [],
    );
    expect(new Set(said.map(({ participantId }) => participantId)).size).toBe(1);
    const left = events.filter(
      ({ envelope: { topic, payload } }) =>
        topic === 'room.participant.left' && !(payload as TopicPayloads['room.participant.left']).isBot,
    );
    expect(left).toEqual([]);
  });

  test('an invitation lets somebody into the chat, and nowhere else', { timeout: 90_000 }, async () => {
    const secret = 'the-operators-token';
    const roomd = await runDaemon({ http: { tokens: [operator(secret)] } });
    const browser = await launchBrowser();
    const ada = await openPage(`${roomd.url}/#/`, await openContext(browser));
    await ada.getByLabel('Token').fill(secret);
    await ada.keyboard.press('Enter');
    await ada.getByRole('heading', { name: 'Rooms' }).waitFor();
    await fetch(`${roomd.url}/v1/rooms`, {
      method: 'POST',
      headers: { authorization: `Bearer ${secret}`, 'content-type': 'application/json' },
      body: JSON.stringify({ roomId: 'lobby' }),
    });
    await ada.goto(`${roomd.url}/#/rooms/lobby/chat`);
    await enter(ada, 'Ada');
    await ada.getByRole('button', { name: 'Invite' }).click();
    const link = await ada.getByLabel('Invitation').inputValue();
    expect(link).toMatch(/\/#\/join\/lobby\?ticket=\S+$/);

    const guest = await openPage(link, await openContext(browser));
    await enter(guest, 'Guest');
    expect(guest.url()).toBe(`${roomd.url}/#/join/lobby`);
    await say(guest, 'Thank you for having me');
    await message(ada, 'Thank you for having me').waitFor();
    await guest.reload();
    await people(guest).getByText('you').waitFor();
    await message(guest, 'Thank you for having me').waitFor();
    expect(await inspect(guest, 'join')).toEqual([]);

    const stranger = await openPage(`${link}x`, await openContext(browser));
    await stranger.getByRole('alert').filter({ hasText: "The invitation isn't valid" }).waitFor();
    expect(await inspect(stranger, 'join-refused')).toEqual([]);
  });
});
