import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { globSync, readFileSync, statSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { join } from 'node:path';
import { expect, it, onTestFinished } from 'vitest';
import type { ForwardStatus } from '../../supervisor/forward/api.ts';
import type { RoomView } from '../../supervisor/room/api.ts';
import planted from '../bots/planted.json' with { type: 'json' };
import { root, temporaryFolder, testBot } from '../helpers/daemon.ts';
import { tracesIn } from '../helpers/traces.ts';

/** What the caller, the operator and the machine know, and a log or another caller must not. */
const SECRETS = {
  reader: 'Qzx-token-of-the-reader',
  operator: 'Qzx-token-of-the-operator',
  owner: 'Qzx-token-of-the-owner',
  wrongToken: 'Qzx-token-that-is-wrong',
  inQuery: 'Qzx-secret-in-a-query',
  inBody: 'Qzx-secret-in-a-body',
  inHalfBody: 'Qzx-secret-in-half-a-body',
  inOptions: 'Qzx-secret-in-options',
  inOrder: 'Qzx-secret-in-an-order',
  /** It occurs. */
  phrase: planted.words.message,
  awsId: 'QZXAWSACCESSKEYID000',
  awsSecret: 'Qzx/aws+secret/access+key',
  awsSession: 'Qzx/aws+session/token',
  environment: 'Qzx-secret-of-the-environment',
};
const words = Object.values(planted.words);
const identifiers = Object.values(planted.identifiers);

interface Answer {
  readonly what: string;
  readonly status: number;
  readonly bytes: Buffer;
  /** What the request itself held may be quoted to whoever sent it. */
  readonly own: readonly string[];
}

/** `roomd serve` with everything that it may not tell anybody. */
async function startRoomd(forward: object) {
  const data = await temporaryFolder();
  const token = (name: 'reader' | 'operator' | 'owner', scopes: string[]) => {
    return { name, scopes, sha256: createHash('sha256').update(SECRETS[name]).digest('hex') };
  };
  const bot = { command: testBot('indiscreet') };
  const config = {
    http: {
      tokens: [
        token('reader', ['rooms:read', 'events:read']),
        token('operator', ['admin']),
        token('owner', ['rooms:read', 'events:read', 'events:pii']),
      ],
    },
    log: { ballast: 0 },
    rooms: { shutdownGrace: '1s' },
    bots: { default: bot },
    forward,
  };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(config));
  const roomd = spawn(process.execPath, [join(root, 'supervisor/main.ts'), 'serve', '--port', '0', '--data', data], {
    cwd: data,
    env: {
      PATH: process.env.PATH,
      LOG_LEVEL: 'debug',
      AWS_ACCESS_KEY_ID: SECRETS.awsId,
      AWS_SECRET_ACCESS_KEY: SECRETS.awsSecret,
      AWS_SESSION_TOKEN: SECRETS.awsSession,
      SOME_API_KEY: SECRETS.environment,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const ended = once(roomd, 'close');
  onTestFinished(async () => {
    roomd.kill('SIGKILL');
    await ended;
  });
  const output: Buffer[] = [];
  const url = await new Promise<string>((resolve, reject) => {
    for (const stream of [roomd.stdout, roomd.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        output.push(chunk);
        const [, address] = /"address":"([^"]+)"/.exec(Buffer.concat(output).toString()) ?? [];
        if (address !== undefined) resolve(address);
      });
    }
    void ended.then(() => reject(new Error(`roomd has ended: ${Buffer.concat(output)}`)));
  });
  return {
    data,
    url,
    end: async () => {
      roomd.kill('SIGTERM');
      const [code] = await ended;
      return { code: code as number, output: Buffer.concat(output) };
    },
  };
}

