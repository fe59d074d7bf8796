import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { registry } from '../../spec/generated/registry.ts';
import type { Accounting, ForwardStatus, RedriveProgress } from '../../supervisor/forward/api.ts';
import { type Client, root, temporaryFolder } from '../helpers/daemon.ts';
import { type Served, serve } from '../helpers/serve.ts';
import {
  type Fault,
  fails,
  neverAnswers,
  refuses,
  resets,
  type StandIn,
  says,
  startStandIn,
} from '../supervisor/forward/eventbridge-stand-in.ts';

vi.stubEnv('AWS_ACCESS_KEY_ID', 'test');
vi.stubEnv('AWS_SECRET_ACCESS_KEY', 'test');

const TWO_MINUTES = 120_000;

/** A folder whose configuration forwards to the stand-in, and a meeting to play. */
async function newFolder({ endpoint }: StandIn): Promise<string> {
  const data = await temporaryFolder();
  await writeFile(
    join(data, 'roomd.yaml'),
    JSON.stringify({
      rooms: { drain: '1s', shutdownGrace: '1s' },
      forward: { target: 'eventbridge', region: 'eu-central-1', bus: 'b', endpoint, busCheck: '500ms' },
    }),
  );
  await mkdir(join(data, 'meetings'));
  const lines = Array.from({ length: 300 }, (_, i) =>
    JSON.stringify({ start: i, end: i + 0.9, participant: i % 3 === 0 ? 'bo' : 'ada', text: `sentence ${i}` }),
  );
  await writeFile(join(data, 'meetings', 'long.jsonl'), `${lines.join('\n')}\n`);
  return data;
}

const status = (roomd: Client) => roomd.json<ForwardStatus>('/v1/forward');

async function forwarding(roomd: Client, test: (status: ForwardStatus) => boolean): Promise<void> {
  while (!test(await status(roomd)));
}

/** Events that are to be forwarded, of three rooms with a meeting each, under way. */
async function underLoad(roomd: Served): Promise<void> {
  for (const roomId of ['one', 'two', 'three']) {
    await roomd.spawn(roomId, { connector: 'transcript', options: { meeting: 'long', speed: 200 } });
  }
  await roomd.until('three', 'room.transcript.received', ({ payload }) => payload.text === 'sentence 20');
}

/** Ends it, and returns the books that it closed. */
async function terminated(roomd: Served): Promise<Accounting> {
  expect(await roomd.end('SIGTERM')).toBe(0);
  const line = roomd.lines.find((each) => each.includes('forwarding accounted for'));
  const books = JSON.parse(line ?? '{}') as Accounting;
  const { accepted, pending, delivered, deadLettered, expired, local, sampledOut, pii, specMismatch } = books;
  expect(accepted).toBe(pending + delivered + deadLettered + expired + local + sampledOut + pii + specMismatch);
  return books;
}

/** Starts again with a target that takes everything; nothing may be missing afterwards. */
async function everythingArrives(data: string, standIn: StandIn): Promise<void> {
  standIn.otherwise = undefined;
  standIn.bus = standIn.bus === 'missing' ? 1_730_000_001 : standIn.bus;
  const roomd = await serve(data);
  await forwarding(roomd, ({ accounting }) => accounting.pending === 0);
  const all = await roomd.history();
  const wanted = all.filter(({ envelope }) => registry[envelope.topic].forwarding.mode === 'forward');
  expect(new Set(standIn.taken)).toEqual(new Set(wanted.map(({ envelope }) => envelope.id)));
  expect((await terminated(roomd)).accepted).toBe(all.length);
}

