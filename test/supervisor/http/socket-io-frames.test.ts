import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:net';
import { expect, it, onTestFinished } from 'vitest';
import { packets, polled } from '../../../supervisor/http/socket-io/packets.ts';
import { entry, startServer } from './rig.ts';
import { openSocket, TRANSPORTS } from './socket-io-client.ts';

/** At the limits of what a frame's header can say. */
const SIZES = [0, 1, 60, 123, 124, 125, 126, 127, 65_533, 65_534, 65_535, 65_536, 200_000];
/** So many bytes; some of them are no ASCII. */
const sized = (bytes: number) => 'ü'.repeat(bytes >> 2) + 'x'.repeat(bytes - 2 * (bytes >> 2));

it('several packets are a frame each, which any WebSocket reads', async () => {
  const texts = SIZES.map(sized);
  const frames = packets.encode(texts);
  const server = createServer((socket) => {
    socket.once('data', (request) => {
      const key = /sec-websocket-key: (\S+)/i.exec(request.toString())?.[1];
      const accept = createHash('sha1').update(`${key}258EAFA5-E914-47DA-95CA-C5AB0DC85B11`).digest('base64');
      socket.write(
        `HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Accept: ${accept}\r\n\r\n`,
      );
      socket.write(frames);
    });
    socket.on('error', () => {});
    onTestFinished(() => void socket.destroy());
  });
  onTestFinished(() => void server.close());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  const client = new WebSocket(`ws://127.0.0.1:${typeof address === 'object' ? address?.port : 0}`);
  const heard: string[] = [];
  await new Promise<void>((resolve, reject) => {
    client.addEventListener('error', () => reject(new Error('the connection failed')));
    client.addEventListener('message', ({ data }) => {
      heard.push(data as string);
      if (heard.length === texts.length) resolve();
    });
  });
  expect(heard).toEqual(texts.map((text) => `4${text}`));
});

it('several packets are one answer to a poll, but for its first character', () => {
  expect(`4${polled(['a', 'b', 'c'])}`).toBe('4a\x1e4b\x1e4c');
});

it.each(TRANSPORTS)('events of every size arrive whole by %s', async (transport) => {
  const { url, log } = await startServer();
  const { next } = openSocket(url, { transports: [transport] });
  await next();
  const texts = SIZES.map(sized);
  await log.append(texts.map((text) => entry({ payload: JSON.stringify({ text }) })));
  for (const text of texts) expect((await next()).envelope?.payload.text).toBe(text);
});

it('a client that changes from polling to WebSocket while events flow misses nothing', async () => {
  const { url, log } = await startServer();
  let last = 0;
  const append = () => log.append(Array.from({ length: 50 }, () => entry({ payload: `{"i":${++last}}` })));
  for (let i = 0; i < 40; i++) await append();
  const auth = { from: 'start' };
  const { socket, numbers, next } = openSocket(url, { transports: ['polling', 'websocket'], auth });
  await next();
  while (socket.io.engine.transport.name !== 'websocket' || last < 5_000) {
    await append();
    await new Promise(setImmediate);
  }
  expect(await numbers(last)).toEqual(Array.from({ length: last }, (_, i) => i + 1));
});
