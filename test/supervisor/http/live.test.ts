import { connect } from 'node:net';
import { describe, expect, it, onTestFinished } from 'vitest';
import { openNdjson, openSse } from './live-client.ts';
import { entry, openLog, problemOf, startServer, wrap } from './rig.ts';

const numbered = (i: number) => ({ payload: `{"i":${i}}` });
const numberOf = (data: string) => (JSON.parse(data) as { payload: { i: number } }).payload.i;

describe('Server-Sent Events', () => {
  it('begin with a hello at the end of the log, then carry what happens', async () => {
    const { url, append, log } = await startServer();
    await append(numbered(1), numbered(2));
    const stream = await openSse(`${url}/v1/events`);
    expect(stream.response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    expect(stream.response.headers.get('cache-control')).toBe('no-cache');
    expect(stream.response.headers.get('x-accel-buffering')).toBe('no');
    expect(stream.response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(await stream.next()).toEqual({
      id: `${log.epoch}.2`,
      event: 'hello',
      data: JSON.stringify({ epoch: log.epoch, first: 1, last: 2, recovered: true }),
    });
    const happened = entry({ payload: '{"big":12345678901234567890}' });
    await log.append([happened]);
    expect(await stream.next()).toEqual({ id: `${log.epoch}.3`, event: 'envelope', data: happened.json });
  });

  it('resume after Last-Event-ID, which wins over `from`', async () => {
    const { url, append, log } = await startServer();
    await append(...[1, 2, 3, 4].map(numbered));
    const stream = await openSse(`${url}/v1/events?from=start`, { 'last-event-id': `${log.epoch}.2` });
    expect(await stream.next()).toMatchObject({ event: 'hello', id: `${log.epoch}.2` });
    const frames = [await stream.next(), await stream.next()];
    expect(frames).toMatchObject([{ id: `${log.epoch}.3` }, { id: `${log.epoch}.4` }]);
  });

  it('resume from the hello when nothing else has come', async () => {
    const { url, append } = await startServer();
    const first = await openSse(`${url}/v1/events`);
    const { id = '' } = (await first.next()) as { id?: string };
    first.leave();
    await append(numbered(1));
    const second = await openSse(`${url}/v1/events`, { 'last-event-id': id });
    await second.next();
    expect(await second.next()).toMatchObject({ event: 'envelope' });
  });

  it('say when a position is of another history, and begin at the oldest event', async () => {
    const { url, append, log } = await startServer();
    await append(numbered(1), numbered(2));
    const stream = await openSse(`${url}/v1/events`, { 'last-event-id': 'otherepoch.2' });
    const hello = (await stream.next()) as { data: string };
    expect(JSON.parse(hello.data)).toEqual({ epoch: log.epoch, first: 1, last: 2, recovered: false });
    expect(await stream.next()).toMatchObject({ id: `${log.epoch}.1` });
  });

  it('say when what followed a position is no longer kept', async () => {
    const { url, append, log } = await startServer();
    await append(...[1, 2, 3, 4, 5].map(numbered));
    await log.trim({ maxEventsPerRoom: 2, maxTelemetryPerRoom: 2, before: 0, passed: 5 });
    const stream = await openSse(`${url}/v1/events`, { 'last-event-id': `${log.epoch}.1` });
    const hello = (await stream.next()) as { data: string };
    expect(JSON.parse(hello.data)).toEqual({ epoch: log.epoch, first: 4, last: 5, recovered: false });
    expect(await stream.next()).toMatchObject({ id: `${log.epoch}.4` });
  });

  it('tell of a gap met on the way', async () => {
    const log = openLog();
    await log.append([1, 2, 3].map((i) => entry(numbered(i))));
    // As if retention had overtaken the reader between two pages.
    const overtaken = wrap(log, async (query) => {
      const page = await log.read({ ...query, limit: 1 });
      return page.next === 2 ? { ...page, records: [], gap: true } : page;
    });
    const { url } = await startServer({ log: overtaken });
    const stream = await openSse(`${url}/v1/events?from=start`);
    const frames = [await stream.next(), await stream.next(), await stream.next(), await stream.next()];
    expect(frames).toMatchObject([
      { event: 'hello' },
      { id: `${log.epoch}.1` },
      { event: 'gap', data: JSON.stringify({ after: `${log.epoch}.1`, through: `${log.epoch}.2` }) },
      { id: `${log.epoch}.3` },
    ]);
  });

  it('are filtered by room and topic', async () => {
    const { url, append } = await startServer();
    await append({ roomId: 'a' });
    const stream = await openSse(`${url}/v1/rooms/a/events?topic=room.**`);
    await stream.next();
    await append({ roomId: 'b', topic: 'room.speaker.changed' }, { roomId: 'a' });
    await append({ roomId: 'a', topic: 'room.speaker.changed' });
    expect(await stream.next()).toMatchObject({ data: expect.stringContaining('"roomId":"a"') });
  });

  it('are filtered by several rooms and topics', async () => {
    const { url, append } = await startServer();
    const stream = await openNdjson(`${url}/v1/events?room=a&room=b*&topic=room.**&topic=bot.ready&from=start`);
    await stream.next();
    const rooms = ['', 'a', 'aa', 'b', 'bb', 'c'];
    const topics = ['room.speaker.changed', 'bot.health.heartbeat', 'bot.ready'];
    await append(...rooms.flatMap((roomId) => topics.map((topic) => ({ roomId, topic }))));
    const seen: string[] = [];
    for (let i = 0; i < 6; i++) {
      const { roomId, topic } = (await stream.next()).envelope as { roomId: string; topic: string };
      seen.push(`${roomId} ${topic}`);
    }
    expect(seen).toEqual(['a', 'b', 'bb'].flatMap((room) => [`${room} ${topics[0]}`, `${room} ${topics[2]}`]));
  });

  it('beat every 15 seconds', async () => {
    const { url, clock } = await startServer();
    const stream = await openSse(`${url}/v1/events`);
    await stream.next();
    for (let i = 0; i < 2; i++) {
      clock.advance(15_000);
      expect(await stream.next()).toEqual({ comment: 'heartbeat' });
    }
  });

  it('keep an envelope on one line, however its publisher broke it', async () => {
    const { url, append } = await startServer();
    const stream = await openSse(`${url}/v1/events`);
    await stream.next();
    await append({ payload: '{"i":\r7}' });
    const { data } = (await stream.next()) as { data: string };
    expect(numberOf(data)).toBe(7);
  });

  it('refuse a position that is none before they begin', async () => {
    const { get } = await startServer();
    const accept = 'text/event-stream';
    await problemOf(await get('/v1/events?from=nowhere', { accept }), 400);
    await problemOf(await get('/v1/events', { accept, 'last-event-id': 'nowhere' }), 400);
    await problemOf(await get('/v1/rooms/nope/events', { accept }), 404);
  });
});

describe('NDJSON', () => {
  it('begins with a hello, then carries events and heartbeats', async () => {
    const { url, append, log, clock } = await startServer();
    await append(numbered(1));
    const stream = await openNdjson(`${url}/v1/events?from=start`);
    expect(stream.response.headers.get('content-type')).toBe('application/x-ndjson; charset=utf-8');
    const hello = { epoch: log.epoch, position: `${log.epoch}.0`, first: 1, last: 1, recovered: true };
    expect(await stream.next()).toEqual({ hello });
    expect(await stream.next()).toMatchObject({ position: `${log.epoch}.1`, envelope: { payload: { i: 1 } } });
    clock.advance(15_000);
    expect(await stream.next()).toEqual({ heartbeat: {} });
    await append(numbered(2));
    expect(await stream.next()).toMatchObject({ position: `${log.epoch}.2`, envelope: { payload: { i: 2 } } });
  });

  it('carries many events in order, each once', async () => {
    const { url, append } = await startServer();
    const stream = await openNdjson(`${url}/v1/events`);
    await stream.next();
    for (let i = 0; i < 2_000; i += 100) await append(...Array.from({ length: 100 }, (_, j) => numbered(i + j)));
    for (let i = 0; i < 2_000; i++) {
      expect(((await stream.next()).envelope as { payload: unknown }).payload).toEqual({ i });
    }
  });
});

describe('streams and their bounds', () => {
  it('end their reader when the client goes away', async () => {
    const { url, streams, append } = await startServer();
    const stream = await openSse(`${url}/v1/events`);
    await streams.until(1);
    stream.leave();
    await streams.until(0);
    await append(numbered(1));
  });

  it('are refused beyond the bound, and admitted again when one has ended', async () => {
    const { url, get, streams } = await startServer({ maxStreams: 1 });
    const accept = 'application/x-ndjson';
    const only = await openNdjson(`${url}/v1/events`);
    const refused = await get('/v1/events', { accept });
    expect(refused.headers.get('retry-after')).toBe('5');
    expect((await problemOf(refused, 503)).detail).toContain('at most 1 live streams');
    expect((await get('/v1/events')).status).toBe(200);
    only.leave();
    await streams.until(0);
    await openNdjson(`${url}/v1/events`);
  });

  it('end when the server closes, and a second close changes nothing', async () => {
    const { url, server, streams } = await startServer();
    const [sse, ndjson] = [await openSse(`${url}/v1/events`), await openNdjson(`${url}/v1/events`)];
    await Promise.all([server.close(), server.close()]);
    expect(await sse.rest()).toMatchObject([{ event: 'hello' }]);
    expect(await ndjson.rest()).toHaveLength(1);
    await streams.until(0);
  });

  it('cut rather than end a stream whose log fails', async () => {
    const log = openLog();
    await log.append([entry(numbered(1))]);
    const broken = wrap(log, async (query) => {
      if (query.after > 0) throw new Error('disk on fire');
      return log.read(query);
    });
    const { url, streams, append } = await startServer({ log: broken });
    const stream = await openSse(`${url}/v1/events?from=start`);
    await stream.next();
    await append(numbered(2));
    await expect(stream.rest()).rejects.toThrow('terminated');
    await streams.until(0);
  });

  it('let a client that does not read fall behind, alone', async () => {
    const log = openLog();
    let furthest = 0;
    const watched = wrap(log, (query) => {
      if (query.roomId === 'slow') furthest = Math.max(furthest, query.after);
      return log.read(query);
    });
    const { url, append, server, streams } = await startServer({ log: watched });
    await append({ roomId: 'slow' }, { roomId: 'fast' });
    const { port, hostname } = new URL(url);
    const slow = connect(Number(port), hostname).pause();
    onTestFinished(() => void slow.destroy());
    slow.write(`GET /v1/rooms/slow/events HTTP/1.1\r\nHost: ${hostname}\r\nAccept: application/x-ndjson\r\n\r\n`);
    await streams.until(1);
    const fast = await openNdjson(`${url}/v1/rooms/fast/events`);
    await fast.next();
    const payload = `{"text":"${'x'.repeat(20_000)}"}`;
    for (let i = 0; i < 30; i++) {
      await append(...Array.from({ length: 100 }, () => ({ roomId: 'slow', payload })), { roomId: 'fast' });
      expect(await fast.next()).toHaveProperty('position');
    }
    // 60 MB wait on disk; what stands in the sockets' buffers is all that was read for the slow one.
    expect(furthest).toBeLessThan(log.last / 2);
    await server.close();
    await streams.until(0);
  });
});
