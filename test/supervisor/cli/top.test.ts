import { createHash } from 'node:crypto';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import type { BotView, RoomView } from '../../../supervisor/room/api.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { roomView, STOPPED, startServer } from '../http/rig.ts';
import { type CallOptions, call, passing, start } from './rig.ts';

const INTERVAL_MS = 2_000;
const CLOSED = '\u001b[?7h\u001b[?25h\u001b[?1049l';
const KEYS = 'q quits, a all; first by m memory, c cpu, e events, n name';
const now = new FakeClock().now();

const bot = (name: string, change: Partial<BotView> = {}): BotView => ({
  bot: name,
  warm: { floor: 0, target: 0, ready: 0, starting: 0 },
  assignments: { warm: 0, cold: 0, unanswered: 0 },
  problem: null,
  ...change,
});

const room = (roomId: string, mebibytes: number, cpuShare: number, change: Partial<RoomView> = {}) =>
  roomView(roomId, {
    startedAt: now - 65_000,
    lastEventAt: now - 400,
    usage: { pssBytes: mebibytes * 2 ** 20, cpuShare },
    ...change,
  });

const counted = (events: number) => ({ events, violations: 0, rejected: 0, dropped: 0 });
const OVER = roomView('over', { state: 'failed', pid: null, stop: STOPPED });

type Top = ReturnType<typeof start>;

/** Watches on a terminal, and has seen the first answer. */
async function watch(options: CallOptions, ...argv: string[]): Promise<Top> {
  const top = start(['top', ...argv], { tty: true, ...options });
  await top.out.when(() => top.out.frames.length > 0);
  return top;
}

const frame = ({ out }: Top): string[] => out.frames.at(-1) ?? [];
/** The names of the rooms of the table, in order. */
const names = (top: Top): string[] =>
  frame(top)
    .slice(frame(top).findIndex((line) => line.startsWith('ROOM')) + 1, -1)
    .map((line) => line.split(' ')[0] ?? '');

/** Lets the pause between two looks pass, and waits for what is drawn then. */
async function next(top: Top): Promise<string[]> {
  const { length } = top.out.frames;
  while (top.clock.waiting === 0) await setImmediate();
  await setImmediate();
  top.clock.advance(INTERVAL_MS);
  await top.out.when(() => top.out.frames.length > length);
  return frame(top);
}

async function quit(top: Top): Promise<number> {
  top.input.type('q');
  return top.code;
}

