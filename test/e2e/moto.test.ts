import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { Accounting } from '../../supervisor/forward/api.ts';
import { type Client, type Event, root, temporaryFolder, testBot } from '../helpers/daemon.ts';
import { configure, expectArrived, isForwarded, settled, startJudge, titled, withoutMoto } from '../helpers/moto.ts';
import { startVoid } from '../helpers/moto-void.ts';
import { type Served, serve } from '../helpers/serve.ts';

const rounds = Number(process.env.MOTO_ROUNDS ?? 5);
const sample = (speed: number) => ({ connector: 'transcript', options: { meeting: 'launch-page', speed } });
/** In a room that goes on for as long as it takes. */
const endless = { command: [process.execPath, join(root, 'scripts/soak.d/streams-bot.mjs')] };
const forwarded = (events: readonly Event[]) => events.filter(isForwarded);

/** The books that a supervisor leaves at its end. */
async function end(roomd: Served): Promise<Accounting> {
  expect(await roomd.end('SIGTERM')).toBe(0);
  const line = roomd.lines.find((text) => text.includes('"forwarding accounted for"')) ?? '{}';
  return JSON.parse(line) as Accounting;
}

/** Resolves with the reasons of /ready when they say this. */
async function ready(roomd: Client, expected: RegExp): Promise<string> {
  for (;;) {
    const { reasons } = await roomd.json<{ reasons: string[] }>('/ready');
    const text = reasons.join('\n');
    if (expected.test(text)) return text;
  }
}

/** Reads the live stream from a position until so many events are shown; those. */
async function shown(roomd: Client, from: string, count: number): Promise<Event[]> {
  const stop = new AbortController();
  const headers = { accept: 'application/x-ndjson' };
  const { body } = await fetch(`${roomd.url}/v1/events?from=${from}`, { headers, signal: stop.signal });
  const events: Event[] = [];
  let rest = '';
  for await (const chunk of body?.pipeThrough(new TextDecoderStream()) ?? []) {
    const lines = (rest + chunk).split('\n');
    rest = lines.pop() ?? '';
    events.push(...lines.map((line) => JSON.parse(line) as Event).filter(({ envelope }) => envelope !== undefined));
    if (events.length >= count) break;
  }
  stop.abort();
  return events;
}

/** A generator of numbers in [0, 1) that the seed tells. */
function randomFrom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

