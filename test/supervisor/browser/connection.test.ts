import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type HostLine, MAX_PAGE_LINE } from '../../../spec/page-host.ts';
import type { PageListener } from '../../../supervisor/browser/host/call-page.ts';
import { serveConnection } from '../../../supervisor/browser/host/connection.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { type BotSide, callUp } from './bot-side.ts';

class PageDouble {
  readonly taken: string[] = [];
  readonly gate = Promise.withResolvers<void>();
  closes = 0;
  released = 0;
  /** What it does with a line. */
  take = async (line: string): Promise<void> => void this.taken.push(line);

  async close(): Promise<void> {
    this.closes++;
  }
}

interface Rig {
  readonly bot: BotSide;
  readonly page: PageDouble;
  readonly listener: PageListener;
  readonly clock: FakeClock;
  readonly ends: HostLine[];
  readonly troubles: string[];
  readonly over: Promise<void>;
  readonly socket: Socket;
}

/** A real connection, with a page that the test has in its hand: open when its gate is. */
async function rig(open: (page: PageDouble) => Promise<void> = async () => {}): Promise<Rig> {
  const clock = new FakeClock();
  const page = new PageDouble();
  const ends: HostLine[] = [];
  const troubles: string[] = [];
  const path = join(await temporaryFolder(), 'socket');
  const asked = Promise.withResolvers<PageListener>();
  const served = Promise.withResolvers<{ over: Promise<void>; socket: Socket }>();
  const server = createServer((socket) => {
    const { over } = serveConnection(socket, {
      clock,
      async open(listener) {
        asked.resolve(listener);
        await open(page);
        return { page, release: async () => void page.released++ };
      },
      onEnd: (line) => ends.push(line),
      onTrouble: (text) => troubles.push(text),
    });
    served.resolve({ over, socket });
  }).listen(path);
  onTestFinished(() => void server.close());
  await once(server, 'listening');
  const bot = await callUp(path);
  return { bot, page, clock, ends, troubles, listener: await asked.promise, ...(await served.promise) };
}