describe('roomd top on a terminal', () => {
  it('shows rooms, what they take, and who waits for one', async () => {
    const { url, rooms } = await startServer();
    rooms.add(
      room('lobby', 30, 0.12, { counts: { ...counted(3), violations: 2 } }),
      room('standup', 1200, 1.5, { attempt: 3, bot: 'mine', connector: 'transcript' }),
      roomView('fresh', { state: 'starting', pid: null, startedAt: now }),
      OVER,
    );
    rooms.pools = [
      bot('default', { warm: { floor: 2, target: 4, ready: 3, starting: 1 } }),
      bot('cold'),
      bot('mine', { warm: { floor: 1, target: 1, ready: 0, starting: 0 }, problem: 'it ended before it was ready' }),
    ];
    const top = await watch({ url });
    expect(frame(top)).toEqual([
      `roomd at ${url}  1 starting, 2 live  1,230 MiB, 162% of a processor`,
      'warm  default 3/4 +1  mine 0/1',
      'mine: it ended before it was ready',
      '',
      'ROOM     STATE     BOT      ATTEMPT   PID     UP     MEMORY   CPU  EVENTS/S  VIOLATIONS  LAST EVENT',
      'standup  live      mine           3  4711  1 min  1,200 MiB  150%         -           0  400 ms ago',
      'lobby    live      default        1  4711  1 min     30 MiB   12%         -           2  400 ms ago',
      'fresh    starting  default        1     -   0 ms          -     -         -           0           -',
      KEYS,
    ]);
    expect(await quit(top)).toBe(0);
    expect(top.err.text).toBe('');
  });

  it('counts events from one look to the next', async () => {
    const { url, rooms } = await startServer();
    rooms.add(room('a', 2, 0, { counts: counted(3) }), room('b', 1, 0, { counts: counted(900) }));
    const top = await watch({ url });
    rooms.add(room('a', 2, 0, { counts: counted(4) }), room('b', 1, 0, { counts: counted(3_300) }), room('c', 0, 0));
    const rates = async () => (await next(top)).slice(3, -1).map((line) => line.split(/ {2,}/)[8]);
    expect(await rates()).toEqual(['0.5', '1,200', '-']);
    // Another room of the same name.
    rooms.add(room('b', 1, 0, { counts: counted(5_000), startedAt: now }), room('a', 2, 0, { counts: counted(1) }));
    expect(await rates()).toEqual(['-', '-', '0.0']);
    await quit(top);
  });

  it('puts first what is asked for, by option or by key, and the unknown last', async () => {
    const { url, rooms } = await startServer();
    rooms.add(roomView('d'), room('c', 2, 2), room('b', 3, 1), room('a', 1, 3));
    const top = await watch({ url }, '--sort', 'cpu');
    expect(names(top)).toEqual(['a', 'c', 'b', 'd']);
    const orders = [
      ['m', ['b', 'c', 'a', 'd']],
      ['n', ['a', 'b', 'c', 'd']],
      ['c', ['a', 'c', 'b', 'd']],
    ] as const;
    for (const [key, order] of orders) {
      top.input.type(key);
      expect([key, names(top)]).toEqual([key, order]);
    }
    rooms.add(room('c', 2, 2, { counts: counted(13) }), room('b', 3, 1, { counts: counted(8) }));
    await next(top);
    top.input.type('e');
    expect(names(top)).toEqual(['c', 'b', 'a', 'd']);
    await quit(top);
  });

  it('leaves out what has ended, until asked', async () => {
    const { url, rooms } = await startServer();
    rooms.add(room('a', 1, 1), OVER);
    const top = await watch({ url });
    expect(names(top)).toEqual(['a']);
    top.input.type('a');
    await next(top);
    expect(names(top)).toEqual(['a', 'over']);
    expect(frame(top)[0]).toContain('1 live, 1 failed');
    expect(frame(top).at(-2)?.split(/ {2,}/)).toEqual([
      'over',
      'failed',
      'default',
      '1',
      '-',
      '-',
      '-',
      '-',
      '-',
      '0',
      '-',
    ]);
    top.input.type('a');
    expect(names(top)).toEqual(['a']);
    await quit(top);
    const all = await watch({ url }, '--all');
    expect(names(all)).toEqual(['a', 'over']);
    await quit(all);
  });

  it('says when there is nothing', async () => {
    const { url, rooms } = await startServer();
    const top = await watch({ url });
    expect(frame(top)).toEqual([`roomd at ${url}  no rooms`, '', 'no room runs', KEYS]);
    top.input.type('a');
    expect(frame(top)[2]).toContain('roomd spawn ROOM');
    rooms.add(room('a', 1, 1));
    await next(top);
    expect(names(top)).toEqual(['a']);
    await quit(top);
  });

  it.each([
    [100, 30, 20],
    [100, 12, 2],
    [60, 8, 0],
    [20, 5, 0],
    [8, 1, 0],
  ])('keeps to %i columns and %i rows', async (columns, rows, shown) => {
    const { url, rooms: fake } = await startServer();
    for (let i = 0; i < 100; i++) fake.add(room(`長い-${i}`, 100 - i, 0.5, { attempt: i }));
    fake.pools = Array.from({ length: 9 }, (_, i) =>
      bot(`b${i}`, { warm: { floor: 1, target: 1, ready: 1, starting: 0 }, problem: 'long '.repeat(60) }),
    );
    const top = await watch({ url });
    Object.assign(top.out, { columns, rows });
    top.out.emit('resize');
    expect(frame(top).length).toBeLessThanOrEqual(rows);
    for (const line of frame(top)) expect(line.length).toBeLessThanOrEqual(columns);
    const seen = frame(top).filter((line) => /^長い-\d+ /.test(line));
    expect(seen).toHaveLength(shown);
    if (shown > 0) expect(frame(top)).toContain(`… and ${100 - shown} more`);
    await quit(top);
  });

  it('drops columns that do not fit, and keeps name, state and memory', async () => {
    const { url, rooms } = await startServer();
    rooms.add(room('lobby', 30, 0.12));
    const top = await watch({ url });
    top.out.columns = 24;
    top.out.emit('resize');
    expect(frame(top).slice(2, 4)).toEqual(['ROOM   STATE  MEMORY', 'lobby  live   30 MiB']);
    await quit(top);
  });

  it('cannot be made to move the cursor', async () => {
    const { url, rooms } = await startServer();
    const evil = 'x\u001b[2J\u0007\n\u202e';
    rooms.add(room('a', 1, 1, { bot: evil }));
    rooms.pools = [bot(evil, { warm: { floor: 1, target: 1, ready: 0, starting: 0 }, problem: evil })];
    const top = await watch({ url, env: { NO_COLOR: '1' } });
    const [, ...parts] = top.out.text.split('\u001b');
    const own = ['[?1049h', '[?25l', '[?7l', '[H', '[K', '[J'];
    const drawn = parts
      .map((part) => part.slice(own.find((code) => part.startsWith(code))?.length).replace('\r\n', ''))
      .join('');
    expect(parts.filter((part) => !own.some((code) => part.startsWith(code)))).toEqual([]);
    expect([...drawn].filter((char) => char < ' ' || char === '\u202e')).toEqual([]);
    expect(drawn).toContain('x [2J');
    await quit(top);
  });

  it('leaves arrows and other keys alone', async () => {
    const { url, rooms } = await startServer();
    rooms.add(room('a', 1, 1));
    const top = await watch({ url });
    const { length } = top.out.frames;
    for (const keys of ['\u001b[A', '\u001bq', '\u001b[200~q', 'x', '__proto__']) top.input.type(keys);
    await setImmediate();
    expect([top.out.frames.length, top.input.isRaw]).toEqual([length, true]);
    await quit(top);
  });
});

