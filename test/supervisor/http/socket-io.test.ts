import { describe, expect, it } from 'vitest';
import { entry, holdFirst, openLog, startServer, wrap } from './rig.ts';
import { openSocket, TRANSPORTS } from './socket-io-client.ts';

const numbered = (i: number, roomId = 'r', topic = 'bot.health.heartbeat') => ({
  roomId,
  topic,
  payload: `{"i":${i}}`,
});
const upTo = (last: number, first = 1) => Array.from({ length: last - first + 1 }, (_, i) => first + i);
const all = (last: number, first = 1) => upTo(last, first).map((i) => numbered(i));

describe.each(TRANSPORTS)('Socket.IO by %s', (transport) => {
  const by = { transports: [transport] };

  it('begins with a hello and the last 50 events, then carries what happens', async () => {
    const { url, append, log } = await startServer();
    await append(...all(60));
    const { next, numbers } = openSocket(url, by);
    const hello = { epoch: log.epoch, position: `${log.epoch}.10`, first: 1, last: 60, recovered: true };
    expect(await next()).toEqual({ hello });
    expect(await numbers(50)).toEqual(upTo(60, 11));
    const happened = entry({ payload: '{"i":61}' });
    await log.append([happened]);
    expect(await next()).toEqual({ position: `${log.epoch}.61`, envelope: JSON.parse(happened.json) });
  });

  it('carries many events in order, each once', async () => {
    const { url, append } = await startServer();
    const { next, numbers } = openSocket(url, by);
    await next();
    for (let i = 0; i < 5_000; i += 250) await append(...all(i + 250, i + 1));
    expect(await numbers(5_000)).toEqual(upTo(5_000));
  });

  it('resumes from a position, and says so', async () => {
    const { url, append, log } = await startServer();
    await append(...all(100));
    const { next, numbers } = openSocket(url, { ...by, auth: { from: `${log.epoch}.20` } });
    expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.20`, recovered: true } });
    expect(await numbers(80)).toEqual(upTo(100, 21));
  });

  it('says when what followed a position is no longer kept', async () => {
    const { url, append, log } = await startServer();
    await append(...all(5));
    await log.trim({ maxEventsPerRoom: 2, maxTelemetryPerRoom: 2, before: 0, passed: 5 });
    const one = openSocket(url, { ...by, auth: { from: `${log.epoch}.1` } });
    expect(await one.next()).toMatchObject({ hello: { first: 4, recovered: false } });
    expect(await one.numbers(2)).toEqual([4, 5]);
    const other = openSocket(url, { ...by, auth: { from: 'otherepoch.4' } });
    expect(await other.next()).toMatchObject({ hello: { recovered: false } });
    expect(await other.numbers(2)).toEqual([4, 5]);
  });

  it('is told why, when roomd stops', async () => {
    const { url, append, server, log, streams } = await startServer();
    await append(...all(2));
    const { next, numbers } = openSocket(url, by);
    await next();
    await numbers(2);
    await server.close();
    expect(await next()).toEqual({ cut: { reason: 'stopping', position: `${log.epoch}.2`, behind: 0 } });
    expect(await next()).toHaveProperty('disconnect');
    await streams.until(0);
  });

  it('goes on where it is with another selection, without hole or duplicate', async () => {
    const { url, append } = await startServer();
    await append(numbered(1, 'a'), numbered(2, 'b'));
    const { next, numbers, ask } = openSocket(url, { ...by, auth: { rooms: ['a'], from: 'start' } });
    await next();
    expect(await numbers(1)).toEqual([1]);
    await append(numbered(3, 'a'), numbered(4, 'b'), numbered(5, 'c'), numbered(6, ''));
    expect(await numbers(1)).toEqual([3]);
    expect(await ask('subscribe', { rooms: ['b', 'c*'] })).toEqual({ ok: true });
    await append(numbered(7, 'a'), numbered(8, 'b'), numbered(9, 'cc'), numbered(10, ''));
    const said = [await next(), await next(), await next()];
    expect(said).toMatchObject([{ hello: { recovered: true } }, { envelope: { payload: { i: 8 } } }, {}]);
    expect(said[2]?.envelope?.payload.i).toBe(9);
    await ask('subscribe', { rooms: ['b'], from: 'start' });
    await next();
    expect(await numbers(3)).toEqual([2, 4, 8]);
    await ask('subscribe');
    await next();
    await append(numbered(11, ''), numbered(12, 'z'));
    expect(await numbers(2)).toEqual([11, 12]);
  });

  it('misses and repeats nothing while it changes its mind and events flow', async () => {
    const { url, append } = await startServer();
    await append(...all(200).map((event) => ({ ...event, roomId: 'a' })));
    const { socket, numbers, next, ask } = openSocket(url, { ...by, auth: { from: 'end' } });
    // Before anything was said.
    socket.once('connect', () => socket.emit('subscribe', { rooms: ['a'] }));
    const seen: number[] = [];
    let hellos = 0;
    const until = async (done: () => boolean) => {
      while (!done()) {
        const said = await next();
        if (said.hello !== undefined) hellos += 1;
        else if (said.envelope?.roomId === 'a') seen.push(said.envelope.payload.i as number);
      }
    };
    await until(() => hellos === 2);
    let published = 200;
    for (let turn = 0; turn < 60; turn++) {
      const events = all(published + 150, published + 1).map((event, i) => ({ ...event, roomId: i % 3 ? 'a' : 'b' }));
      published += 150;
      const rooms = [['a'], ['a', 'b'], ['a*', 'c']][turn % 3];
      await Promise.all([append(...events.slice(0, 75)), ask('subscribe', { rooms }), append(...events.slice(75))]);
    }
    const last = published;
    await append({ ...numbered(last + 1), roomId: 'a' });
    await until(() => seen.at(-1) === last + 1);
    const expected = upTo(last, 201).filter((i) => ((i - 201) % 150) % 3);
    expect(seen).toEqual([...expected, last + 1]);
    expect(hellos).toBe(62);
    await append({ ...numbered(last + 2), roomId: 'c' });
    expect(await numbers(1)).toEqual([last + 2]);
  });

  it('filters by patterns of topics, of which one has to fit', async () => {
    const { url, append } = await startServer();
    const events = ['room.speaker.changed', 'room.dominance.score', 'bot.health.heartbeat', 'room.x.score'];
    await append(...events.map((topic, i) => numbered(i, 'r', topic)));
    const { next, numbers } = openSocket(url, { ...by, auth: { topics: ['room.*.score', 'bot.**'] } });
    await next();
    expect(await numbers(3)).toEqual([1, 2, 3]);
  });

  it('replays what was selected, the last of it, then goes on', async () => {
    const { url, append, log } = await startServer();
    for (let i = 0; i < 4_000; i += 500)
      await append(...upTo(i + 500, i + 1).map((n) => numbered(n, n % 2 ? 'a' : 'b')));
    const { next, numbers, ask } = openSocket(url, { ...by, auth: { rooms: ['a'], from: 'end' } });
    expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.4000` } });
    expect(await ask('replay', { count: 1_000 })).toEqual({ ok: true });
    expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.2000`, recovered: true } });
    await append(numbered(4_001, 'a'));
    expect(await numbers(1_001)).toEqual(upTo(4_001, 2_001).filter((n) => n % 2));
    // More than there are.
    await ask('subscribe', { rooms: ['c'], from: 'end' });
    await next();
    await append(numbered(4_002, 'c'));
    expect(await numbers(1)).toEqual([4_002]);
    await ask('replay', { count: 2 });
    expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.4001` } });
    expect(await numbers(1)).toEqual([4_002]);
  });

  it('tells what is gone from among what it begins with, and nothing of what was before that', async () => {
    const { url, append, log } = await startServer();
    const fact = { roomId: 'a', topic: 'room.participant.joined', payload: '{"n":0}' };
    await append(fact, fact, ...upTo(9).map((n) => numbered(n, 'a')), { ...fact, payload: '{"n":9}' });
    await log.trim({ maxEventsPerRoom: 2, maxTelemetryPerRoom: 4, before: 0, passed: 12 });
    for (const auth of [{ rooms: ['a'] }, {}, { rooms: ['a'], from: 'start' }]) {
      const { next } = openSocket(url, { ...by, auth });
      const at = { position: `${log.epoch}.1`, recovered: true };
      expect([auth, await next()]).toMatchObject([auth, { hello: at }]);
      expect([auth, await next()]).toMatchObject([auth, { gap: { after: `${log.epoch}.1` } }]);
    }
    await log.trim({ maxEventsPerRoom: 1, maxTelemetryPerRoom: 1, before: 0, passed: 12 });
    const { next } = openSocket(url, { ...by, auth: { rooms: ['a'] } });
    expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.10` } });
    expect(await next()).toHaveProperty('envelope');
  });

  it('refuses what it does not understand, and changes nothing', async () => {
    const { url, append } = await startServer();
    const { next, numbers, ask, socket } = openSocket(url, { ...by, auth: { rooms: ['a'] } });
    await next();
    const wrong: [string, unknown, string][] = [
      ['replay', { count: 0 }, '/count'],
      ['replay', { count: 1_001 }, '/count'],
      ['replay', 7, 'replay'],
      ['replay', { count: 1, more: 1 }, 'more'],
      ['subscribe', { rooms: [] }, '/rooms'],
      ['subscribe', { rooms: ['a*b'] }, '/rooms/0'],
      ['subscribe', { rooms: Array.from({ length: 51 }, () => 'a') }, '/rooms'],
      ['subscribe', { topics: ['a..b'] }, '/topics/0'],
      ['subscribe', { from: 'nowhere' }, 'EPOCH.OFFSET'],
      ['subscribe', { room: 'a' }, 'room'],
      ['disconnecting2', {}, 'subscribe or replay'],
    ];
    for (const [name, value, detail] of wrong) {
      const answer = await ask(name, value);
      expect(answer).toMatchObject({ ok: false, problem: { type: 'urn:roomd:problem:malformed', status: 400 } });
      expect(answer.problem?.detail).toContain(detail);
    }
    socket.emit('replay', { count: -1 });
    expect(await next()).toMatchObject({ problem: { type: 'urn:roomd:problem:malformed' } });
    await append(numbered(1, 'b'), numbered(2, 'a'));
    expect(await numbers(1)).toEqual([2]);
  });
});

it('goes on where it is, though that moved while the request was looked at', async () => {
  const log = openLog();
  const { url, append } = await startServer({ log });
  const { next, numbers, ask } = openSocket(url);
  await next();
  const held = holdFirst(log);
  const answer = ask('subscribe', { rooms: ['r'] });
  const release = await held;
  await append(...all(3));
  expect(await numbers(3)).toEqual([1, 2, 3]);
  release();
  expect(await answer).toEqual({ ok: true });
  expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.3` } });
  await append(numbered(4));
  expect(await numbers(1)).toEqual([4]);
});

