import { Ajv2020 } from 'ajv/dist/2020.js';
import { describe, expect, it } from 'vitest';
import { createServer } from '../../../supervisor/http/server.ts';
import { openRecordings } from '../../../supervisor/recordings/store.ts';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { FakeForwarding } from './fake-forwarding.ts';
import { FakeRooms, LOCAL_KEY, openLog, problemOf, quietTelemetry, SPEC_VERSION, startServer } from './rig.ts';

describe('what operators ask', () => {
  it('the index leads everywhere', async () => {
    const { get } = await startServer();
    const { links, ...rest } = (await (await get('/')).json()) as { links: Record<string, string> };
    expect(rest).toEqual({ name: 'roomd', version: '0.0.0-test', specVersion: SPEC_VERSION });
    expect(links).toMatchObject({ rooms: '/v1/rooms', bots: '/v1/bots' });
    for (const path of Object.values(links)) expect([path, (await get(path)).status]).toEqual([path, 200]);
  });

  it('health tells what runs, and for how long', async () => {
    const { get, clock } = await startServer();
    clock.advance(90_000);
    expect(await (await get('/health')).json()).toEqual({
      status: 'ok',
      version: '0.0.0-test',
      specVersion: SPEC_VERSION,
      uptimeMs: 90_000,
    });
  });

  it('readiness says why not', async () => {
    const reasons: string[] = [];
    const { get } = await startServer({ ready: () => reasons });
    expect((await get('/ready')).status).toBe(200);
    reasons.push('log: disk full');
    const response = await get('/ready');
    expect(response.status).toBe(503);
    expect(await response.json()).toEqual({ ready: false, reasons: ['log: disk full'] });
  });

  it('metrics are in the format of Prometheus', async () => {
    const { get } = await startServer();
    const response = await get('/metrics');
    expect(response.headers.get('content-type')).toContain('text/plain; version=0.0.4');
    expect(await response.text()).toContain('# TYPE roomd_rooms gauge');
  });

  it('what is not there is a problem too', async () => {
    const { get, send } = await startServer();
    expect((await problemOf(await get('/v1/nothing'), 404)).detail).toContain('no GET /v1/nothing');
    await problemOf(await send('PUT', '/v1/rooms'), 404);
    await problemOf(await get('/%zz'), 400);
  });

  it('nor may one to an address that is none', async () => {
    const response = await (await startServer()).get('/%zz');
    await problemOf(response, 400);
    expect(response.headers.get('x-content-type-options')).toBe('nosniff');
    expect(response.headers.get('content-security-policy')).toContain("default-src 'none'");
  });

  it('no answer may be framed, sniffed, kept or read by another site', async () => {
    const { get } = await startServer();
    for (const path of ['/', '/v1/rooms', '/v1/events', '/nothing']) {
      const { headers } = await get(path, { origin: 'https://evil.example' });
      expect(headers.get('x-content-type-options')).toBe('nosniff');
      expect(headers.get('x-frame-options')).toBe('DENY');
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
      expect(headers.get('cache-control')).toMatch(/no-store|no-cache/);
      expect(headers.get('access-control-allow-origin')).toBeNull();
    }
  });
});

it('a server may be closed before it ever listened', async () => {
  const server = createServer({
    rooms: new FakeRooms(),
    log: openLog(),
    recordings: await openRecordings(await temporaryFolder()),
    clock: new FakeClock(),
    telemetry: quietTelemetry(),
    forwarding: new FakeForwarding(),
    ready: () => [],
    tokens: [],
    localKey: LOCAL_KEY,
    consoleFolder: '/nowhere',
    version: '0.0.0',
    specVersion: SPEC_VERSION,
  });
  await server.close();
});

it('a request that never ends holds up the end of the server for two seconds at most', async () => {
  const { server, send, rooms, clock } = await startServer();
  const asked = new Promise<void>((resolve) => {
    rooms.spawn = () => {
      resolve();
      return new Promise(() => undefined);
    };
  });
  const refused = expect(send('POST', '/v1/rooms', { roomId: 'a' })).rejects.toThrow('fetch failed');
  await asked;
  const closed = server.close();
  clock.advance(2_000);
  await closed;
  await refused;
});

interface Operation {
  operationId: string;
  summary: string;
  parameters?: { name: string; in: string; required?: boolean; schema: object }[];
  requestBody?: { content: Record<string, { schema: object }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: object }> }>;
}