describe('roomd top gives the terminal back', () => {
  const ways: [string, (top: Top) => void][] = [
    ['q', (top) => top.input.type('q')],
    ['Ctrl-C on the keyboard', (top) => top.input.type('\u0003')],
    ['Ctrl-D', (top) => top.input.type('\u0004')],
    ['a signal', (top) => top.stop.abort('SIGTERM')],
    ['a keyboard that is gone', (top) => top.input.emit('error', new Error('EIO'))],
  ];
  it.each(ways)('on %s', async (_name, end) => {
    const { url } = await startServer();
    const top = await watch({ url });
    expect([top.input.isRaw, top.input.isRead]).toEqual([true, true]);
    expect(top.out.text.startsWith('\u001b[?1049h\u001b[?25l\u001b[?7l')).toBe(true);
    end(top);
    expect(await top.code).toBe(0);
    expect(top.out.text.endsWith(CLOSED)).toBe(true);
    expect([top.input.isRaw, top.input.isRead, top.input.listenerCount('data')]).toEqual([false, false, 0]);
    expect([top.out.listenerCount('resize'), top.clock.waiting, top.err.text]).toEqual([0, 0, '']);
  });

  it('while it waits for an answer', async () => {
    const { url, rooms } = await startServer();
    const top = await watch({ url });
    const asked = new Promise<void>((resolve) => {
      rooms.list = () => {
        resolve();
        return new Promise(() => undefined);
      };
    });
    while (top.clock.waiting === 0) await setImmediate();
    top.clock.advance(INTERVAL_MS);
    await asked;
    expect(await quit(top)).toBe(0);
    expect(top.out.text.endsWith(CLOSED)).toBe(true);
  });

  it('before it says that it is refused', async () => {
    const first = await startServer();
    const top = await watch({ url: first.url });
    await first.server.close();
    const sha256 = createHash('sha256').update('secret').digest('hex');
    const tokens = [{ name: 't', sha256, scopes: ['rooms:read' as const] }];
    await startServer({ tokens, port: Number(new URL(first.url).port) });
    expect(await passing(top, INTERVAL_MS)).toBe(1);
    expect([top.out.text.endsWith(CLOSED), top.input.isRaw]).toEqual([true, false]);
    expect(top.err.text).toContain('; set ROOMD_TOKEN');
  });

  it('and does not take it when nobody answers, or it cannot be redrawn', async () => {
    const { url, server } = await startServer();
    const dumb = await call(['top'], { url, tty: true, env: { TERM: 'dumb' } });
    expect([dumb.code, dumb.out.text, dumb.err.text]).toEqual([1, '', expect.stringContaining('use --json')]);
    await server.close();
    const { code, out, err } = await call(['top'], { url, tty: true });
    expect([code, out.text, err.text]).toEqual([1, '', expect.stringContaining('no roomd at')]);
  });
});

