import { createHash } from 'node:crypto';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../supervisor/base/scopes.ts';
import type { Token } from '../../../supervisor/http/caller.ts';
import { openNdjson, openSse } from './live-client.ts';
import { problemOf, quietTelemetry, roomView, STOPPED, spoken, startServer } from './rig.ts';

function token(name: string, scopes: Scope[], rooms?: string[]): Token {
  return { name, sha256: createHash('sha256').update(`secret-${name}`).digest('hex'), scopes, ...(rooms && { rooms }) };
}

const bearer = (name: string) => ({ authorization: `Bearer secret-${name}` });

const TOKENS = [
  token('reader', ['rooms:read', 'events:read']),
  token('writer', ['rooms:write']),
  token('pii', ['rooms:read', 'events:read', 'events:pii']),
  token('admin', ['admin']),
  token('every-room', ['events:read'], ['*']),
  token('acme', ['rooms:read', 'rooms:write', 'events:read'], ['acme-*', 'lobby']),
];

async function guarded() {
  const rig = await startServer({ tokens: TOKENS });
  rig.rooms.add(roomView('acme-1', { stop: STOPPED }), roomView('lobby'), roomView('other'));
  return rig;
}

describe('tokens', () => {
  it.each([
    ['none', {}, 'Bearer'],
    ['an unknown one', { authorization: 'Bearer nope' }, 'Bearer error="invalid_token"'],
    ['another scheme', { authorization: 'Basic c2VjcmV0LXJlYWRlcg==' }, 'Bearer'],
    [
      'the hash instead of the secret',
      { authorization: `Bearer ${TOKENS[0]?.sha256}` },
      'Bearer error="invalid_token"',
    ],
  ])('%s: 401', async (_name, headers: Record<string, string>, challenge) => {
    const { get } = await guarded();
    for (const path of ['/v1/rooms', '/v1/events', '/v1/dead-letters', '/metrics', '/no/such/path']) {
      const response = await get(path, headers);
      expect(response.headers.get('www-authenticate')).toBe(challenge);
      await problemOf(response, 401);
    }
  });

  it.each(['/', '/health', '/ready', '/openapi.json'])('%s needs none', async (path) => {
    const { get } = await guarded();
    expect((await get(path)).status).toBe(200);
  });

  it('are of no matter where none are configured', async () => {
    const { get } = await startServer();
    expect((await get('/v1/rooms', { authorization: 'Bearer whatever' })).status).toBe(200);
  });

  const spawn = { roomId: 'lobby' };
  const say = { type: 'app_message', text: 'hi' };
  it.each([
    ['GET', '/v1/rooms', undefined, 'rooms:read', 'writer', 'reader'],
    ['GET', '/v1/rooms/lobby', undefined, 'rooms:read', 'writer', 'reader'],
    ['GET', '/v1/bots', undefined, 'rooms:read', 'writer', 'reader'],
    ['GET', '/v1/rooms/lobby/policy', undefined, 'rooms:read', 'writer', 'reader'],
    ['POST', '/v1/rooms', spawn, 'rooms:write', 'reader', 'writer'],
    ['DELETE', '/v1/rooms/lobby', undefined, 'rooms:write', 'reader', 'writer'],
    ['POST', '/v1/rooms/lobby/commands', say, 'rooms:write', 'reader', 'writer'],
    ['GET', '/v1/events', undefined, 'events:read', 'writer', 'reader'],
    ['GET', '/v1/rooms/lobby/events', undefined, 'events:read', 'writer', 'reader'],
    ['GET', '/v1/dead-letters', undefined, 'events:read', 'writer', 'reader'],
    ['GET', '/v1/forward', undefined, 'events:read', 'writer', 'reader'],
  ])('%s %s asks for a scope', async (method, path, body, scope, without, having) => {
    const { send } = await guarded();
    const problem = await problemOf(await send(method, path, body, bearer(without)), 403);
    expect(problem).toMatchObject({ type: 'urn:roomd:problem:scope-missing', detail: expect.stringContaining(scope) });
    expect((await send(method, path, body, bearer(having))).status).toBeLessThan(300);
    expect((await send(method, path, body, bearer('admin'))).status).toBeLessThan(300);
  });

  it('with any scope may read the metrics, but for those of rooms that they are not for', async () => {
    const telemetry = quietTelemetry();
    telemetry.roomMemory(
      () =>
        new Map([
          ['acme-1', 1],
          ['other', 2],
          ['lobby', 3],
        ]),
    );
    const { get } = await startServer({ tokens: TOKENS, telemetry });
    const rooms = async (name: string) => {
      const text = await (await get('/metrics', bearer(name))).text();
      expect(text).toContain('roomd_events_accepted_total');
      return [...text.matchAll(/^roomd_room_pss_bytes\{room="(.*)"\}/gm)].map(([, room]) => room);
    };
    expect(await rooms('writer')).toEqual(['acme-1', 'other', 'lobby']);
    expect(await rooms('acme')).toEqual(['acme-1', 'lobby']);
  });
});

