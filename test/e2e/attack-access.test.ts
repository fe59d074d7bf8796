import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { runDaemon, temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { openSocket } from '../supervisor/http/socket-io-client.ts';
import { bearer, forge, guardedDaemon, tokens, WORDS } from './attack-rig.ts';

/** What somebody got who showed a secret: a status, and all that was read until the words, or a refusal, came. */
type Way = (url: string, secret?: string, room?: string) => Promise<{ status: number; text: string }>;

const read =
  (accept: string): Way =>
  async (url, secret, room) => {
    const stop = new AbortController();
    const path = room === undefined ? '/v1/events' : `/v1/rooms/${room}/events`;
    const response = await fetch(`${url}${path}?from=start&limit=1000`, {
      headers: { accept, ...(secret !== undefined && bearer(secret)) },
      signal: stop.signal,
    });
    let text = '';
    for await (const chunk of response.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      text += chunk;
      if (response.ok && accept !== 'application/json' && isEnough(text)) break;
    }
    stop.abort();
    return { status: response.status, text };
  };

const connect =
  (transport: 'websocket' | 'polling'): Way =>
  async (url, token, room) => {
    const auth = { ...(token !== undefined && { token }), ...(room !== undefined && { rooms: [room] }), from: 'start' };
    const { next, socket } = openSocket(url, { transports: [transport], auth });
    let text = '';
    for (;;) {
      const said = await next();
      text += `${JSON.stringify(said)}\n`;
      if (said.refused === undefined && !isEnough(text)) continue;
      socket.disconnect();
      return { status: said.refused?.data?.status ?? 200, text };
    }
  };

/** What the room `acme-1` said comes last, as words or masked. */
function isEnough(text: string): boolean {
  const message = /"topic":"room\.message\.sent"[^\n]*"roomId":"acme-1"[^\n]*\[redacted\]/;
  return text.includes(WORDS.acme) || message.test(text);
}

const WAYS: readonly (readonly [string, Way])[] = [
  ['a page', read('application/json')],
  ['Server-Sent Events', read('text/event-stream')],
  ['lines', read('application/x-ndjson')],
  ['a WebSocket', connect('websocket')],
  ['polling', connect('polling')],
];

describe('without the right to it, nobody reads anything, by whatever way', { timeout: 60_000 }, () => {
  it('without a secret, or with a wrong one', async () => {
    const { url } = await guardedDaemon();
    for (const [way, get] of WAYS) {
      for (const secret of [undefined, 'nope', 'secret-', 'roomd-ticket-1.e30.AAAA']) {
        const { status, text } = await get(url, secret);
        expect([way, secret, status]).toEqual([way, secret, 401]);
        expect(text).not.toMatch(/Qzx|roomId/);
      }
      expect(await get(url, 'secret-owner')).toMatchObject({ status: 200, text: expect.stringContaining(WORDS.other) });
    }
  });

  it('without the scope', async () => {
    const { url } = await guardedDaemon();
    for (const [way, get] of WAYS) {
      const { status, text } = await get(url, 'secret-starter');
      expect([way, status]).toEqual([way, 403]);
      expect(text).not.toContain('Qzx');
      // Everything but words.
      const masked = await get(url, 'secret-operator');
      expect([way, masked.status, masked.text.includes('Qzx')]).toEqual([way, 200, false]);
    }
  });

  it('of another room', async () => {
    const { url } = await guardedDaemon();
    for (const [way, get] of WAYS) {
      expect([way, (await get(url, 'secret-acme', 'other')).status]).toEqual([way, 403]);
      expect([way, (await get(url, 'secret-acme', 'not-there')).status]).toEqual([way, 403]);
      const { status, text } = await get(url, 'secret-acme');
      expect([way, status, text.includes(WORDS.acme), text.includes('other')]).toEqual([way, 200, true, false]);
    }
  });

  it('with a ticket that has expired, was widened, or was made by somebody else', async () => {
    const { url, data } = await guardedDaemon();
    const later = Date.now() + 60_000;
    const grant = { name: 't', scopes: ['events:read', 'events:pii'], rooms: ['acme-*'], expiresAt: later };
    const good = await forge(data, 'owner', grant);
    const [, , signature = ''] = good.split('.');
    const widened = Buffer.from(JSON.stringify({ ...grant, rooms: ['*'] })).toString('base64url');
    for (const [way, get] of WAYS) {
      const { status, text } = await get(url, good);
      expect([way, status, text.includes(WORDS.acme), text.includes(WORDS.other)]).toEqual([way, 200, true, false]);
      expect([way, (await get(url, good, 'other')).status]).toEqual([way, 403]);
      for (const bad of [
        await forge(data, 'owner', { ...grant, expiresAt: Date.now() }),
        await forge(data, 'nobody', grant),
        `roomd-ticket-1.${widened}.${signature}`,
      ]) {
        const refused = await get(url, bad);
        expect([way, refused.status]).toEqual([way, 401]);
        expect(refused.text).not.toMatch(/Qzx|roomId/);
      }
      // Whatever it says, it may do no more than its token.
      const greedy = await forge(data, 'acme', { ...grant, scopes: ['admin', 'events:read'], rooms: ['*'] });
      const got = await get(url, greedy);
      expect([way, got.status, got.text.includes(WORDS.other), got.text.includes('"roomId":"other"')]).toEqual([
        way,
        200,
        false,
        false,
      ]);
    }
  });

  it('by a name that somebody has pointed here', async () => {
    const { url } = await runDaemon();
    const { port } = new URL(url);
    for (const host of ['evil.example', `evil.example:${port}`, '127.0.0.1.evil.example', '0.0.0.0']) {
      for (const path of ['/', '/v1/rooms', '/v1/events', '/console/main.js', '/socket.io/?EIO=4&transport=polling']) {
        const asking = request(url + path, { headers: { host } });
        asking.end();
        const [response] = (await once(asking, 'response')) as [{ statusCode: number; resume(): void }];
        response.resume();
        expect([host, path, response.statusCode]).toEqual([host, path, 421]);
      }
    }
  });

  it('and no secret is ever written down', async () => {
    const data = await temporaryFolder();
    const config = join(data, 'roomd.yaml');
    await writeFile(config, JSON.stringify({ http: { tokens } }));
    const { url, lines, end } = await serve(data, ['--config', config]);
    const asking = { method: 'POST', headers: { ...bearer('secret-owner'), 'content-type': 'application/json' } };
    const made = await fetch(`${url}/v1/tickets`, { ...asking, body: '{}' });
    const { ticket } = (await made.json()) as { ticket: string };
    const expired = await forge(data, 'owner', { name: 't', scopes: ['events:read'], expiresAt: 1 });
    const secrets = [ticket, expired, 'secret-owner', 'secret-of-nobody'];
    for (const secret of secrets) {
      for (const path of [
        `/v1/events?ticket=${secret}&from=nowhere`,
        `/v1/events?ticket=${secret}&topic=%25`,
        `/v1/events?ticket=${secret}&ticket=${secret}&from=end`,
        `/v1/rooms/${'x'.repeat(200)}/events?ticket=${secret}`,
        `/v1/nothing?ticket=${secret}`,
        `/v1/%zz?ticket=${secret}`,
      ]) {
        const response = await fetch(url + path, { headers: { accept: 'text/event-stream', ...bearer(secret) } });
        const text = await response.text();
        expect([path, response.status >= 400, text.includes(secret)]).toEqual([path, true, false]);
      }
      const { next } = openSocket(url, { auth: { token: secret, rooms: ['a b'] } });
      expect(JSON.stringify(await next())).not.toContain(secret);
    }
    await end('SIGTERM');
    for (const secret of secrets) expect(lines.filter((line) => line.includes(secret))).toEqual([]);
  });
});