describe('roomd top and a daemon that', () => {
  it('goes away and returns', async () => {
    const first = await startServer();
    first.rooms.add(room('a', 1, 1));
    const top = await watch({ url: first.url });
    await first.server.close();
    for (const age of ['2 s', '4 s']) {
      const lines = await next(top);
      expect(lines[1]).toMatch(new RegExp(`^as it was ${age} ago: no (?:roomd|answer)`));
      expect(names(top)).toEqual(['a']);
    }
    const second = await startServer({ port: Number(new URL(first.url).port) });
    second.rooms.add(room('b', 1, 1));
    expect((await next(top)).join('\n')).not.toContain('as it was');
    expect(names(top)).toEqual(['b']);
    await quit(top);
  });

  it('is slow is not asked twice at once, and the wait is told', async () => {
    const { url, rooms } = await startServer();
    rooms.add(room('a', 1, 1));
    const top = await watch({ url });
    const answers: (() => void)[] = [];
    let asked = () => {};
    const first = new Promise<void>((resolve) => {
      asked = resolve;
    });
    rooms.list = () =>
      new Promise((resolve) => {
        answers.push(() => resolve([room('b', 1, 1)]));
        asked();
      });
    while (top.clock.waiting === 0) await setImmediate();
    top.clock.advance(INTERVAL_MS);
    await first;
    expect((await next(top))[1]).toBe('as it was 4 s ago: no answer for 2 s');
    expect((await next(top))[1]).toBe('as it was 6 s ago: no answer for 4 s');
    expect(answers).toHaveLength(1);
    const { length } = top.out.frames;
    answers[0]?.();
    await top.out.when(() => top.out.frames.length > length);
    expect([names(top), frame(top)[1]]).toEqual([['b'], '']);
    await quit(top);
  });

  it('fails for once is asked again', async () => {
    const { url, rooms } = await startServer();
    const top = await watch({ url });
    const { list } = rooms;
    rooms.list = () => Promise.reject(new Error('disk'));
    expect((await next(top))[1]).toContain('as it was 2 s ago: Something went wrong inside roomd');
    rooms.list = list;
    expect((await next(top))[1]).toBe('');
    await quit(top);
  });
});

describe('roomd top for programs', () => {
  it.each([
    ['piped', false, []],
    ['--json', true, ['--json']],
  ])('is one JSON object a look: %s', async (_name, tty, argv) => {
    const { url, rooms } = await startServer();
    rooms.add(room('a', 1, 1), room('b', 2, 1), OVER);
    rooms.pools = [bot('default')];
    const top = start(['top', ...argv], { url, tty });
    await top.out.until(1);
    rooms.add(room('a', 1, 1, { counts: counted(8) }));
    while (top.clock.waiting === 0) await setImmediate();
    top.clock.advance(INTERVAL_MS);
    const looks = (await top.out.until(2)).map((line) => JSON.parse(line) as unknown);
    expect(looks).toEqual([
      {
        at: now,
        rooms: [
          { ...room('b', 2, 1), eventsPerSecond: null },
          { ...room('a', 1, 1), eventsPerSecond: null },
        ],
        bots: rooms.pools,
      },
      {
        at: now + INTERVAL_MS,
        rooms: [
          { ...room('b', 2, 1), eventsPerSecond: 0 },
          { ...room('a', 1, 1, { counts: counted(8) }), eventsPerSecond: 2.5 },
        ],
        bots: rooms.pools,
      },
    ]);
    top.stop.abort('SIGINT');
    expect([await top.code, top.err.text, top.out.text.includes('\u001b')]).toEqual([0, '', false]);
  });

  it('tells of a daemon that goes away and returns on stderr, once', async () => {
    const first = await startServer();
    const top = start(['top', '--all'], { url: first.url });
    await top.out.until(1);
    await first.server.close();
    while (top.clock.waiting === 0) await setImmediate();
    top.clock.advance(INTERVAL_MS);
    await top.err.until(1);
    await failAgain(top);
    const second = await startServer({ port: Number(new URL(first.url).port) });
    second.rooms.add(OVER);
    const [, line = ''] = await pass(top, top.out.until(2));
    expect(JSON.parse(line)).toMatchObject({ rooms: [{ roomId: 'over' }] });
    expect(top.err.lines).toEqual([expect.stringMatching(/^no (?:roomd|answer)/), 'answered again']);
    top.stop.abort('SIGINT');
    expect(await top.code).toBe(0);
  });

  it.each([
    [['--interval', 'often'], 'expected --interval to be a duration from 100ms to 1h, such as 2s, got "often"'],
    [['--interval', '1ms'], 'got "1ms"'],
    [['--interval', '2h'], 'got "2h"'],
    [['--sort', 'size'], 'Allowed choices are memory, cpu, events, name'],
  ])('%j ends with 2', async (argv, message) => {
    const { code, err } = await call(['top', ...argv]);
    expect([code, err.text]).toEqual([2, expect.stringContaining(message)]);
  });
});

/** Lets one more attempt fail: it is over when the next pause has begun. */
async function failAgain(top: Top): Promise<void> {
  while (top.clock.waiting === 0) await setImmediate();
  await setImmediate();
  top.clock.advance(INTERVAL_MS);
}

/** Lets time pass whenever the command waits for it, until something has come true. */
async function pass<T>(top: Top, something: Promise<T>): Promise<T> {
  let isThere = false;
  const done = something.finally(() => {
    isThere = true;
  });
  while (!isThere) {
    if (top.clock.waiting > 0) top.clock.advance(INTERVAL_MS);
    await setImmediate();
  }
  return done;
}