describe.skipIf(withoutMoto)(titled('what arrives, judged by moto'), () => {
  it('is exactly what the log says is to be forwarded, as governed; the books agree', { timeout: 60_000 }, async () => {
    const judge = await startJudge();
    const data = await temporaryFolder();
    const shy = [process.execPath, '-e', 'console.error("what ada said"); process.exitCode = 78'];
    await configure(data, judge.endpoint, {}, { bots: { shy: { command: shy } } });
    const roomd = await serve(data);
    await Promise.all(['one', 'two', 'three'].map((roomId) => roomd.spawn(roomId, sample(300))));
    await roomd.spawn('shy', { bot: 'shy' });
    await Promise.all(['one', 'two', 'three', 'shy'].map((roomId) => roomd.over(roomId)));
    const all = await settled(roomd);
    const wanted = forwarded(all);
    expect(wanted.length).toBeGreaterThan(100);
    expect(await roomd.metric('roomd_forward_delivered_total')).toBe(wanted.length);
    const local = all.length - wanted.length;
    const books = { accepted: all.length, delivered: wanted.length, local, pending: 0, deadLettered: 0, expired: 0 };
    expect(await end(roomd)).toMatchObject({ ...books, sampledOut: 0, pii: 0, specMismatch: 0 });

    const arrived = await judge.received();
    expect(arrived).toHaveLength(wanted.length);
    expectArrived(wanted, arrived);
    expect(JSON.stringify(arrived)).not.toContain('what ada said');
  });

  it('is everything that was accepted, however often the supervisor is killed', {
    timeout: 60_000 + rounds * 15_000,
  }, async () => {
    const seed = Number(process.env.MOTO_SEED ?? crypto.getRandomValues(new Uint32Array(1))[0]);
    const random = randomFrom(seed);
    const judge = await startJudge();
    const data = await temporaryFolder();
    await configure(data, judge.endpoint, { batch: { wait: '100ms' } }, { log: { maxEventsPerRoom: 100_000 } });
    const accepted = new Set<string>();
    let from = 'start';
    for (let round = 0; round < rounds; round++) {
      const roomd = await serve(data);
      for (const name of ['a', 'b', 'c']) await roomd.spawn(`${name}${round}`, sample(100));
      const events = await shown(roomd, from, 1 + Math.floor(random() * 300));
      await roomd.end('SIGKILL');
      // moto is slow with a long queue.
      await judge.received();
      for (const { envelope } of events) accepted.add(envelope.id);
      from = events.at(-1)?.position ?? from;
    }
    const roomd = await serve(data);
    // What the bots of the dead supervisors left behind is taken in by and by.
    while ((await readdir(join(data, 'runs'))).length > 0);
    const all = await settled(roomd);
    const { accepted: count, pending, deadLettered, expired } = await end(roomd);
    expect([count, pending, deadLettered, expired]).toEqual([all.length, 0, 0, 0]);
    const ids = new Set(all.map(({ envelope }) => envelope.id));
    expect([...accepted].filter((id) => !ids.has(id))).toEqual([]);

    const wanted = forwarded(all);
    const arrived = await judge.received();
    console.log(
      `MOTO_SEED=${seed}: ${rounds} kills, ${all.length} accepted, ${wanted.length} to forward, ` +
        `${arrived.length - wanted.length} arrived twice`,
    );
    expectArrived(wanted, arrived);
  });

  it('waits for a bus that was deleted, and says so', { timeout: 60_000 }, async () => {
    const judge = await startJudge();
    const between = await startVoid(judge.endpoint);
    const data = await temporaryFolder();
    await configure(data, between.endpoint, { batch: { wait: '100ms' } }, { bots: { endless } });
    const roomd = await serve(data);
    await roomd.spawn('room', { bot: 'endless', options: { perSecond: 50 } });
    while ((await roomd.metric('roomd_forward_delivered_total')) === 0);
    await judge.delete();
    expect(await ready(roomd, /held/)).toMatch(/forward: held: .*meetings/);
    const accepted = await roomd.metric('roomd_events_accepted_total');
    while ((await roomd.metric('roomd_events_accepted_total')) < accepted + 20);
    // A bus without its rule takes events, and tells nobody.
    await between.meanwhile(judge.create);
    await ready(roomd, /^$/);
    await roomd.stop('room');
    await roomd.over('room');
    const wanted = forwarded(await settled(roomd));
    expect((await end(roomd)).delivered).toBe(wanted.length);
    expectArrived(wanted, await judge.received());
  });

  it('sends again what went into the void of a missing bus', { timeout: 60_000 }, async () => {
    const judge = await startJudge();
    const between = await startVoid(judge.endpoint);
    const data = await temporaryFolder();
    await configure(data, between.endpoint, { batch: { wait: '100ms' }, busCheck: '200ms' }, { bots: { endless } });
    const roomd = await serve(data);
    await roomd.spawn('room', { bot: 'endless', options: { perSecond: 50 } });
    while ((await roomd.metric('roomd_forward_delivered_total')) === 0);
    between.open(10);
    await judge.delete();
    expect(await ready(roomd, /held/)).toMatch(/forward: held: .*meetings/);
    expect(between.swallowed()).toBeGreaterThanOrEqual(10);
    await judge.create();
    between.close();
    await ready(roomd, /^$/);
    await roomd.stop('room');
    await roomd.over('room');
    const wanted = forwarded(await settled(roomd));
    // What was lost counts once: as delivered to the bus that is there.
    expect((await end(roomd)).delivered).toBe(wanted.length);
    expectArrived(wanted, await judge.received());
  });

  it('is whole up to the limit of a request, to the byte', { timeout: 60_000 }, async () => {
    const judge = await startJudge();
    const data = await temporaryFolder();
    const limit = 1_000;
    const bots = { sizes: { command: testBot('sizes') } };
    await configure(data, judge.endpoint, { batch: { bytes: limit } }, { bots });
    const roomd = await serve(data);
    await roomd.spawn('room', { bot: 'sizes' });
    await roomd.over('room');
    const wanted = forwarded(await settled(roomd));
    // What PutEvents counts: 14 for the time, and the bytes of all texts.
    const size = ({ envelope }: Event) =>
      14 + Buffer.byteLength(`roomd${envelope.topic}${JSON.stringify(envelope)}roomd:room/room`);
    expect(wanted.map(size)).toEqual(expect.arrayContaining([limit - 1, limit, limit + 1]));
    const { deadLetters } = await roomd.json<{ deadLetters: { eventId: string; reason: string }[] }>(
      '/v1/dead-letters?limit=1000',
    );
    const large = wanted.filter((event) => size(event) > limit);
    expect(new Set(deadLetters.map(({ eventId }) => eventId))).toEqual(
      new Set(large.map(({ envelope }) => envelope.id)),
    );
    for (const { reason } of deadLetters) expect(reason).toMatch(/^OversizeEntry: /);
    expect(await end(roomd)).toMatchObject({ delivered: wanted.length - large.length, deadLettered: large.length });
    expectArrived(
      wanted.filter((event) => size(event) <= limit),
      await judge.received(),
    );
  });

  it('is whole when it is large and hardly ASCII', { timeout: 60_000 }, async () => {
    const judge = await startJudge();
    const data = await temporaryFolder();
    await configure(data, judge.endpoint, {}, { bots: { crowd: { command: testBot('crowd') } } });
    const roomd = await serve(data);
    await roomd.spawn('room', { bot: 'crowd' });
    await roomd.over('room');
    const wanted = forwarded(await settled(roomd));
    const sizes = wanted.map(({ envelope }) => Buffer.byteLength(JSON.stringify(envelope)));
    expect(sizes.filter((bytes) => bytes > 180_000)).toHaveLength(12);
    expect((await end(roomd)).delivered).toBe(wanted.length);
    expectArrived(wanted, await judge.received());
  });
});