/** Asks, and keeps every byte of every answer to a caller without events:pii. */
function caller(url: string) {
  const answers: Answer[] = [];
  const ask = async (path: string, init: RequestInit & { token?: string; own?: string[]; until?: string } = {}) => {
    const { token = SECRETS.reader, own = [], until, ...rest } = init;
    const stop = new AbortController();
    const headers = { authorization: `Bearer ${token}`, ...(rest.headers as Record<string, string> | undefined) };
    const response = await fetch(url + path, { ...rest, headers, signal: stop.signal });
    const chunks = [Buffer.from(JSON.stringify([...response.headers]))];
    for await (const chunk of response.body ?? []) {
      chunks.push(Buffer.from(chunk));
      if (until !== undefined && Buffer.concat(chunks).includes(until)) break;
    }
    stop.abort();
    const answer = {
      what: `${rest.method ?? 'GET'} ${path}`,
      status: response.status,
      bytes: Buffer.concat(chunks),
      own,
    };
    if (token !== SECRETS.owner) answers.push(answer);
    return answer;
  };
  const json = async <T>(path: string): Promise<T> => {
    const response = await fetch(url + path, { headers: { authorization: `Bearer ${SECRETS.reader}` } });
    return (await response.json()) as T;
  };
  const post = (path: string, body: unknown, init: Parameters<typeof ask>[1] = {}) =>
    ask(path, {
      method: 'POST',
      token: SECRETS.operator,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      headers: { 'content-type': 'application/json' },
      ...init,
    });
  return { answers, ask, json, post };
}

/** A port that nobody listens on. */
async function closedPort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as { port: number };
  server.close();
  await once(server, 'close');
  return port;
}

const TARGETS: [string, () => Promise<object>][] = [
  ['a dry run', async () => ({ target: 'dry-run' })],
  [
    'an EventBridge that is not there',
    async () => ({ target: 'eventbridge', region: 'eu-central-1', endpoint: `http://127.0.0.1:${await closedPort()}` }),
  ],
];

