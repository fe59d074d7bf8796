import { mkdirSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, test } from 'vitest';
import type { Command } from '../../spec/command.ts';
import { parseEnvelope } from '../../spec/envelope.ts';
import { BotProcess, testFolder } from '../helpers/bot-process.ts';
import { accessTo } from './rooms/daily/daily-room.ts';
import { type Pages, person, standInPages } from './rooms/daily/stand-in-page.ts';

const SHUTDOWN: Command = { type: 'shutdown', reason: 'requested', deadlineMs: 5_000 };
const SECRET = 'token-of-this-run';
/** As roomd starts its own bot. */
const ISOLATED = ['--permission', `--allow-fs-read=${tmpdir()}`, '--allow-fs-read=/dev/urandom'];

function start(options: object = {}, env: Record<string, string> = {}): BotProcess {
  const ROOMD_OPTIONS = JSON.stringify(options);
  return new BotProcess({ env: { ROOMD_CONNECTOR: 'daily', ROOMD_OPTIONS, ...env }, nodeArguments: ISOLATED });
}

async function inCall(pages: Pages, options: object = {}, env: Record<string, string> = {}): Promise<BotProcess> {
  const bot = start(options, env);
  bot.send(accessTo(pages));
  await bot.seen('assistant.session.started');
  return bot;
}

const chat = (text: string) => ({ event: 'chat-msg', name: 'Ada', message: text, date: '-', room: 'main-room' });

describe('the real bot, isolated, in a call', () => {
  test('welcomes who comes, answers to its name, hears commands, tells, and leaves', async () => {
    const pages = await standInPages();
    pages.people = [person('ada'), person('bo', { userId: 'roomd-7' })];
    const env = { ROOMD_ASSISTANT_ID: 'a-1', ROOMD_ASSISTANT: '{"id":"a-1","name":"Hedwig"}' };
    const bot = await inCall(pages, { tell: { topics: ['room.message.sent'] } }, env);
    await bot.until(() => bot.payloads('room.participant.joined').length === 2);
    const says = (text: string, from = 'ada') => pages.last.happens({ action: 'app-message', from, data: chat(text) });
    says('@Helper who is here?');
    await bot.until(() => bot.payloads('room.message.sent').length === 1);
    says('@Hedwig, who is here?', 'bo');
    says('hedwig: say hello');
    await bot.until(() => bot.payloads('room.message.sent').length === 2);
    pages.last.happens({ action: 'participant-joined', person: person('cy') });
    pages.last.happens({ action: 'app-message', from: 'cy', data: { roomd: { command: 'stop' } } });
    await bot.until(() => bot.payloads('room.message.sent').length === 3);
    await bot.seen('room.command.received');
    // The last of them goes out after everything that the bot publishes.
    while (pages.last.sent.length < 6) await setImmediate();
    bot.send(SHUTDOWN);
    expect((await bot.exited).code).toBe(0);
    expect(bot.payloads('assistant.session.started')).toMatchObject([{ connector: 'daily', name: 'Helper' }]);
    expect(bot.payloads('room.message.sent')).toMatchObject([
      { participantId: 'a-1', text: 'Only ADA, and I.' },
      { text: 'hello' },
      { text: expect.stringMatching(/^Welcome, CY!/) },
    ]);
    const told = pages.last.sent.filter((data) => (data as { roomd?: unknown }).roomd !== undefined);
    expect(told).toMatchObject([
      { roomd: { topic: 'room.message.sent', payload: { text: 'Only ADA, and I.' } } },
      {},
      {},
    ]);
    expect(pages.last.orders.at(-1)).toMatchObject({ do: 'leave' });
    for (const event of bot.events) expect(parseEnvelope(JSON.stringify(event)).ok).toBe(true);
    expect(bot.stderr).toBe('');
    expect(JSON.stringify(bot.events)).not.toContain(SECRET);
  });

  test('joins again when the page is gone, in another page', async () => {
    const pages = await standInPages();
    const bot = await inCall(pages);
    pages.last.say({ host: 'crashed', reason: 'out of memory' });
    await bot.until(() => bot.payloads('room.connection.changed').length === 2);
    expect(pages.all).toHaveLength(2);
    expect(bot.stderr).toBe('the room is lost and joined again: browser page crashed: out of memory\n');
    pages.last.happens({ action: 'error', type: 'ejected', message: 'x' });
    expect((await bot.exited).code).toBe(0);
    expect(bot.payloads('assistant.session.ended')).toMatchObject([{ reason: 'ejected' }]);
  });

  test.each(['it is told to leave', 'the page is lost'])('tells of what it has said when %s amid it', async (what) => {
    const pages = await standInPages();
    const bot = await inCall(pages);
    const { answer } = pages;
    pages.answer = (page, order) => {
      const [, first] = page.orders;
      // It waits for a while, and is told at the last moment.
      if (order.do === 'leave' && first !== undefined) page.say({ done: first.id });
      if (order !== first) answer(page, order);
      else if (what === 'it is told to leave') bot.send(SHUTDOWN);
      else page.say({ done: order.id }, { host: 'crashed', reason: 'x' });
    };
    const text = 'ü'.repeat(4_000);
    bot.send({ type: 'app_message', text });
    if (what === 'the page is lost') {
      await bot.until(() => bot.payloads('room.connection.changed').length === 2);
      bot.send(SHUTDOWN);
    }
    expect((await bot.exited).code).toBe(0);
    const [part] = pages.all[0]?.sent ?? [];
    const [sent] = bot.payloads('room.message.sent');
    expect(part).toMatchObject({ message: sent?.text });
    expect([text.startsWith(sent?.text ?? '-'), bot.payloads('room.message.sent').length]).toEqual([true, 1]);
    expect(bot.events.at(-1)).toMatchObject({ topic: 'assistant.session.ended' });
  });

  test.each([
    ['no-room', 78, 1, '1'],
    ['connection-error', 75, 3, '1'],
    ['meeting-full', 78, 1, '1'],
    ['meeting-full', 75, 3, '2'],
  ])('%s at the join ends it with %d, after so many attempts: %d, of run %s', async (type, code, attempts, run) => {
    const pages = await standInPages();
    pages.answer = (page, { id }) => page.say({ failed: id, type, message: SECRET });
    const bot = start({}, { ROOMD_ATTEMPT: run });
    bot.send(accessTo(pages));
    expect((await bot.exited).code).toBe(code);
    expect(bot.payloads('assistant.room.join.failed')).toHaveLength(attempts);
    expect(bot.stderr + JSON.stringify(bot.events)).not.toContain(SECRET);
  });

  test('may be told to leave before it is let in', async () => {
    const bot = start();
    await bot.seen('assistant.room.join.requested');
    bot.send(SHUTDOWN);
    expect((await bot.exited).code).toBe(0);
    expect(bot.stderr).toBe('');
  });

  test('reaches its socket from its working folder where the path is too long for the system', async () => {
    const folder = join(testFolder(), 'x'.repeat(100));
    mkdirSync(folder);
    const before = process.cwd();
    // A test's own server is behind the same limit.
    process.chdir(folder);
    try {
      const pages = await standInPages('page.sock');
      const bot = start();
      bot.send({ ...accessTo(pages), page: join(folder, 'page.sock') });
      await bot.seen('assistant.session.started');
      bot.send(SHUTDOWN);
      expect((await bot.exited).code).toBe(0);
    } finally {
      process.chdir(before);
    }
  });
});