describe('/openapi.json', () => {
  async function document() {
    const { get } = await startServer();
    return (await (await get('/openapi.json')).json()) as {
      openapi: string;
      info: { title: string; version: string };
      paths: Record<string, Record<string, Operation>>;
    };
  }

  it('lists every route', async () => {
    const { paths } = await document();
    const routes = Object.entries(paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method} ${path}`),
    );
    expect(routes.sort()).toEqual([
      'delete /v1/dead-letters/redrive',
      'delete /v1/recordings/{name}',
      'delete /v1/rooms/{roomId}',
      'delete /v1/rooms/{roomId}/quarantine',
      'get /',
      'get /health',
      'get /metrics',
      'get /ready',
      'get /socket.io/',
      'get /v1/bots',
      'get /v1/dead-letters',
      'get /v1/dead-letters/redrive',
      'get /v1/dead-letters/{id}',
      'get /v1/events',
      'get /v1/forward',
      'get /v1/recordings',
      'get /v1/rooms',
      'get /v1/rooms/{roomId}',
      'get /v1/rooms/{roomId}/events',
      'get /v1/rooms/{roomId}/export',
      'get /v1/rooms/{roomId}/participants',
      'get /v1/rooms/{roomId}/policy',
      'post /socket.io/',
      'post /v1/dead-letters/redrive',
      'post /v1/rooms',
      'post /v1/rooms/{roomId}/commands',
      'post /v1/rooms/{roomId}/events',
      'post /v1/tickets',
      'post /webhooks/daily',
      'put /v1/recordings/{name}',
    ]);
  });

  it('is OpenAPI 3.1: unique operations, described responses, declared parameters, sound schemas', async () => {
    const { openapi, info, paths } = await document();
    expect(openapi).toMatch(/^3\.1\.\d+$/);
    expect(info).toMatchObject({ title: 'roomd', version: '0.0.0-test' });
    const ajv = new Ajv2020({ strict: false, validateFormats: false });
    const ids: string[] = [];
    for (const [path, methods] of Object.entries(paths)) {
      expect(path).toMatch(/^\//);
      for (const operation of Object.values(methods)) {
        ids.push(operation.operationId);
        const { parameters = [], requestBody, responses } = operation;
        const inPath = parameters.filter((parameter) => parameter.in === 'path');
        expect(inPath.map(({ name, required }) => [name, required])).toEqual(
          [...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => [name, true]),
        );
        expect(Object.keys(responses).length).toBeGreaterThan(0);
        for (const [status, { description }] of Object.entries(responses)) {
          expect(status).toMatch(/^[1-5]\d\d$/);
          expect(description).toBeTypeOf('string');
        }
        const contents = [requestBody, ...Object.values(responses)].flatMap((part) =>
          Object.values(part?.content ?? {}),
        );
        for (const { schema } of [...parameters, ...contents]) expect(() => ajv.compile(schema)).not.toThrow();
      }
    }
    expect(new Set(ids).size).toBe(ids.length);
    expect(JSON.stringify(paths)).not.toContain('$ref');
  });

  it('describes the body of a spawn as it is taken, and refusals as problems', async () => {
    const { paths } = await document();
    const spawn = paths['/v1/rooms']?.post;
    const schema = spawn?.requestBody?.content['application/json']?.schema;
    const validate = new Ajv2020({ strict: false }).compile(schema ?? false);
    expect(
      validate({ roomId: 'a', limits: { idleTimeout: '5m', memory: '1GiB' }, policy: { turns: { maxChars: 10 } } }),
    ).toBe(true);
    expect(validate({ roomId: 'a', unknown: 1 })).toBe(false);
    expect(validate({ roomId: '.a' })).toBe(false);
    expect(validate({ roomId: 'a', tenantId: 'a\u0000b' })).toBe(false);
    expect(Object.keys(spawn?.responses ?? {})).toEqual([
      '200',
      '201',
      '400',
      '401',
      '403',
      '409',
      '413',
      '415',
      '422',
      '423',
      '500',
      '503',
    ]);
    expect(Object.keys(spawn?.responses['409']?.content ?? {})).toEqual(['application/problem+json']);
    expect(Object.keys(paths['/v1/events']?.get?.responses['200']?.content ?? {})).toEqual([
      'application/json',
      'text/event-stream',
      'application/x-ndjson',
    ]);
  });

  it('describes what Daily sends to its webhook, the test of a new one included', async () => {
    const { paths } = await document();
    const { requestBody, responses } = paths['/webhooks/daily']?.post ?? {};
    const validate = new Ajv2020({ strict: false }).compile(requestBody?.content['application/json']?.schema ?? false);
    const started = { id: '1', type: 'meeting.started', event_ts: 1.5, payload: { room: 'standup' }, version: '1.0.0' };
    expect([started, { test: 'test' }, {}, { id: 1 }].map((body) => validate(body))).toEqual([
      true,
      true,
      false,
      false,
    ]);
    expect(responses?.['200']?.description).toContain('happens behind');
  });
});