it('goes on where it would have begun, when it is asked before it has', async () => {
  const log = openLog();
  await log.append(all(9).map(entry));
  const { url, append } = await startServer({ log });
  const whereToBegin = holdFirst(log);
  const { next, numbers, ask, socket } = openSocket(url, { auth: { from: 'end' } });
  const begin = await whereToBegin;
  const hello = holdFirst(log);
  begin();
  const sayHello = await hello;
  if (!socket.connected) await new Promise<void>((resolve) => socket.once('connect', resolve));
  const request = holdFirst(log);
  const answer = ask('subscribe', { rooms: ['r'] });
  (await request)();
  sayHello();
  await answer;
  await append(numbered(10));
  expect(await next()).toMatchObject({ hello: { position: `${log.epoch}.9` } });
  expect(await numbers(1)).toEqual([10]);
});

it('tells of a gap met on the way', async () => {
  const log = openLog();
  await log.append(all(3).map(entry));
  const overtaken = wrap(log, async (query) => {
    const page = await log.read({ ...query, limit: 1 });
    return page.next === 2 ? { ...page, records: [], gap: true } : page;
  });
  const { url } = await startServer({ log: overtaken });
  const { next } = openSocket(url, { auth: { from: 'start' } });
  const said = [await next(), await next(), await next(), await next()];
  expect(said).toMatchObject([
    { hello: {} },
    { envelope: { payload: { i: 1 } } },
    { gap: { after: `${log.epoch}.1`, through: `${log.epoch}.2` } },
    { envelope: { payload: { i: 3 } } },
  ]);
});

