import { describe, expect, it } from 'vitest';
import { entry, openLog, roomView, spoken, startServer, wrap } from '../http/rig.ts';
import { type Capture, start } from './rig.ts';

const happened = (i: number) => ({ payload: `{"i":${i}}`, topic: 'room.made.up' });

async function ended(tail: ReturnType<typeof start>): Promise<number> {
  tail.stop.abort('SIGINT');
  return tail.code;
}

describe('roomd tail', () => {
  it('shows events to a person as they happen, until Ctrl-C', async () => {
    const { url, append, rooms } = await startServer();
    rooms.add(roomView('r'));
    const tail = start(['tail', 'r'], { url, tty: true });
    expect(await tail.err.until(1)).toEqual([`following r at ${url}, Ctrl-C ends`]);
    await append(spoken('Shall we begin?'), { roomId: 'other' }, spoken('Yes.'));
    const lines = await tail.out.until(2);
    expect(lines[0]).toMatch(/^\d\d:\d\d:\d\d {2}room\.transcript\.received {7,}ada: Shall we begin\?$/);
    expect(lines[1]).toContain('ada: Yes.');
    expect(await ended(tail)).toBe(0);
    expect(tail.err.lines).toHaveLength(1);
  });

  it('names the room where there are many, and keeps to the width of the terminal', async () => {
    const { url, append } = await startServer();
    await append(spoken('long '.repeat(100), 'standup'));
    const tail = start(['tail', '--from', 'start'], { url, tty: true });
    const [line = ''] = await tail.out.until(1);
    expect(line).toMatch(/^\S+ {2}standup {2}room\.transcript\.received/);
    expect(line).toHaveLength(100);
    await ended(tail);
  });

  it('hands a program what the daemon sent, integers above 2^53 included', async () => {
    const { url, log } = await startServer();
    const big = entry({ payload: '{"big":12345678901234567890}' });
    await log.append([big]);
    for (const [argv, tty] of [
      [['tail', '--from', 'start'], false],
      [['tail', '--from', 'start', '--json'], true],
    ] as const) {
      const tail = start([...argv], { url, tty });
      expect(await tail.out.until(1)).toEqual([`{"position":"${log.epoch}.1","envelope":${big.json}}`]);
      await ended(tail);
    }
  });

  it('takes a topic and a position', async () => {
    const { url, append, log } = await startServer();
    await append(happened(1), happened(2), { topic: 'bot.other' }, happened(3));
    const tail = start(['tail', '--topic', 'room.**', '--from', `${log.epoch}.1`], { url });
    expect((await tail.out.until(2)).map((line) => (JSON.parse(line) as { position: string }).position)).toEqual([
      `${log.epoch}.2`,
      `${log.epoch}.4`,
    ]);
    await ended(tail);
  });

  it('says when the position is of another history', async () => {
    const { url, append } = await startServer();
    await append(happened(1));
    const tail = start(['tail', '--from', 'otherepoch.7'], { url });
    expect(await tail.err.until(1)).toEqual(['some events before this point are no longer kept']);
    expect(await tail.out.until(1)).toHaveLength(1);
    await ended(tail);
  });

  it('says when events are missing on the way', async () => {
    const log = openLog();
    await log.append([entry(happened(1)), entry(happened(2))]);
    const overtaken = wrap(log, async (query) => ({
      ...(await log.read({ ...query, limit: 1 })),
      gap: query.after === 1,
    }));
    const { url } = await startServer({ log: overtaken });
    const tail = start(['tail', '--from', 'start'], { url });
    await tail.out.until(2);
    expect(tail.err.lines).toEqual([`some events between ${log.epoch}.1 and ${log.epoch}.2 are no longer kept`]);
    await ended(tail);
  });

  it.each([
    ['--from', 'yesterday', 'EPOCH.OFFSET'],
    ['--topic', 'a..b', 'expected a topic or a pattern'],
  ])('ends with 1 when %s is %s', async (option, value, message) => {
    const { url } = await startServer();
    const tail = start(['tail', option, value], { url });
    expect([await tail.code, tail.err.text]).toEqual([1, expect.stringContaining(message)]);
  });

  it('goes on from where it was when the connection is lost, and says so once', async () => {
    const first = await startServer();
    const { url, log } = first;
    await first.append(happened(1));
    const tail = start(['tail', '--from', 'start'], { url });
    await tail.out.until(1);
    await first.server.close();
    expect(await tail.err.until(1)).toEqual([`connection lost: trying again from ${log.epoch}.1`]);
    await failAgain(tail, 3);
    await log.append([entry(happened(2))]);
    await startServer({ log, port: Number(new URL(url).port) });
    await passUntil(tail, tail.err, 2);
    await log.append([entry(happened(3))]);
    const seen = (await tail.out.until(3)).map((line) => (JSON.parse(line) as { position: string }).position);
    expect(seen).toEqual([1, 2, 3].map((offset) => `${log.epoch}.${offset}`));
    expect(tail.err.lines).toEqual([`connection lost: trying again from ${log.epoch}.1`, 'connected again']);
    expect(await ended(tail)).toBe(0);
  });

  it('says what it missed when the history was lost meanwhile', async () => {
    const first = await startServer();
    const tail = start(['tail', '--from', 'start'], { url: first.url });
    await first.append(happened(1));
    await tail.out.until(1);
    await first.server.close();
    await tail.err.until(1);
    const second = await startServer({ port: Number(new URL(first.url).port) });
    await second.append(happened(1));
    await passUntil(tail, tail.err, 3);
    expect(tail.err.lines.slice(1)).toEqual(['connected again', 'some events before this point are no longer kept']);
    await ended(tail);
  });

  it('gives up when the daemon that came back refuses it', async () => {
    const first = await startServer();
    first.rooms.add(roomView('r'));
    const tail = start(['tail', 'r'], { url: first.url });
    await first.streams.until(1);
    await first.append({ roomId: 'r' });
    await tail.out.until(1);
    await first.server.close();
    await tail.err.until(1);
    await startServer({ port: Number(new URL(first.url).port) });
    await passUntil(tail, tail.err, 2);
    expect(await tail.code).toBe(1);
    expect(tail.err.text).toContain('no room "r"');
  });

  it('ends while it waits to try again', async () => {
    const { url, server } = await startServer();
    const tail = start(['tail'], { url, tty: true });
    await tail.err.until(1);
    await server.close();
    await tail.err.until(2);
    expect(await ended(tail)).toBe(0);
  });
});

/** Longer than any pause between two attempts to connect. */
const LONGEST_PAUSE_MS = 5_000;

/** Lets time pass whenever the command waits for it, until so many lines are there. */
async function passUntil(tail: ReturnType<typeof start>, output: Capture, lines: number): Promise<void> {
  let there = false;
  const done = output.until(lines).then(() => {
    there = true;
  });
  while (!there) {
    if (tail.clock.waiting > 0) tail.clock.advance(LONGEST_PAUSE_MS);
    await new Promise((resolve) => setImmediate(resolve));
  }
  await done;
}

/** Lets so many attempts to connect again fail. */
async function failAgain(tail: ReturnType<typeof start>, times: number): Promise<void> {
  for (let failures = 0; failures < times; await new Promise((resolve) => setImmediate(resolve))) {
    if (tail.clock.waiting === 0) continue;
    tail.clock.advance(LONGEST_PAUSE_MS);
    failures++;
  }
}
