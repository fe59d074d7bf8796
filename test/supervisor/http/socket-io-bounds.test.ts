import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import type { FakeClock } from '../../helpers/fake-clock.ts';
import { openSse } from './live-client.ts';
import { openLog, type Rig, startServer, wrap } from './rig.ts';
import { openSocket, TRANSPORTS } from './socket-io-client.ts';
import { token } from './tokens.ts';

const numbered = (i: number) => ({ payload: `{"i":${i}}` });

/** A WebSocket by hand, that reads only when it is told to. */
async function rawSocket({ url }: Rig, room: string): Promise<Socket> {
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  socket.pause();
  socket.write(textFrame(`40${JSON.stringify({ rooms: [room], from: 'end' })}`));
  return socket;
}

/** Up to 64 KiB, masked with zeros. */
function textFrame(text: string): Buffer {
  const { length } = Buffer.from(text);
  const head = length < 126 ? [0x81, 0x80 | length] : [0x81, 0xfe, length >> 8, length & 255];
  return Buffer.concat([Buffer.from([...head, 0, 0, 0, 0]), Buffer.from(text)]);
}

/** Lets time pass, and whatever is under way go on, until something has happened. */
async function outlast(clock: FakeClock, happened: Promise<void>): Promise<void> {
  let over = false;
  void happened.then(() => {
    over = true;
  });
  while (!over) await clock.pass(30_000);
}

it('a reader that does not read falls behind alone, is told, and cut; another reads on', {
  timeout: 60_000,
}, async () => {
  const log = openLog();
  let furthest = 0;
  const watched = wrap(log, (query) => {
    if (query.roomId === 'slow') furthest = Math.max(furthest, query.after);
    return log.read(query);
  });
  const rig = await startServer({ log: watched });
  const { append, url, streams, clock } = rig;
  const slow = await rawSocket(rig, 'slow');
  await streams.until(1);
  const fast = openSocket(url, { auth: { rooms: ['fast'] } });
  await fast.next();
  const payload = `{"text":"${'x'.repeat(20_000)}"}`;
  for (let i = 0; i < 30; i++) {
    await append(...Array.from({ length: 100 }, () => ({ roomId: 'slow', payload })), {
      roomId: 'fast',
      ...numbered(i),
    });
    expect(await fast.numbers(1)).toEqual([i]);
  }
  // 60 MB wait in the log; what stands in the sockets' buffers is all that was read for the slow one.
  expect(furthest).toBeLessThan(log.last / 2);
  clock.advance(29_999);
  await append({ roomId: 'fast', ...numbered(30) });
  expect(await fast.numbers(1)).toEqual([30]);
  await streams.until(2);
  clock.advance(1);
  await streams.until(1);
  await append({ roomId: 'fast', ...numbered(31) });
  expect(await fast.numbers(1)).toEqual([31]);
  // It reads at last: all it was given, then why there is no more.
  let text = '';
  for await (const chunk of slow.setEncoding('latin1')) {
    text += chunk;
    if (/"cut",\{[^}]*\}/.test(text)) break;
  }
  const positions = [...text.matchAll(/"envelope",\{"position":"[^"]*\.(\d+)"/g)].map(([, offset]) => Number(offset));
  const [, reason, position, behind] =
    /"cut",\{"reason":"(\w+)","position":"[^"]*\.(\d+)","behind":(\d+)\}/.exec(text) ?? [];
  expect(reason).toBe('slow');
  expect(Number(position)).toBe(positions.at(-1));
  expect(Number(behind)).toBe(log.last - 1 - Number(position));
});

it('one that was cut and never reads does not keep roomd from ending', async () => {
  const rig = await startServer();
  const { append, clock, streams } = rig;
  await rawSocket(rig, 'slow');
  await streams.until(1);
  const payload = `{"text":"${'x'.repeat(200_000)}"}`;
  for (let i = 0; i < 100; i++) await append({ roomId: 'slow', payload });
  await outlast(clock, streams.until(0));
  const closed = rig.server.close();
  clock.advance(2_000);
  await closed;
});

it('a stream of Server-Sent Events that nobody reads is cut too, and told', { timeout: 60_000 }, async () => {
  const { url, append, clock, streams, log } = await startServer();
  const { port, hostname } = new URL(url);
  const slow = connect(Number(port), hostname).pause();
  onTestFinished(() => void slow.destroy());
  slow.write(`GET /v1/events?from=end HTTP/1.1\r\nHost: ${hostname}\r\nAccept: text/event-stream\r\n\r\n`);
  await streams.until(1);
  const payload = `{"text":"${'x'.repeat(200_000)}"}`;
  for (let i = 0; i < 100; i++) await append({ roomId: 'slow', payload });
  await outlast(clock, streams.until(0));
  const chunks: Buffer[] = [];
  slow.on('data', (chunk) => chunks.push(chunk));
  slow.resume();
  await once(slow, 'end');
  const text = Buffer.concat(chunks).toString('latin1');
  const last = [...text.matchAll(/\bid: ([^\r\n]+)/g)].at(-1)?.[1] ?? '';
  const behind = log.last - Number(last.split('.').at(-1));
  expect(text).toContain(`event: cut\ndata: ${JSON.stringify({ reason: 'slow', position: last, behind })}\n\n`);
  expect(behind).toBeGreaterThan(0);
});

it.each(TRANSPORTS)('a frame that is too large ends the connection, by %s', async (transport) => {
  const { url, streams } = await startServer();
  const { next, socket } = openSocket(url, { transports: [transport] });
  await next();
  socket.emit('subscribe', { from: 'x'.repeat(17_000) });
  expect(await next()).toHaveProperty('disconnect');
  if (transport === 'websocket') await streams.until(0);
});

it('streams of all kinds share one bound', async () => {
  const { url, get, streams } = await startServer({ maxStreams: 2 });
  const sse = await openSse(`${url}/v1/events`);
  const { next, socket } = openSocket(url);
  await next();
  const { refused } = await openSocket(url).next();
  expect(refused?.data).toMatchObject({ type: 'urn:roomd:problem:streams-full', status: 503 });
  expect((await get('/v1/events', { accept: 'text/event-stream' })).status).toBe(503);
  socket.disconnect();
  await streams.until(1);
  sse.leave();
  await streams.until(0);
  expect(await openSocket(url).next()).toHaveProperty('hello');
});

it('connections that show no token are bounded, and cost the others nothing', { timeout: 60_000 }, async () => {
  const { url, append } = await startServer({ maxStreams: 1 });
  const { next, numbers } = openSocket(url);
  await next();
  const path = `${url}/socket.io/?EIO=4&transport=polling`;
  const handshake = async () => /"sid":"([^"]+)"/.exec(await (await fetch(path)).text())?.[1];
  const ids = [];
  for (let i = 0; i < 251; i++) ids.push(await handshake());
  expect(new Set(ids).size).toBe(251);
  // The oldest has gone for the newest, and nobody who has shown a token.
  const say = async (sid = '') => (await fetch(`${path}&sid=${sid}`, { method: 'POST', body: '6' })).status;
  expect([await say(ids[0]), await say(ids[1]), await say(ids[250])]).toEqual([400, 200, 200]);
  await append(numbered(1));
  expect(await numbers(1)).toEqual([1]);
});

