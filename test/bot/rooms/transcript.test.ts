import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, onTestFinished, test } from 'vitest';
import { ConnectorError } from '../../../bot/rooms/port.ts';
import { TranscriptRoom } from '../../../bot/rooms/transcript.ts';
import { testBus } from '../../helpers/test-bus.ts';

type Said = [start: number, end: number, participant: string, text?: string];

async function setUp(said: Said[] | string, speed = 1) {
  const folder = await mkdtemp(join(tmpdir(), 'roomd-test-'));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const lines =
    typeof said === 'string'
      ? said
      : said
          .map(([start, end, participant, text = '']) => JSON.stringify({ start, end, participant, text }))
          .join('\n');
  await writeFile(join(folder, 'talk.jsonl'), lines);
  const parts = testBus();
  const room = new TranscriptRoom(
    { folder, meeting: 'talk', speed },
    { ...parts, onError: () => expect.unreachable(), say: () => {} },
  );
  const seen: string[] = [];
  parts.bus.subscribe('room.**', ({ topic, payload }) => {
    const p = payload as unknown as Record<string, unknown>;
    const words = topic.split('.').slice(1).join(' ');
    const detail = 'speaking' in p ? `${p.participantId} of ${p.speaking} at ${p.at}` : p.participantId;
    seen.push(`${words}: ${'endAt' in p ? `${detail} ${p.at}-${p.endAt} ${p.text}` : detail}`);
  });
  return { ...parts, room, seen, signal: new AbortController().signal };
}

const talk: Said[] = [
  [1, 4, 'A', 'a long story'],
  [2, 3, 'B', 'mhm'],
  [3.5, 6, 'B', 'but'],
  [4, 5, 'C', 'and'],
  [6, 7, 'B', 'so'],
];

const happens = [
  'participant joined: A',
  'participant joined: B',
  'participant joined: C',
  'speaker changed: A of A at 1000',
  'speaker changed: A of A,B at 2000',
  'speaker changed: A of A at 3000',
  'transcript received: B 2000-3000 mhm',
  'speaker changed: A of A,B at 3500',
  'speaker changed: B of B,C at 4000',
  'transcript received: A 1000-4000 a long story',
  'speaker changed: B of B at 5000',
  'transcript received: C 4000-5000 and',
  'transcript received: B 3500-6000 but',
  'speaker changed: null of  at 7000',
  'transcript received: B 6000-7000 so',
];

describe('the transcript connector', () => {
  test.each([0.5, 1, 60, 10_000])('plays the meeting in room time at speed %d', async (speed) => {
    const { room, clock, seen, signal } = await setUp(talk, speed);
    await room.join(signal);
    expect(seen).toEqual([]);
    await clock.pass(7_000 / speed);
    expect(seen).toEqual(happens);
    expect(await room.ended).toBe('meeting_over');
    expect(room.clock.now()).toBe(7_000);
    await room.leave();
    await room.leave();
    expect(seen.slice(happens.length)).toEqual(['participant left: A', 'participant left: B', 'participant left: C']);
    expect(clock.waiting).toBe(0);
  });

  test('who leaves early hears no more and leaves the others behind', async () => {
    const { room, clock, seen, signal } = await setUp(talk);
    await room.join(signal);
    await clock.pass(2_500);
    await room.leave();
    await clock.pass(10_000);
    expect(seen).toEqual(happens.slice(0, 5));
    await expect(room.send('hello')).rejects.toThrow('not in the room');
  });

  test('messages get an id', async () => {
    const { room, signal } = await setUp(talk);
    await room.join(signal);
    expect(await room.send('hello')).toEqual({ messageId: expect.stringMatching(/^0190/) });
  });

  test.each([
    ['{"start":0}', /^talk.jsonl: line 1: expected "end"/],
    ['', /^talk.jsonl: expected at least one segment/],
  ])('a bad recording is a failure that lasts, and names file and line', async (content, message) => {
    const { room, signal } = await setUp(content);
    const error = await room.join(signal).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(ConnectorError);
    expect((error as ConnectorError).message).toMatch(message);
    expect((error as ConnectorError).retryable).toBe(false);
  });

  test('a recording that is not there is a failure that lasts', async () => {
    const parts = testBus();
    const room = new TranscriptRoom(
      { folder: '/nowhere', meeting: 'x', speed: 1 },
      { ...parts, onError: () => {}, say: () => {} },
    );
    const error = await room.join(new AbortController().signal).catch((reason: unknown) => reason);
    expect((error as ConnectorError).message).toBe('x.jsonl: expected a readable recording, got ENOENT');
    expect((error as ConnectorError).retryable).toBe(false);
  });

  test('leaving while it joins leaves nothing running', async () => {
    const { room, clock, signal, seen } = await setUp(talk);
    const joining = room.join(signal).catch((reason: unknown) => reason);
    await room.leave();
    expect(await joining).toBeInstanceOf(ConnectorError);
    await setImmediate();
    expect([clock.waiting, seen]).toEqual([0, []]);
  });
});
