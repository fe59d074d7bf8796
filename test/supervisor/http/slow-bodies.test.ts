import { EventEmitter, once } from 'node:events';
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { expect, it, onTestFinished } from 'vitest';
import { endSlowBody } from '../../../supervisor/http/slow-bodies.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { startServer } from './rig.ts';
import { token } from './tokens.ts';

it.each([
  ['/v1/rooms', ''],
  ['/v1/rooms', 'Authorization: Bearer secret-t\r\n'],
  ['/health', ''],
  ['/v1/nothing', ''],
])('a body that does not come ends its connection: %s %s', async (path, header) => {
  const { url, clock } = await startServer({ tokens: [token('t', ['admin'])] });
  const { port, hostname } = new URL(url);
  const socket = connect(Number(port), hostname);
  onTestFinished(() => void socket.destroy());
  const closed = once(socket, 'close');
  const head = `POST ${path} HTTP/1.1\r\nHost: ${hostname}\r\n${header}Content-Type: application/json\r\n`;
  socket.resume().write(`${head}Content-Length: 200000\r\n\r\n{`);
  while (clock.waiting === 0) await setImmediate();
  clock.advance(29_999);
  expect(clock.waiting).toBe(1);
  clock.advance(1);
  await closed;
});

it('one that comes may take its time, and is forgotten when it is there', async () => {
  const clock = new FakeClock();
  const ended: string[] = [];
  const begin = (headers: Record<string, string>) => {
    const socket = Object.assign(new EventEmitter(), { bytesRead: 500, destroy: () => void ended.push('cut') });
    const request = Object.assign(new EventEmitter(), { headers, socket, complete: false });
    endSlowBody(request as unknown as IncomingMessage, clock);
    return { socket, request };
  };
  begin({});
  begin({ 'content-length': '0' });
  expect(clock.waiting).toBe(0);
  const { socket, request } = begin({ 'transfer-encoding': 'chunked' });
  for (let i = 0; i < 50; i++) {
    socket.bytesRead += 16_384;
    clock.advance(30_000);
  }
  expect(ended).toEqual([]);
  request.emit('end');
  expect([clock.waiting, socket.listenerCount('close')]).toEqual([0, 0]);
  const unread = begin({ 'content-length': '9' });
  unread.request.complete = true;
  clock.advance(30_000);
  expect([clock.waiting, ended]).toEqual([0, []]);
  begin({ 'content-length': '9' }).socket.bytesRead += 16_383;
  clock.advance(30_000);
  expect(ended).toEqual(['cut']);
});
