import { once } from 'node:events';
import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { problemOf, startServer } from './rig.ts';
import { bearer, token } from './tokens.ts';

const TOKENS = [token('reader', ['rooms:read', 'events:read'])];
const CONSOLE = 'https://console.example';
const FOREIGN = ['https://evil.example', 'http://console.example', 'https://console.example:8443', 'null'];
const start = () => startServer({ tokens: TOKENS, cors: [CONSOLE, 'http://localhost:5173'] });

const allowed = ({ headers }: Response) => headers.get('access-control-allow-origin');

/** A request with any header: `fetch` doesn't send `Sec-Fetch-*` that it is given, nor `Host`. */
async function ask(url: string, headers: Record<string, string>, method = 'GET') {
  const asking = request(url, { method, headers });
  asking.end();
  const [response] = await once(asking, 'response');
  response.resume();
  return response as { statusCode: number; headers: Record<string, string> };
}

describe('pages of a listed origin', () => {
  it.each([CONSOLE, 'http://localhost:5173'])('%s may read what they ask for with a token', async (origin) => {
    const { get } = await start();
    for (const path of ['/v1/rooms', '/v1/events', '/socket.io/?EIO=4&transport=polling']) {
      const response = await get(path, { ...bearer('reader'), origin });
      expect([path, response.status, allowed(response)]).toEqual([path, 200, origin]);
      expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
      expect(response.headers.get('access-control-allow-credentials')).toBeNull();
    }
    const events = await get('/v1/events', { ...bearer('reader'), origin });
    expect(events.headers.get('vary')?.toLowerCase().split(', ').sort()).toEqual(['accept', 'origin']);
    const live = await get('/v1/events', { ...bearer('reader'), origin, accept: 'text/event-stream' });
    expect(allowed(live)).toBe(origin);
    await live.body?.cancel();
  });

  it('may read why they are refused, too', async () => {
    const { get } = await start();
    const response = await get('/v1/rooms', { origin: CONSOLE });
    expect(allowed(response)).toBe(CONSOLE);
    expect(response.headers.get('access-control-expose-headers')).toContain('WWW-Authenticate');
    await problemOf(response, 401);
  });

  it('ask first without a token, and are answered', async () => {
    const { url } = await start();
    const asked = {
      origin: CONSOLE,
      'access-control-request-method': 'DELETE',
      'access-control-request-headers': 'authorization',
    };
    for (const path of ['/v1/rooms/lobby', '/v1/nothing', '/socket.io/']) {
      const { statusCode, headers } = await ask(url + path, asked, 'OPTIONS');
      expect([path, statusCode]).toEqual([path, 204]);
      expect(headers['access-control-allow-origin']).toBe(CONSOLE);
      expect(headers['access-control-allow-methods']).toContain('DELETE');
      expect(headers['access-control-allow-headers']?.toLowerCase()).toContain('authorization');
    }
  });
});

describe('pages of other sites', () => {
  it.each(FOREIGN)('%s are given nothing, with whatever they ask', async (origin) => {
    const { get, url } = await start();
    for (const path of ['/v1/rooms', '/v1/events', '/v1/rooms/lobby']) {
      const response = await get(path, { ...bearer('reader'), origin });
      expect([path, allowed(response)]).toEqual([path, null]);
      expect(response.headers.get('vary')?.toLowerCase()).toContain('origin');
    }
    const asked = { origin, 'access-control-request-method': 'GET' };
    expect((await ask(`${url}/v1/rooms`, asked, 'OPTIONS')).headers['access-control-allow-origin']).toBeUndefined();
    const poll = await get('/socket.io/?EIO=4&transport=polling', { origin });
    expect((await problemOf(poll, 403)).type).toBe('urn:roomd:problem:cross-site');
  });

  it('are not let to sockets, however the address is written', async () => {
    const { url } = await start();
    for (const path of ['/socket.io/', '/socket%2Eio/', '/%73ocket.io/']) {
      const { statusCode } = await ask(`${url}${path}?EIO=4&transport=polling`, { origin: 'https://evil.example' });
      expect([path, statusCode]).toEqual([path, 403]);
    }
  });

  it('nor is what needs no token', async () => {
    const { get } = await start();
    for (const path of ['/', '/health', '/ready', '/metrics', '/openapi.json']) {
      expect([path, allowed(await get(path, { origin: CONSOLE }))]).toEqual([path, null]);
    }
  });

  it('are all pages, where none is listed', async () => {
    const { get, url } = await startServer({ tokens: TOKENS });
    expect(allowed(await get('/v1/rooms', { ...bearer('reader'), origin: CONSOLE }))).toBeNull();
    const asked = { origin: CONSOLE, 'access-control-request-method': 'GET' };
    const { statusCode, headers } = await ask(`${url}/v1/rooms`, asked, 'OPTIONS');
    expect([statusCode, headers['access-control-allow-origin']]).toEqual([401, undefined]);
  });
});

describe('where no tokens are configured', () => {
  it('a page of another site may not even ask, whatever it embeds roomd as', async () => {
    const { url } = await startServer();
    const site = (where: string, mode: string, dest: string) => ({
      'sec-fetch-site': where,
      'sec-fetch-mode': mode,
      'sec-fetch-dest': dest,
    });
    for (const [headers, status] of [
      [site('same-origin', 'cors', 'empty'), 200],
      [site('none', 'navigate', 'document'), 200],
      [site('cross-site', 'navigate', 'document'), 200],
      [site('same-site', 'navigate', 'document'), 200],
      [site('cross-site', 'navigate', 'iframe'), 403],
      [site('cross-site', 'no-cors', 'image'), 403],
      [site('same-site', 'no-cors', 'script'), 403],
      [site('cross-site', 'cors', 'empty'), 403],
      [{ origin: CONSOLE }, 403],
    ] as const) {
      const { statusCode } = await ask(`${url}/v1/rooms`, headers);
      expect([headers, statusCode]).toEqual([headers, status]);
    }
  });
});
