import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import type { Envelope } from '../../spec/envelope.ts';
import { registry } from '../../spec/generated/registry.ts';
import { assertNoGaps, type Client, type Event, temporaryFolder } from '../helpers/daemon.ts';
import { gone } from '../helpers/processes.ts';
import { serve } from '../helpers/serve.ts';

/** A meeting that two people keep up for ten minutes. */
async function writeMeeting(folder: string): Promise<void> {
  await mkdir(folder);
  const lines = Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({ start: i * 2, end: i * 2 + 1.9, participant: i % 3 === 0 ? 'bo' : 'ada', text: `sentence ${i}` }),
  );
  await writeFile(join(folder, 'endless.jsonl'), `${lines.join('\n')}\n`);
}

async function forwardedIds(data: string): Promise<string[]> {
  const text = await readFile(join(data, 'dry-run.jsonl'), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .flatMap((line) => (JSON.parse(line) as { input: { Entries: { Detail: string }[] } }).input.Entries)
    .map(({ Detail }) => (JSON.parse(Detail) as Envelope).id);
}

const page = (roomd: Client, from: string) =>
  roomd.json<{ events: Event[]; next: string; recovered: boolean }>(`/v1/events?from=${from}&limit=1000`);
const isForwarded = ({ envelope }: Event) => registry[envelope.topic].forwarding.mode === 'forward';

it('kill -9 and a restart on the same folder: log, positions, rooms and forwarding', { timeout: 60_000 }, async () => {
  const data = await temporaryFolder();
  await writeMeeting(join(data, 'meetings'));
  await writeFile(join(data, 'roomd.yaml'), 'rooms: { resume: false }');
  const rooms = ['one', 'two', 'three'];
  const request = { connector: 'transcript', options: { meeting: 'endless', speed: 100 } };

  const first = await serve(data);
  for (const roomId of rooms) await first.spawn(roomId, request);
  for (const roomId of rooms) {
    await first.until(roomId, 'room.transcript.received', ({ payload }) => payload.text === 'sentence 40');
  }
  // Some of it has been forwarded, and the cursor that says so is on disk.
  while ((await first.metric('roomd_forward_cursor_offset')) === 0);
  const cursor = await first.metric('roomd_forward_cursor_offset');
  const before = await page(first, 'start');
  const pids = await Promise.all(rooms.map(async (roomId) => (await first.room(roomId)).pid ?? 0));
  await first.end('SIGKILL');

  const second = await serve(data);
  // The bots of the dead supervisor leave by themselves, and what they have left is taken in.
  await Promise.all(pids.map(gone));
  while ((await readdir(join(data, 'runs'))).length > 0);
  const whole = await second.history();
  // What was acknowledged is still there, in its place; nothing is torn.
  expect(whole.slice(0, before.events.length)).toEqual(before.events);
  assertNoGaps(whole);
  const offsets = whole.map(({ position }) => Number(position.split('.')[1]));
  expect(offsets).toEqual(offsets.map((_, i) => i + 1));
  // A position from before still resumes.
  const resumed = await page(second, before.next);
  expect(resumed.recovered).toBe(true);
  expect([...before.events, ...resumed.events]).toEqual(whole);
  for (const roomId of rooms) {
    expect(await second.room(roomId)).toMatchObject({ state: 'failed', pid: null, stop: { reason: 'lost' } });
    const events = (await second.history(roomId)).map(({ envelope }) => envelope);
    expect(events.findLast(({ runtime }) => runtime === 'node')).toMatchObject({
      topic: 'supervisor.room.state.changed',
      payload: { to: 'failed', cause: 'lost' },
    });
    // The bot's last words came later.
    const late = events.slice(events.findLastIndex(({ runtime }) => runtime === 'node') + 1);
    expect(late.map(({ topic }) => topic)).toContain('assistant.session.ended');
  }
  // The id is free again.
  await second.spawn('one', { connector: 'local' });
  await second.until('one', 'assistant.session.started', ({ meta }) => meta?.attempt === 1);
  expect(await second.end('SIGTERM')).toBe(0);

  const third = await serve(data);
  const all = await third.history();
  expect(await third.end('SIGTERM')).toBe(0);
  assertNoGaps(all);
  const sent = await forwardedIds(data);
  const wanted = all.filter(isForwarded).map(({ envelope }) => envelope.id);
  expect(new Set(sent)).toEqual(new Set(wanted));
  // It went on from its cursor: nothing below it was sent again.
  const settled = all.filter(isForwarded).filter(({ position }) => Number(position.split('.')[1]) <= cursor);
  expect(settled.length).toBeGreaterThan(0);
  for (const { envelope } of settled) expect(sent.filter((id) => id === envelope.id)).toHaveLength(1);
});

it('a second daemon on the folder is refused and says why', async () => {
  const data = await temporaryFolder();
  const first = await serve(data);
  await expect(serve(data)).rejects.toThrow(/another roomd/i);
  expect((await fetch(`${first.url}/health`)).status).toBe(200);
});