it('refusals are counted by what they are for; what is merely wrong is not', async () => {
  const telemetry = quietTelemetry();
  const { get } = await startServer({ tokens: TOKENS, telemetry });
  await get('/v1/rooms');
  await get('/v1/rooms', bearer('writer'));
  await get('/v1/rooms/other', bearer('acme'));
  await get('/v1/rooms/nowhere', bearer('reader'));
  await get('/v1/rooms?page=2', bearer('reader'));
  const text = await (await get('/metrics', bearer('admin'))).text();
  expect([...text.matchAll(/^roomd_http_refused_total\{reason="(.*)"\} (\d+)/gm)].map(([, ...rest]) => rest)).toEqual([
    ['token-missing', '1'],
    ['scope-missing', '1'],
    ['room-not-allowed', '1'],
  ]);
});

describe('tokens for some rooms', () => {
  it('list only these', async () => {
    const { get } = await guarded();
    const { rooms } = (await (await get('/v1/rooms', bearer('acme'))).json()) as { rooms: { roomId: string }[] };
    expect(rooms.map(({ roomId }) => roomId)).toEqual(['acme-1', 'lobby']);
  });

  it.each([
    ['GET', '/v1/rooms/other', undefined],
    ['GET', '/v1/rooms/not-there', undefined],
    ['DELETE', '/v1/rooms/other', undefined],
    ['GET', '/v1/rooms/other/policy', undefined],
    ['GET', '/v1/rooms/other/events', undefined],
    ['POST', '/v1/rooms/other/commands', { type: 'app_message', text: 'hi' }],
    ['POST', '/v1/rooms', { roomId: 'xacme-1' }],
    ['POST', '/v1/rooms', { roomId: 'lobby2' }],
    ['POST', '/v1/rooms', { roomId: 'lobby', connector: 'daily', options: { room: 'board' } }],
    ['POST', '/v1/rooms', { roomId: 'lobby', connector: 'daily', options: { url: 'https://t.daily.co/board' } }],
    [
      'POST',
      '/v1/rooms',
      { roomId: 'lobby', connector: 'daily', options: { room: 'lobby', url: 'https://t.daily.co/%62oard' } },
    ],
  ])('%s %s is refused, whether the room is there or not', async (method, path, body) => {
    const { send, rooms } = await guarded();
    const problem = await problemOf(await send(method, path, body, bearer('acme')), 403);
    expect(problem.type).toBe('urn:roomd:problem:room-not-allowed');
    expect(rooms.requests).toEqual([]);
  });

  it('read the events of these only, by the page and live; not those of the supervisor itself', async () => {
    const { get, url, append } = await guarded();
    await append({ roomId: 'other' }, { roomId: 'acme-1' }, { roomId: '' }, { roomId: 'lobby' });
    const page = (await (await get('/v1/events', bearer('acme'))).json()) as {
      events: { envelope: { roomId: string } }[];
    };
    expect(page.events.map(({ envelope }) => envelope.roomId)).toEqual(['acme-1', 'lobby']);
    const stream = await openNdjson(`${url}/v1/events?from=start`, bearer('acme'));
    await stream.next();
    expect([await stream.next(), await stream.next()]).toMatchObject([
      { envelope: { roomId: 'acme-1' } },
      { envelope: { roomId: 'lobby' } },
    ]);
  });

  it('read every room and still nothing of the supervisor itself, when the pattern is *', async () => {
    const { get, append } = await guarded();
    await append({ roomId: 'other' }, { roomId: '' });
    const text = await (await get('/v1/events', bearer('every-room'))).text();
    expect(JSON.parse(text)).toMatchObject({ events: [{ envelope: { roomId: 'other' } }] });
  });
});