it.each(TARGETS)('nothing that is nobody’s business gets out, with %s', { timeout: 120_000 }, async (_, forward) => {
  const { data, url, end } = await startRoomd(await forward());
  const { answers, ask, json, post } = caller(url);
  const policy = { content: { blockedPhrases: [SECRETS.phrase], mode: 'report' } };
  const options = { apiKey: SECRETS.inOptions };
  const stateOf = async (roomId: string) => (await json<RoomView>(`/v1/rooms/${roomId}`)).state;

  // Two rooms: what the one was given is none of the other's business.
  expect((await post('/v1/rooms', { roomId: 'first', connector: 'external', options, policy })).status).toBe(201);
  expect((await post('/v1/rooms', { roomId: 'second', connector: 'external' })).status).toBe(201);
  for (const roomId of ['first', 'second']) {
    const from = `/v1/rooms/${roomId}/events?from=start&topic=room.participant.joined`;
    await ask(from, { headers: { accept: 'application/x-ndjson' }, until: 'told-everything' });
    const { pid } = await json<RoomView>(`/v1/rooms/${roomId}`);
    const given = readFileSync(`/proc/${pid}/environ`);
    const ofOthers = Object.values(SECRETS).filter((secret) => roomId === 'second' || secret !== SECRETS.inOptions);
    expect(tracesIn(given, ofOthers)).toEqual([]);
    expect(tracesIn(readFileSync(`/proc/${pid}/cmdline`), Object.values(SECRETS))).toEqual([]);
  }

  // Wrong tokens, secrets where none should be, and bodies that are refused.
  const { inQuery, inBody, inHalfBody, wrongToken } = SECRETS;
  expect((await ask('/v1/rooms', { token: wrongToken })).status).toBe(401);
  expect((await ask('/v1/events', { headers: { authorization: `Basic ${wrongToken}` } })).status).toBe(401);
  expect((await post('/v1/rooms', { roomId: 'x' }, { token: SECRETS.reader })).status).toBe(403);
  for (const path of ['/v1/rooms', '/v1/nothing', '/v1/events', '/metrics']) {
    await ask(`${path}?token=${inQuery}&from=${inQuery}`, { own: [inQuery] });
  }
  await ask(`/v1/rooms/${inQuery}`, { own: [inQuery] });
  await ask(`/v1/dead-letters/${inQuery}`, { own: [inQuery] });
  await post('/v1/rooms', `{"roomId":"${inHalfBody}`);
  await post(
    '/v1/rooms',
    { roomId: 'third', connector: 'external', secret: inBody, options: inBody },
    { own: [inBody] },
  );
  await post('/v1/rooms', { roomId: 'third', connector: inBody, bot: inBody }, { own: [inBody] });
  await post('/v1/rooms', { roomId: 'third', connector: 'external', policy: { content: inBody } }, { own: [inBody] });
  await post('/v1/rooms', { roomId: 'first', connector: 'external', options: { apiKey: inBody } }, { own: [inBody] });
  await post('/v1/rooms', inBody, { headers: { 'content-type': `text/${inBody}` }, own: [inBody] });
  await post('/v1/rooms/first/commands', { type: inBody, [inBody]: inBody }, { own: [inBody] });
  await post('/v1/dead-letters/redrive', { ids: inBody, [inBody]: 1 }, { own: [inBody] });

  // An exception, a restart, and a join that fails.
  for (const roomId of ['first', 'second']) {
    expect((await post(`/v1/rooms/${roomId}/commands`, { type: 'app_message', text: SECRETS.inOrder })).status).toBe(
      202,
    );
  }
  for (const roomId of ['first', 'second'])
    while (!['failed', 'stopped', 'quarantined'].includes(await stateOf(roomId)));

  // Everything that is there to be read.
  const forwarding = () => json<ForwardStatus>('/v1/forward');
  if ((await forwarding()).target.startsWith('dry-run')) while ((await forwarding()).accounting.pending > 0);
  else while ((await forwarding()).problem === null);
  for (const path of [
    '/',
    '/health',
    '/ready',
    '/metrics',
    '/openapi.json',
    '/v1/rooms',
    '/v1/rooms/first',
    '/v1/bots',
  ]) {
    await ask(path);
    await ask(path, { token: SECRETS.operator });
  }
  const live = { 'text/event-stream': 'envelope', 'application/x-ndjson': 'envelope', 'application/json': undefined };
  for (const [accept, until] of Object.entries(live)) {
    for (const token of [SECRETS.reader, SECRETS.operator]) {
      const whole = until === undefined ? '/v1/events?from=start&limit=1000' : '/v1/rooms/second/events?from=start';
      const last = until && `"to":"failed"`;
      await ask(whole, { token, headers: { accept }, ...(last && { until: last }) });
    }
  }
  await ask('/v1/forward');
  const { deadLetters } = await json<{ deadLetters: { id: string }[] }>('/v1/dead-letters');
  await ask('/v1/dead-letters');
  for (const { id } of deadLetters) await ask(`/v1/dead-letters/${id}`);

  // The search finds what is there: for who may see it, it is.
  const whole = await ask('/v1/events?from=start&limit=1000', { token: SECRETS.owner });
  const { message, transcript, unsafe, sessionFailed, joinFailed, dropped, marked, named, stderr, exception } =
    planted.words;
  for (const each of [
    message,
    transcript,
    unsafe,
    sessionFailed,
    joinFailed,
    dropped,
    marked,
    named,
    stderr,
    exception,
  ]) {
    expect(tracesIn(whole.bytes, [each]), each).not.toEqual([]);
  }
  expect(whole.bytes.toString()).toContain('"unknown_topic":1');
  const { code, output } = await end();
  expect(code).toBe(0);
  expect(output.toString()).toContain('"level":20');
  expect(output.toString()).toContain('lines from bot rejected');

  const secrets = Object.values(SECRETS);
  expect(tracesIn(output, [...words, ...identifiers, ...secrets])).toEqual([]);
  for (const line of output.toString().split('\n').filter(Boolean)) JSON.parse(line);
  for (const { what, bytes, own } of answers) {
    const hidden = [...words, ...secrets].filter((each) => !own.includes(each));
    expect(tracesIn(bytes, hidden), what).toEqual([]);
  }
  for (const file of globSync('dry-run*.jsonl', { cwd: data })) {
    const bytes = readFileSync(join(data, file));
    expect(bytes.includes('room.participant.joined')).toBe(true);
    expect(tracesIn(bytes, [...words, ...secrets])).toEqual([]);
  }
  expect(deadLetters.length).toBeGreaterThan(forward === TARGETS[0]?.[1] ? 1 : -1);

  // What is whole on disk is its owner's alone.
  for (const file of globSync('**/*', { cwd: data, exclude: ['roomd.yaml'] })) {
    expect(statSync(join(data, file)).mode & 0o077, file).toBe(0);
  }
});