describe('SIGTERM', () => {
  const states: [string, Fault | undefined, (status: ForwardStatus) => boolean][] = [
    ['all is well', undefined, ({ accounting }) => accounting.delivered > 0],
    ['nobody ever answers', neverAnswers, ({ accounting }) => accounting.pending > 0],
    ['connections are reset', resets, ({ state }) => state === 'deferred'],
    ['the service is broken', says(500, '<html>'), ({ accounting }) => accounting.pending > 0],
    ['nothing is allowed', refuses(400, 'AccessDeniedException'), ({ state }) => state === 'held'],
    ['everything is throttled', refuses(400, 'ThrottlingException'), ({ state }) => state === 'deferred'],
  ];

  it.each(states)(
    'while %s ends it in order, and the next start sends the rest',
    { timeout: TWO_MINUTES },
    async (_, fault, reached) => {
      const standIn = await startStandIn();
      const data = await newFolder(standIn);
      standIn.otherwise = fault;
      const roomd = await serve(data);
      await underLoad(roomd);
      await forwarding(roomd, reached);
      await terminated(roomd);
      await everythingArrives(data, standIn);
    },
  );

  it('while entries are throttled, each now and then', { timeout: TWO_MINUTES }, async () => {
    const standIn = await startStandIn();
    const data = await newFolder(standIn);
    standIn.otherwise = (response, entries) => fails('ThrottlingException', standIn.taken, 0, 2)(response, entries);
    const roomd = await serve(data);
    await underLoad(roomd);
    await terminated(roomd);
    await everythingArrives(data, standIn);
  });

  it('while the bus is missing', { timeout: TWO_MINUTES }, async () => {
    const standIn = await startStandIn();
    const data = await newFolder(standIn);
    standIn.bus = 'missing';
    const roomd = await serve(data);
    await underLoad(roomd);
    await forwarding(roomd, ({ state }) => state === 'held');
    const ready = await roomd.json<{ reasons: string[] }>('/ready');
    expect(ready.reasons.join()).toContain('there is no bus "b"; make the bus');
    expect((await terminated(roomd)).delivered).toBe(0);
    expect(standIn.taken).toEqual([]);
    await everythingArrives(data, standIn);
  });

  it('while dead letters are sent again', { timeout: TWO_MINUTES }, async () => {
    const standIn = await startStandIn();
    const data = await newFolder(standIn);
    standIn.otherwise = refuses(400, 'ValidationException');
    const roomd = await serve(data);
    await underLoad(roomd);
    await forwarding(roomd, ({ accounting }) => accounting.deadLettered > 20);
    standIn.otherwise = neverAnswers;
    const response = await roomd.post('/v1/dead-letters/redrive', { all: true });
    expect(response.status).toBe(202);
    expect(await response.json()).toMatchObject({ state: 'running' });
    const { deadLettered } = await terminated(roomd);
    expect(deadLettered).toBeGreaterThan(20);
    // The next start still has them, and sends them when it is asked to.
    standIn.otherwise = undefined;
    const again = await serve(data);
    await forwarding(again, ({ accounting }) => accounting.pending === 0);
    expect((await status(again)).accounting.deadLettered).toBe(deadLettered);
    await again.post('/v1/dead-letters/redrive', { all: true });
    const progress = () => again.json<RedriveProgress>('/v1/dead-letters/redrive');
    while ((await progress()).state === 'running');
    expect(await progress()).toMatchObject({ state: 'done', delivered: deadLettered, remaining: 0 });
    expect((await terminated(again)).deadLettered).toBe(0);
    await everythingArrives(data, standIn);
  });

  it('while it starts', { timeout: TWO_MINUTES }, async () => {
    const standIn = await startStandIn();
    const data = await newFolder(standIn);
    const first = await serve(data);
    await underLoad(first);
    await terminated(first);
    const command = [join(root, 'supervisor/main.ts'), 'serve', '--port', '0', '--data', data];
    const starting = spawn(process.execPath, command, { cwd: data, stdio: ['ignore', 'ignore', 'pipe'] });
    const exited = once(starting, 'exit');
    // Its first word, before it serves.
    starting.stderr.once('data', () => starting.kill('SIGTERM'));
    expect(await exited).toEqual([0, null]);
    await everythingArrives(data, standIn);
  });
});