describe('without the scope events:pii', () => {
  const big = '{"participantId":"ada","at":12345678901234567890,"text":"my secret"}';
  const masked = '{"participantId":"ada","at":12345678901234567890,"text":"[redacted]"}';

  it.each(['reader', 'admin'])('pages and streams are masked for %s', async (name) => {
    const { get, url, append } = await guarded();
    await append({ ...spoken('x'), payload: big });
    const text = await (await get('/v1/events', bearer(name))).text();
    expect(text).toContain(masked);
    expect(text).not.toContain('secret');
    const sse = await openSse(`${url}/v1/events?from=start`, bearer(name));
    await sse.next();
    expect(await sse.next()).toMatchObject({ data: expect.stringContaining(masked) });
    const ndjson = await openNdjson(`${url}/v1/events?from=start`, bearer(name));
    await ndjson.next();
    expect(JSON.stringify(await ndjson.next())).toContain('[redacted]');
  });

  it('the payload of a topic that nobody knows any more is withheld', async () => {
    const { get, append } = await guarded();
    await append({ topic: 'room.old.topic', payload: '{"text":"my secret"}' });
    const text = await (await get('/v1/events', bearer('reader'))).text();
    expect(JSON.parse(text)).toMatchObject({ events: [{ envelope: { topic: 'room.old.topic', payload: {} } }] });
    expect(text).not.toContain('secret');
  });

  it('the last words of a bot are masked, wherever a room is shown', async () => {
    const { send, rooms } = await guarded();
    const lists = await send('GET', '/v1/rooms', undefined, bearer('reader'));
    const shows = await send('GET', '/v1/rooms/acme-1', undefined, bearer('reader'));
    const stops = await send('DELETE', '/v1/rooms/acme-1', undefined, bearer('writer'));
    rooms.nextSpawn = { kind: 'existing', room: roomView('acme-1', { stop: STOPPED }) };
    const spawns = await send('POST', '/v1/rooms', { roomId: 'acme-1' }, bearer('writer'));
    for (const response of [lists, shows, stops, spawns]) {
      const text = await response.text();
      expect(text).toContain('"stderr":["[redacted]","[redacted]"]');
      expect(text).not.toContain('secret');
    }
  });

  it('and with it nothing is', async () => {
    const { get, append } = await guarded();
    await append({ ...spoken('x'), payload: big });
    expect(await (await get('/v1/events', bearer('pii'))).text()).toContain(big);
    expect(await (await get('/v1/rooms/acme-1', bearer('pii'))).text()).toContain('a secret');
  });
});

describe('the Host header', () => {
  function statusFor(url: string, host: string, headers = {}): Promise<number | undefined> {
    return new Promise((resolve, reject) => {
      request(`${url}/v1/rooms`, { headers: { host, ...headers } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      })
        .on('error', reject)
        .end();
    });
  }

  it('names this machine, or the request is refused', async () => {
    const { url } = await startServer();
    for (const host of ['localhost', 'LOCALHOST:80', '127.0.0.1:7070', '127.0.0.2', '[::1]:7070', '[::1]']) {
      expect([host, await statusFor(url, host)]).toEqual([host, 200]);
    }
    const foreign = ['evil.example', 'evil.example:7070', 'localhost.evil.example', '127.0.0.1.evil.example'];
    for (const host of [...foreign, '127.0.0.999', '[127.0.0.1]', '::1', '0.0.0.0:7070']) {
      expect([host, await statusFor(url, host)]).toEqual([host, 421]);
    }
  });

  it('may be any address of the machine itself that roomd listens on', async () => {
    const { get, url } = await startServer({ host: '127.0.0.2' });
    expect(url).toContain('//127.0.0.2:');
    expect((await get('/v1/rooms')).status).toBe(200);
  });

  it('is free where tokens are asked for: a proxy on this machine may keep it', async () => {
    const { url } = await startServer({ tokens: TOKENS });
    expect(await statusFor(url, 'roomd.example')).toBe(401);
    expect(await statusFor(url, 'roomd.example', bearer('reader'))).toBe(200);
  });

  it('is free where roomd listens to the outside', async () => {
    const { url } = await startServer({ host: '0.0.0.0', tokens: TOKENS });
    expect(await statusFor(url, 'roomd.example')).toBe(401);
  });
});
