import { once } from 'node:events';
import { request } from 'node:http';
import { connect } from 'node:net';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it, onTestFinished } from 'vitest';
import type { DailyWebhooks, Delivery, Received, Refused } from '../../../supervisor/daily/api.ts';
import { problemOf, startServer } from './rig.ts';
import { token } from './tokens.ts';

/** A server whose webhooks answer as they are told, and remember what came. */
async function rig(answer: Received, change: Parameters<typeof startServer>[0] = {}, refused?: Refused) {
  const deliveries: Delivery[] = [];
  const receive = (delivery: Delivery) => {
    deliveries.push(delivery);
    return answer;
  };
  const heads: [signature: string | undefined, timestamp: string | undefined, bytes: number | undefined][] = [];
  const refuses: DailyWebhooks['refuses'] = ({ signature, timestamp }, bytes) => {
    heads.push([signature, timestamp, bytes]);
    return refused;
  };
  return { ...(await startServer({ webhooks: { receive, refuses }, ...change })), deliveries, heads };
}

const TAKEN: Received = { kind: 'taken' };
const SIGNED = { 'x-webhook-signature': 'c2ln', 'x-webhook-timestamp': '1730000000000' };

describe('POST /webhooks/daily', () => {
  it.each(['taken', 'repeated', 'test'] as const)('answers 200 when it is %s', async (kind) => {
    const { url } = await rig({ kind });
    const response = await fetch(`${url}/webhooks/daily`, { method: 'POST', body: '{}', headers: SIGNED });
    expect([response.status, await response.json()]).toEqual([200, { received: kind }]);
  });

  it.each([
    ['forged', 401, 'not-signed'],
    ['stale', 401, 'not-fresh'],
    ['malformed', 400, 'malformed'],
    ['off', 404, 'no-webhooks'],
    ['stopping', 503, 'stopping'],
  ] as const)('refuses what is %s with %i', async (kind, status, type) => {
    const { send } = await rig({ kind, detail: 'for whoever mends it' });
    const problem = await problemOf(await send('POST', '/webhooks/daily', '{}', SIGNED), status);
    expect(problem).toMatchObject({ type: `urn:roomd:problem:${type}`, detail: 'for whoever mends it' });
  });

  it('is off where there are no webhooks', async () => {
    const { send } = await startServer();
    await problemOf(await send('POST', '/webhooks/daily', '{"test":"test"}'), 404);
  });

  it.each(['application/json', 'text/plain', 'application/octet-stream', 'multipart/form-data; boundary=x', ''])(
    'hands on the bytes as they came, said to be %j',
    async (type) => {
      const { url, deliveries } = await rig(TAKEN);
      const body = Buffer.from([0x7b, 0xff, 0x00, 0x20, 0x0a, 0x7d]);
      const status = await new Promise<number | undefined>((resolve, reject) => {
        const headers = { ...SIGNED, ...(type !== '' && { 'content-type': type }), 'content-length': body.length };
        const asked = request(`${url}/webhooks/daily`, { method: 'POST', headers }, (response) => {
          response.resume();
          resolve(response.statusCode);
        });
        asked.on('error', reject);
        asked.end(body);
      });
      expect(status).toBe(200);
      expect(deliveries).toEqual([{ body, signature: 'c2ln', timestamp: '1730000000000' }]);
    },
  );

  it('takes no more than 16 KiB', async () => {
    const { send, deliveries } = await rig(TAKEN);
    expect((await send('POST', '/webhooks/daily', 'x'.repeat(16_384))).status).toBe(200);
    await problemOf(await send('POST', '/webhooks/daily', 'x'.repeat(16_385)), 413);
    expect(deliveries).toHaveLength(1);
  });

  it('says when to deliver again while roomd stops', async () => {
    const { send } = await rig({ kind: 'stopping', detail: 'later' });
    expect((await send('POST', '/webhooks/daily', '{}', SIGNED)).headers.get('retry-after')).toBe('10');
  });

  it('reads no body of what is refused by its headers', async () => {
    const refused: Refused = { kind: 'forged', detail: 'for whoever mends it' };
    const { url, deliveries, heads } = await rig(TAKEN, {}, refused);
    for (const more of [{ 'content-length': 9_999 }, { 'transfer-encoding': 'chunked' }]) {
      // The answer comes, though the body never does.
      const asked = request(`${url}/webhooks/daily`, { method: 'POST', headers: { ...SIGNED, ...more } });
      asked.on('error', () => {});
      asked.flushHeaders();
      const [response] = (await once(asked, 'response')) as [{ statusCode?: number }];
      expect(response.statusCode).toBe(401);
      asked.destroy();
    }
    expect(deliveries).toEqual([]);
    expect(heads).toEqual([
      ['c2ln', '1730000000000', 9_999],
      ['c2ln', '1730000000000', undefined],
    ]);
  });

  it('has room for a thousand bodies that come, and the oldest goes first', { timeout: 60_000 }, async () => {
    const { url, heads, send } = await rig(TAKEN);
    const { port } = new URL(url);
    const head = 'POST /webhooks/daily HTTP/1.1\r\nHost: a\r\nX-Webhook-Signature: s\r\nX-Webhook-Timestamp: 1\r\n';
    const open = async () => {
      const socket = connect(Number(port), '127.0.0.1');
      onTestFinished(() => void socket.destroy());
      socket.on('error', () => {});
      await once(socket, 'connect');
      socket.write(`${head}Content-Length: 16000\r\n\r\n{`);
      return socket;
    };
    const oldest = await open();
    const closed = once(oldest, 'close');
    while (heads.length < 1) await setImmediate();
    const others = await Promise.all(Array.from({ length: 1_023 }, open));
    while (heads.length < 1_024) await setImmediate();
    expect(oldest.closed).toBe(false);
    expect((await send('POST', '/webhooks/daily', '{}', SIGNED)).status).toBe(200);
    await closed;
    expect(others.filter((socket) => socket.closed)).toEqual([]);
  });

  it('takes nothing but the signature for a proof: no token, and no name of this machine', async () => {
    for (const tokens of [[], [token('ops', ['admin'])]]) {
      const { url, deliveries } = await rig(TAKEN, { tokens });
      const headers = { ...SIGNED, host: 'roomd.example', origin: 'https://elsewhere.example' };
      const ask = (path: string, method: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const asked = request(url + path, { method, headers }, (response) => {
            response.resume();
            resolve(response.statusCode);
          });
          asked.on('error', reject);
          asked.end(method === 'POST' ? '{}' : undefined);
        });
      expect(await ask('/webhooks/daily', 'POST')).toBe(200);
      // Beside it, everything is as closed as ever.
      expect([401, 421]).toContain(await ask('/v1/rooms', 'GET'));
      expect([401, 404, 421]).toContain(await ask('/webhooks/daily', 'GET'));
      expect(deliveries).toHaveLength(1);
    }
  });
});