it('keeps the text of an envelope as its publisher wrote it', async () => {
  const { url, append } = await startServer();
  const { next, socket } = openSocket(url);
  await next();
  const frame = new Promise((resolve) => socket.io.engine.on('data', resolve));
  await append({ payload: '{"big":12345678901234567890,\n"i":1.0}' });
  expect(await frame).toContain('"payload":{"big":12345678901234567890, "i":1.0}');
});

it('ends a stream whose log fails', async () => {
  const log = openLog();
  await log.append([entry(numbered(1))]);
  const broken = wrap(log, async (query) => {
    if (query.after > 0) throw new Error('disk on fire');
    return log.read(query);
  });
  const { url, streams, append } = await startServer({ log: broken });
  const { next } = openSocket(url, { auth: { from: 'start' } });
  await next();
  expect(await next()).toHaveProperty('envelope');
  await append(numbered(2));
  expect(await next()).toEqual({ cut: { reason: 'failed', position: `${log.epoch}.1`, behind: 1 } });
  expect(await next()).toHaveProperty('disconnect');
  await streams.until(0);
});

// A client that keeps the position of what it saw, as docs/streams.md shows.
it('loses and repeats nothing, however often it is cut off', { timeout: 120_000 }, async () => {
  const { url, append } = await startServer();
  const seen: number[] = [];
  let position = 'start';
  let told = true;
  let cuts = 0;
  const { socket } = openSocket(url, {
    transports: ['polling', 'websocket'],
    reconnection: true,
    reconnectionDelay: 1,
    reconnectionDelayMax: 1,
    auth: (use) => use({ from: position }),
  });
  let noticed = () => {};
  let published = 0;
  socket.on('hello', (hello: { position: string; recovered: boolean }) => {
    position = hello.position;
    told &&= hello.recovered;
  });
  socket.on('envelope', (event: { position: string; envelope: { payload: { i: number } } }) => {
    position = event.position;
    seen.push(event.envelope.payload.i);
    noticed();
  });
  const drop = () => {
    cuts += 1;
    // As a network does it: nobody says goodbye.
    if (Math.random() < 0.5) socket.io.engine.close();
    else (socket.io.engine.transport as unknown as { ws?: { close(): void } }).ws?.close() ?? socket.io.engine.close();
  };
  for (let cut = 0; cut < 200; cut++) {
    const count = 1 + Math.floor(Math.random() * 40);
    const reached = seen.length + 1;
    const some = new Promise<void>((resolve) => {
      noticed = () => seen.length >= reached && resolve();
    });
    await append(...all(published + count, published + 1));
    published += count;
    await some;
    drop();
  }
  const rest = new Promise<void>((resolve) => {
    noticed = () => (seen.at(-1) ?? 0) >= published && resolve();
  });
  published += 1;
  await append(numbered(published));
  await rest;
  expect(seen).toEqual(upTo(published));
  expect([told, cuts]).toEqual([true, 200]);
});