it('who has a token comes in however many there are without one', { timeout: 60_000 }, async () => {
  const { url } = await startServer({ maxStreams: 2, tokens: [token('reader', ['events:read'])] });
  for (let i = 0; i < 12; i++) {
    const asked = Array.from({ length: 50 }, () => fetch(`${url}/socket.io/?EIO=4&transport=polling`));
    for (const { status } of await Promise.all(asked)) expect(status).toBe(200);
  }
  const { next } = openSocket(url, { auth: { token: 'secret-reader' } });
  expect(await next()).toHaveProperty('hello');
});

it('a connection that shows no token is over after ten seconds, whether it says goodbye or not', async () => {
  const rig = await startServer({ tokens: [token('reader', ['events:read'])] });
  const { port, hostname } = new URL(rig.url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  socket.write(
    `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: ${hostname}\r\nConnection: Upgrade\r\n` +
      'Upgrade: websocket\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
  );
  await once(socket, 'data');
  const closed = once(socket, 'close');
  rig.clock.advance(9_999);
  expect(socket.destroyed).toBe(false);
  rig.clock.advance(1);
  await closed;
});

it('a connection asks to connect once', async () => {
  const { url, streams } = await startServer();
  const { next, socket } = openSocket(url);
  await next();
  await streams.until(1);
  socket.io.engine.write('0{}');
  expect(await next()).toHaveProperty('disconnect');
  await streams.until(0);
});

it('a consumer may not ask too often; the next minute it may again', async () => {
  const { url, append, clock } = await startServer({ requestsPerMinute: 3 });
  const { next, ask, numbers } = openSocket(url);
  await next();
  expect([await ask('replay', { count: 1 }), await ask('subscribe', { from: 'end' })]).toEqual([
    { ok: true },
    { ok: true },
  ]);
  const refused = await ask('replay', { count: 1 });
  expect(refused.problem).toMatchObject({ status: 429, detail: expect.stringContaining('at most 3 a minute') });
  expect([await next(), await next()]).toMatchObject([{ hello: {} }, { hello: {} }]);
  await append(numbered(1));
  expect(await numbers(1)).toEqual([1]);
  clock.advance(20_000);
  expect(await ask('replay', { count: 1 })).toEqual({ ok: true });
});

it('who floods is cut, told why, and does not come back by itself', async () => {
  const { url, append, streams } = await startServer();
  const other = openSocket(url);
  await other.next();
  const { next, socket } = openSocket(url, { reconnection: true });
  await next();
  for (let i = 0; i < 200; i++) socket.emit('replay', { count: -1 });
  const said = [];
  for (let last = await next(); ; last = await next()) {
    said.push(last);
    if (last.disconnect !== undefined) break;
  }
  expect(said.filter(({ problem }) => problem !== undefined).length).toBeLessThan(100);
  expect(said.at(-2)).toMatchObject({ cut: { reason: 'flooding' } });
  expect(said.at(-1)).toEqual({ disconnect: 'io server disconnect' });
  expect(socket.active).toBe(false);
  await streams.until(1);
  await append(numbered(1));
  expect(await other.numbers(1)).toEqual([1]);
});
