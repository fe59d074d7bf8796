import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import type { Delivery, Received } from '../../../supervisor/daily/api.ts';
import { problemOf, startServer } from './rig.ts';
import { token } from './tokens.ts';

/** A server whose webhooks answer as they are told, and remember what came. */
async function rig(answer: Received, change: Parameters<typeof startServer>[0] = {}) {
  const deliveries: Delivery[] = [];
  const receive = (delivery: Delivery) => {
    deliveries.push(delivery);
    return answer;
  };
  return { ...(await startServer({ webhooks: { receive }, ...change })), deliveries };
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

  it('takes no more than 256 KiB', async () => {
    const { send, deliveries } = await rig(TAKEN);
    expect((await send('POST', '/webhooks/daily', 'x'.repeat(262_144))).status).toBe(200);
    await problemOf(await send('POST', '/webhooks/daily', 'x'.repeat(262_145)), 413);
    expect(deliveries).toHaveLength(1);
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
