import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../supervisor/base/scopes.ts';
import type { Token } from '../../../supervisor/http/caller.ts';
import { spoken, startServer } from './rig.ts';
import { openSocket, TRANSPORTS } from './socket-io-client.ts';

function token(name: string, scopes: Scope[], rooms?: string[]): Token {
  return { name, sha256: createHash('sha256').update(`secret-${name}`).digest('hex'), scopes, ...(rooms && { rooms }) };
}

const tokens = [
  token('reader', ['events:read']),
  token('writer', ['rooms:write']),
  token('pii', ['events:read', 'events:pii']),
  token('admin', ['admin']),
  token('acme', ['events:read'], ['acme-*', 'lobby']),
];

/** The status that an upgrade with these headers is answered with; 101 when it is made. */
function upgrade(url: string, headers: Record<string, string>, path = '/socket.io/?EIO=4&transport=websocket') {
  const key = { 'sec-websocket-key': 'dGhlIHNhbXBsZSBub25jZQ==', 'sec-websocket-version': '13' };
  const asking = request(url + path, { headers: { connection: 'Upgrade', upgrade: 'websocket', ...key, ...headers } });
  asking.end();
  const upgraded = once(asking, 'upgrade').then(([{ statusCode }, socket]) => {
    socket.destroy();
    return statusCode as number;
  });
  const answered = once(asking, 'response').then(([response]) => {
    response.resume();
    return response.statusCode as number;
  });
  return Promise.race([upgraded, answered]);
}

describe.each(TRANSPORTS)('by %s', (transport) => {
  const by = { transports: [transport] };

  it.each([
    ['none', {}, 401, 'auth: {token}'],
    ['an unknown one', { token: 'nope' }, 401, 'none of those configured'],
    ['the hash instead of the secret', { token: tokens[0]?.sha256 }, 401, 'none of those configured'],
    ['no text', { token: 7 }, 400, 'auth/token'],
    ['one without the scope', { token: 'secret-writer' }, 403, 'events:read'],
    ['one for other rooms', { token: 'secret-acme', rooms: ['acme-1', 'other'] }, 403, '"other"'],
  ])('a token, %s, is refused with what to do', async (_, auth, status, detail) => {
    const { url, streams } = await startServer({ tokens });
    const { next, socket } = openSocket(url, { ...by, auth });
    const { refused } = await next();
    expect(refused?.data).toMatchObject({ status, detail: expect.stringContaining(detail) });
    expect(refused?.message).toBe(refused?.data?.detail);
    expect(socket.connected).toBe(false);
    await streams.until(0);
  });

  it.each([
    ['auth', { auth: { token: 'secret-reader' } }],
    ['the header', { extraHeaders: { authorization: 'Bearer secret-admin' } }],
  ])('a token is taken from %s', async (_, options) => {
    const { url } = await startServer({ tokens });
    expect(await openSocket(url, { ...by, ...options }).next()).toHaveProperty('hello');
  });

  it('a token for some rooms sees these alone, whatever it asks for; the supervisor itself it never sees', async () => {
    const { url, append } = await startServer({ tokens });
    const { next, ask } = openSocket(url, { ...by, auth: { token: 'secret-acme' } });
    await next();
    await append({ roomId: 'other' }, { roomId: '' }, { roomId: 'acme-1' }, { roomId: 'lobby' });
    expect((await next()).envelope?.roomId).toBe('acme-1');
    expect((await next()).envelope?.roomId).toBe('lobby');
    const refused = { ok: false, problem: { type: 'urn:roomd:problem:room-not-allowed' } };
    expect(await ask('subscribe', { rooms: ['other'] })).toMatchObject(refused);
    await ask('subscribe', { rooms: ['o*', 'acme-*'], from: 'start' });
    await next();
    expect((await next()).envelope?.roomId).toBe('acme-1');
    await ask('replay', { count: 5 });
    await next();
    expect((await next()).envelope?.roomId).toBe('acme-1');
    await append({ roomId: 'o2' }, { roomId: 'acme-2' });
    expect((await next()).envelope?.roomId).toBe('acme-2');
  });

  it.each([
    ['reader', '[redacted]'],
    ['admin', '[redacted]'],
    ['pii', 'my secret'],
  ])('%s sees what people said as %s, live, recent and replayed', async (name, text) => {
    const { url, append } = await startServer({ tokens });
    await append(spoken('my secret'));
    const { next, ask, socket } = openSocket(url, { ...by, auth: { token: `secret-${name}` } });
    const frames: unknown[] = [];
    socket.io.engine.on('data', (data: unknown) => frames.push(data));
    const words = async () => (await next()).envelope?.payload.text;
    await next();
    expect(await words()).toBe(text);
    await append(spoken('my secret'));
    expect(await words()).toBe(text);
    await ask('replay', { count: 2 });
    await next();
    expect([await words(), await words()]).toEqual([text, text]);
    expect(frames.join('').includes('my secret')).toBe(name === 'pii');
  });
});

describe('who may upgrade', () => {
  it('Host names this machine, or the request is refused, by either transport', async () => {
    const { url } = await startServer();
    expect(await upgrade(url, {})).toBe(101);
    expect(await upgrade(url, { host: 'localhost:7070' })).toBe(101);
    expect(await upgrade(url, { host: 'evil.example' })).toBe(421);
    const poll = request(`${url}/socket.io/?EIO=4&transport=polling`, { headers: { host: 'evil.example' } });
    poll.end();
    const [response] = await once(poll, 'response');
    response.resume();
    expect(response.statusCode).toBe(421);
  });

  it('a page of another site is refused, of this one it is not', async () => {
    const { url } = await startServer();
    const { host } = new URL(url);
    expect(await upgrade(url, { host, origin: `http://${host}` })).toBe(101);
    for (const origin of ['http://evil.example', 'http://localhost:1', 'null', `http://${host}.evil.example`]) {
      expect([origin, await upgrade(url, { host, origin })]).toEqual([origin, 403]);
      const { refused } = await openSocket(url, { transports: ['polling'], extraHeaders: { origin } }).next();
      expect(refused).toMatchObject({ description: 403 });
    }
  });

  it('with tokens names are free, and pages are those of its own or those that are listed', async () => {
    const { url } = await startServer({ tokens, cors: ['https://console.example'] });
    const host = 'roomd.example';
    expect(await upgrade(url, { host })).toBe(101);
    for (const origin of ['https://console.example', 'https://roomd.example', 'http://roomd.example']) {
      expect([origin, await upgrade(url, { host, origin })]).toEqual([origin, 101]);
    }
    const foreign = ['https://console.example:8443', 'http://console.example', 'https://a.console.example', 'null'];
    for (const origin of foreign) {
      expect([origin, await upgrade(url, { host, origin })]).toEqual([origin, 403]);
      const polling = { transports: ['polling'], extraHeaders: { origin }, auth: { token: 'secret-reader' } };
      expect((await openSocket(url, polling).next()).refused).toMatchObject({ description: 403 });
    }
  });

  it('elsewhere there is nothing to upgrade: the request is answered as it stands', async () => {
    const { url } = await startServer();
    expect(await upgrade(url, {}, '/health')).toBe(200);
    expect(await upgrade(url, {}, '/socket.io/x?EIO=4&transport=websocket')).toBe(404);
  });
});

it('other namespaces are none', async () => {
  const { url } = await startServer();
  const { refused } = await openSocket(`${url}/admin`).next();
  expect(refused?.message).toBe('Invalid namespace');
});