describe('a connection and its page', () => {
  it('says that it is ready first, then what the page has said meanwhile', async () => {
    const { bot, listener, page } = await rig((page) => page.gate.promise);
    listener.onLine('{"event":1}');
    listener.onLine('{"event":2}');
    page.gate.resolve();
    expect([await bot.next(), await bot.next(), await bot.next()]).toEqual([
      { host: 'ready' },
      { event: 1 },
      { event: 2 },
    ]);
  });

  it('hands lines over in order, one after the other, both ways', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(fc.jsonValue(), { maxLength: 50 }), async (values) => {
        const { bot, page, listener } = await rig();
        let inside = 0;
        page.take = async (line) => {
          expect(++inside).toBe(1);
          await setImmediate();
          inside--;
          page.taken.push(line);
          listener.onLine(JSON.stringify({ back: JSON.parse(line) }));
        };
        const lines = values.map((value, i) => JSON.stringify({ i, value }));
        // Cut anywhere.
        const bytes = Buffer.from(lines.map((line) => `${line}\n`).join(''));
        bot.socket.write(bytes.subarray(0, bytes.length / 2));
        bot.socket.write(bytes.subarray(bytes.length / 2));
        expect(await bot.next()).toEqual({ host: 'ready' });
        for (const line of lines) expect(await bot.next()).toEqual({ back: JSON.parse(line) });
        expect(page.taken).toEqual(lines);
        bot.hangUp();
      }),
      { numRuns: 20 },
    );
  });

  it('closes the page when the bot hangs up', async () => {
    const { bot, page, over, ends } = await rig();
    await bot.next();
    bot.hangUp();
    await over;
    expect([page.released, ends]).toEqual([1, []]);
  });

  it('gives back what was opened for a bot that had hung up already', async () => {
    const { bot, page, over } = await rig((page) => page.gate.promise);
    bot.hangUp();
    await bot.closed;
    page.gate.resolve();
    await over;
    expect(page.released).toBe(1);
  });

  it('tells the bot why its page is gone, once, and ends', async () => {
    const { bot, page, listener, over, ends } = await rig();
    await bot.next();
    listener.onGone('the page has crashed');
    listener.onGone('the page was closed');
    listener.onLine('{"event":1}');
    expect(await bot.next()).toEqual({ host: 'crashed', reason: 'the page has crashed' });
    expect(await bot.next()).toBeUndefined();
    await over;
    expect(ends.length).toBe(1);
    expect(page.released).toBe(1);
    // At once, not when the bot has read the news.
    expect(page.closes).toBe(1);
  });

  it('tells the bot in one line why there is no page', async () => {
    const { bot, over, page } = await rig(() => Promise.reject(new Error('page.goto: it failed\nCall log: all of it')));
    expect(await bot.next()).toEqual({ host: 'refused', reason: 'page.goto: it failed' });
    await over;
    expect(page.released).toBe(0);
  });

  it.each([
    ['a line of the host', '{"host":"ready"}', 'no JSON object'],
    ['two lines', '{}\n{}', 'no JSON object'],
    ['a long line', JSON.stringify({ x: 'x'.repeat(MAX_PAGE_LINE) }), 'expected at most'],
  ])('ends with a page that says %s', async (_, line, reason) => {
    const { bot, listener, page, over } = await rig();
    await bot.next();
    listener.onLine(line);
    expect(await bot.next()).toEqual({ host: 'crashed', reason: expect.stringContaining(reason) });
    await over;
    expect(page.released).toBe(1);
  });

  it.each([
    ['a long line', Buffer.from(`${'x'.repeat(MAX_PAGE_LINE + 1)}\n`), 'line_too_long'],
    ['no UTF-8', Buffer.from([0xff, 0x0a]), 'invalid_utf8'],
  ])('ends with a bot that says %s', async (_, bytes, fault) => {
    const { bot, page, over } = await rig();
    await bot.next();
    bot.socket.write(bytes);
    expect(await bot.next()).toEqual({ host: 'crashed', reason: expect.stringContaining(fault) });
    await over;
    expect(page.taken).toEqual([]);
  });

  it('ends with a bot that does not read, even when it stays', async () => {
    const { bot, listener, clock, over, ends } = await rig();
    await bot.next();
    bot.socket.pause();
    const line = JSON.stringify({ x: 'x'.repeat(200_000) });
    // The system's own buffers take some of it.
    while (ends.length === 0) {
      listener.onLine(line);
      await setImmediate();
      clock.advance(100);
    }
    expect(ends).toEqual([{ host: 'crashed', reason: expect.stringContaining("doesn't read") }]);
    clock.advance(5_000);
    await over;
  });

  it('tells the page that its lines are taken when the bot has read them', async () => {
    const { bot, listener, ends } = await rig();
    await bot.next();
    expect(listener.onLine('{}')).toBeUndefined();
    bot.socket.pause();
    const line = JSON.stringify({ x: 'x'.repeat(50_000) });
    let taken: Promise<void> | undefined;
    while (taken === undefined) {
      taken = listener.onLine(line);
      await setImmediate();
    }
    expect(await Promise.race([taken.then(() => 'taken'), setImmediate('waiting')])).toBe('waiting');
    bot.socket.resume();
    await taken;
    expect(ends).toEqual([]);
  });

  it('slows a page that says much', async () => {
    const { bot, listener, clock, ends } = await rig();
    bot.socket.resume();
    for (let i = 0; i < 2_000; i++) listener.onLine('{}');
    await setImmediate();
    const taken = listener.onLine('{}');
    expect(listener.onLine('{}')).toBe(taken);
    expect(clock.waiting).toBe(1);
    await clock.pass(10);
    await taken;
    expect([clock.waiting, ends]).toEqual([0, []]);
  });

  it('ends with a page that does not take what its bot says', async () => {
    const { bot, page, over } = await rig();
    page.take = () => new Promise(() => {});
    await bot.next();
    const line = `${JSON.stringify({ x: 'x'.repeat(200_000) })}\n`;
    for (let i = 0; i < 7; i++) bot.socket.write(line);
    expect(await bot.next()).toEqual({ host: 'crashed', reason: expect.stringContaining("doesn't take") });
    await over;
  });

  it('goes on after a line that the page threw at', async () => {
    const { bot, page, troubles } = await rig();
    page.take = async (line) => {
      page.taken.push(line);
      if (page.taken.length === 1) throw new Error('no such order');
    };
    await bot.next();
    bot.tell('first');
    bot.tell('second');
    while (page.taken.length < 2) await setImmediate();
    expect(troubles).toEqual(['no such order']);
  });

  it('passes on only so many complaints', async () => {
    const { listener, troubles } = await rig();
    for (let i = 0; i < 1_000; i++) listener.onTrouble(`trouble ${i}`);
    expect(troubles.length).toBe(101);
    expect(troubles.at(-1)).toContain('left out');
  });
});
