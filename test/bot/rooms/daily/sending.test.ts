import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { type ChatMessage, chatParts, textOf } from '../../../../bot/rooms/daily/chat-parts.ts';
import { dailyRoom, until } from './daily-room.ts';
import type { Pages } from './stand-in-page.ts';

const DATE = '2026-11-22T00:00:00.000Z';
const bytes = (message: unknown) => Buffer.byteLength(JSON.stringify(message));
const together = (parts: readonly ChatMessage[]) =>
  parts
    .map(({ message }) => message)
    .join('')
    .replace(/\s/g, '');

describe('the messages of a text', () => {
  test('what fits is one, as Daily writes it', () => {
    const frame = { event: 'chat-msg', name: 'Helper', date: DATE, room: 'main-room' };
    expect(chatParts('Hello, Ada', 'Helper', DATE)).toEqual([{ ...frame, message: 'Hello, Ada' }]);
  });

  test.each([
    ['letters', 'x', 2],
    ['umlauts', 'ü', 3],
    ['emoji', '😀', 5],
    ['words of umlauts', 'für ', 2],
    ['quotation marks', '"', 3],
  ])('the longest text of %s fits into a few, each within the bytes, and nothing is lost', (_, unit, count) => {
    const text = unit.repeat(4_096 / [...unit].length).trim();
    const parts = chatParts(text, 'Helper', DATE) ?? [];
    expect(parts).toHaveLength(count);
    for (const part of parts) expect(bytes(part)).toBeLessThanOrEqual(4_096);
    expect(together(parts)).toBe(text.replace(/\s/g, ''));
  });

  test('words stay whole where that is possible', () => {
    // Wherever the last byte of a part would be.
    for (let length = 1; length < 20; length++) {
      const parts = chatParts('Donaudampfschiff '.repeat(250), 'x'.repeat(length), DATE) ?? [];
      expect(parts.length).toBeGreaterThan(1);
      for (const { message } of parts) expect(message).toMatch(/^(?:Donaudampfschiff ?)+$/);
    }
  });

  test('more than eight are none', () => {
    expect(chatParts('😀'.repeat(7_000), 'Helper', DATE)).toHaveLength(8);
    expect(chatParts('😀'.repeat(8_500), 'Helper', DATE)).toBeUndefined();
  });

  test('any text and name are cut into whole characters within the bytes, and nothing is lost', () => {
    const unit = fc.oneof(
      { weight: 20, arbitrary: fc.string({ unit: 'grapheme', maxLength: 1 }) },
      fc.constant('\ud83d'),
    );
    const text = fc.string({ unit, maxLength: 3_000 }).map((one) => one.repeat(3).slice(0, 9_000));
    fc.assert(
      fc.property(text, fc.string({ unit: 'binary', maxLength: 300 }), (one, name) => {
        const parts = chatParts(one, name, DATE) ?? [];
        expect(parts.length).toBeGreaterThan(0);
        for (const part of parts) {
          expect(bytes(part)).toBeLessThanOrEqual(4_096);
          expect(part.message.isWellFormed()).toBe(true);
        }
        expect(together(parts)).toBe(one.toWellFormed().replace(/\s/g, ''));
        parts.forEach((_, count) => {
          const there = textOf(parts.slice(0, count), one);
          expect(one.toWellFormed().startsWith(there)).toBe(true);
          expect(there.replace(/\s/g, '')).toBe(together(parts.slice(0, count)));
        });
        expect(textOf(parts, one)).toBe(one.toWellFormed());
      }),
    );
  });
});

describe('the bot', () => {
  test('sends its messages to everybody, the parts of one in order, each when the last one is done', async () => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    const { answer } = pages;
    pages.answer = () => {};
    let sent: unknown;
    void room.send('ü'.repeat(3_000)).then((result) => {
      sent = result;
    });
    for (const count of [1, 2]) {
      await until(clock, () => pages.last.sent.length === count);
      await clock.pass(100);
      expect([pages.last.sent.length, sent]).toEqual([count, undefined]);
      pages.last.say({ done: count + 1 });
    }
    await until(clock, () => sent !== undefined);
    expect(sent).toEqual({ messageId: expect.any(String) });
    expect(pages.last.orders[1]).toMatchObject({
      to: '*',
      data: { event: 'chat-msg', name: 'Helper', date: new Date(clock.now() - 200).toISOString(), room: 'main-room' },
    });
    pages.answer = answer;
    await room.leave();
  });

  test('hears that a message could not be sent, and that a text is far too long', async () => {
    const { room, pages, enters } = await dailyRoom();
    await expect(room.send('hello')).rejects.toMatchObject({ name: 'ConnectorError', message: 'not in the call' });
    await enters();
    pages.answer = (page, { id }) => page.say({ failed: id, type: null, message: 'not allowed to send' });
    await expect(room.send('hello')).rejects.toMatchObject({ name: 'ConnectorError', message: 'not allowed to send' });
    await expect(room.send('😀'.repeat(9_000))).rejects.toMatchObject({ retryable: false });
  });

  test.each<[string, (pages: Pages) => void, string]>([
    ['the page is gone', ({ last }) => last.close(), 'the browser page is gone'],
    ['the call is', ({ last }) => last.happens({ action: 'error', type: 'ejected', message: '' }), 'leaving'],
    ['a part fails', ({ last }) => last.say({ failed: 3, type: null, message: 'no' }), 'no'],
  ])('says what of a text has arrived when %s before the rest', async (_, end, reason) => {
    const { room, pages, enters, clock, said } = await dailyRoom();
    await enters();
    pages.answer = () => {};
    const text = 'Donaudampfschiff '.repeat(300);
    const sending = room.send(text);
    await until(clock, () => pages.last.sent.length === 1);
    pages.last.say({ done: 2 });
    await until(clock, () => pages.last.sent.length === 2);
    end(pages);
    const first = pages.last.sent[0] as ChatMessage;
    expect(await sending).toEqual({ messageId: expect.any(String), text: first.message });
    expect(text.startsWith(first.message)).toBe(true);
    expect(said).toEqual([`message sent in part, 1 of 2: ${reason}`]);
  });

  test('says no more when it leaves, and leaves when what is on its way has arrived', async () => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    const { answer } = pages;
    pages.answer = (page, order) => (order.do === 'send' ? undefined : answer(page, order));
    const order: string[] = [];
    const sending = room.send('ü'.repeat(3_000)).then(({ text }) => order.push(`sent ${text?.length}`));
    await until(clock, () => pages.last.sent.length === 1);
    const leaving = room.leave().then(() => order.push('left'));
    await clock.pass(999);
    expect(pages.last.orders.map((one) => one.do)).toEqual(['join', 'send']);
    pages.last.say({ done: 2 });
    await Promise.all([sending, leaving]);
    const { message } = pages.last.sent[0] as ChatMessage;
    expect(order).toEqual([`sent ${message.length}`, 'left']);
    expect(pages.last.orders.map((one) => one.do)).toEqual(['join', 'send', 'leave']);
    expect(clock.waiting).toBe(0);
  });

  test('leaves all the same when it does not arrive', async () => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    const { answer } = pages;
    pages.answer = (page, order) => (order.do === 'send' ? undefined : answer(page, order));
    const order: string[] = [];
    const sending = room.send('hello').catch((error: Error) => order.push(error.message));
    await until(clock, () => pages.last.sent.length === 1);
    const leaving = room.leave().then(() => order.push('left'));
    await clock.pass(1_000);
    await Promise.all([sending, leaving]);
    expect(order).toEqual(['leaving', 'left']);
    expect(clock.waiting).toBe(0);
  });

  test('takes a page that does not answer for lost', async () => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    pages.answer = () => {};
    const sending = room.send('hello');
    sending.catch(() => {});
    await clock.pass(1);
    const telling = room.tell({ roomd: {} });
    telling.catch(() => {});
    await until(clock, () => pages.last.sent.length === 2);
    await clock.pass(9_999);
    const message = 'expected the browser page to answer within 10000 ms';
    for (const asked of [sending, telling]) await expect(asked).rejects.toMatchObject({ message, retryable: true });
    expect(clock.waiting).toBe(0);
    await expect(room.ended).rejects.toMatchObject({ message, retryable: true });
    await until(clock, () => pages.last.closed);
  });

  test('tells programs what it is given', async () => {
    const { room, pages, enters } = await dailyRoom();
    await enters();
    await room.tell({ roomd: { topic: 'a' } });
    expect(pages.last.orders.at(-1)).toEqual({ do: 'send', id: 2, data: { roomd: { topic: 'a' } }, to: '*' });
  });
});
