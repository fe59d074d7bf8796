import { execFileSync } from 'node:child_process';
import { PassThrough } from 'node:stream';
import { EventBridgeClient, PutEventsCommand } from '@aws-sdk/client-eventbridge';
import { execa } from 'execa';
import Fastify from 'fastify';
import pino from 'pino';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { z } from 'zod';
import { createMetrics } from '../../../supervisor/base/metrics.ts';
import { safeLogging } from '../../../supervisor/base/safe-logging.ts';
import { createTelemetry } from '../../../supervisor/base/telemetry.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { tracesIn } from '../../helpers/traces.ts';

const SECRET = 'Qzx-s3cret-value';

function collect() {
  const stream = new PassThrough();
  const log = pino({ ...safeLogging, base: null, timestamp: false, level: 'debug' }, stream);
  const text = () => String(stream.read() ?? '');
  return {
    log,
    text,
    lines: () =>
      text()
        .split('\n')
        .filter(Boolean)
        .map((line) => JSON.parse(line) as Record<string, unknown>),
  };
}

async function thrown(work: () => unknown): Promise<Error> {
  try {
    await work();
  } catch (error) {
    return error as Error;
  }
  throw new Error('expected it to throw');
}

/** Errors as libraries really throw them, each with the secret in what it was given. */
const ERRORS: [string, () => Promise<Error>][] = [
  [
    'the AWS SDK',
    () =>
      thrown(() => {
        const client = new EventBridgeClient({
          region: 'eu-central-1',
          endpoint: 'http://127.0.0.1:1',
          maxAttempts: 1,
          credentials: { accessKeyId: 'AKIAIOSFODNN7EXAMPLE', secretAccessKey: SECRET, sessionToken: SECRET },
        });
        return client.send(new PutEventsCommand({ Entries: [{ Detail: SECRET, DetailType: SECRET, Source: SECRET }] }));
      }),
  ],
  ['fetch', () => thrown(() => fetch(`http://ada:${SECRET}@127.0.0.1:1/?token=${SECRET}`))],
  [
    'fetch, of no server',
    () => thrown(() => fetch(`http://127.0.0.1:1/?token=${SECRET}`, { headers: { authorization: SECRET } })),
  ],
  ['the URL parser', () => thrown(() => new URL(`http://${SECRET}:x@`))],
  ['JSON.parse', () => thrown(() => JSON.parse(`{"text":"${SECRET}`))],
  ['JSON.parse, of words', () => thrown(() => JSON.parse(SECRET))],
  ['the YAML parser', () => thrown(() => parse(`a: "${SECRET}\nb: [${SECRET}`))],
  ['zod', () => thrown(() => z.strictObject({ a: z.number() }).parse({ a: SECRET, b: SECRET }))],
  ['execa', () => thrown(() => execa('/bin/sh', ['-c', `echo ${SECRET} >&2; exit 3`], { env: { TOKEN: SECRET } }))],
  ['execa, of no program', () => thrown(() => execa('/no/such/program', [SECRET], { env: { TOKEN: SECRET } }))],
  ['node:child_process', () => thrown(() => execFileSync('/bin/sh', ['-c', `: ${SECRET}; exit 3`], { stdio: 'pipe' }))],
  ['Node, about arguments', () => thrown(() => Buffer.from({ secret: SECRET } as unknown as string))],
  ['Node, about a value', () => thrown(() => Buffer.alloc(1).fill('a', SECRET as BufferEncoding))],
  [
    'fastify',
    async () => {
      const app = Fastify();
      let seen: Error | undefined;
      app.setErrorHandler((error: Error) => {
        seen = error;
        return {};
      });
      app.post('/', async () => ({}));
      const headers = { 'content-type': 'application/json', authorization: `Bearer ${SECRET}` };
      await app.inject({ method: 'POST', url: `/?token=${SECRET}`, headers, body: `{"a":"${SECRET}` });
      if (seen === undefined) throw new Error('expected it to fail');
      return seen;
    },
  ],
  ['a cause', async () => new Error('outer', { cause: await thrown(() => JSON.parse(SECRET)) })],
  ['several', async () => new AggregateError([await thrown(() => JSON.parse(SECRET))], 'all failed')],
  [
    'whoever hangs things on it',
    async () => Object.assign(new Error('failed'), { body: SECRET, headers: { [SECRET]: SECRET } }),
  ],
];

describe('an error in the log', () => {
  it.each(ERRORS)('of %s holds nothing that it was given', async (_, make) => {
    const error = await make();
    const { log, text } = collect();
    log.error({ where: 'here', err: error }, 'unexpected error');
    log.error(error);
    log.error({ err: error });
    log.error({ nested: { error: [error] } }, 'deep');
    const written = text();
    expect(written.split('\n').filter(Boolean)).toHaveLength(4);
    expect(tracesIn(written, [SECRET])).toEqual([]);
    expect(written).not.toContain('AKIA');
  });

  it('says what it is, where it was thrown, and why', () => {
    const { log, lines } = collect();
    const cause = Object.assign(new TypeError('the cause'), { code: 'ECODE' });
    log.error({ err: new RangeError('the message', { cause }) }, 'unexpected error');
    const [{ err }] = lines() as [{ err: Record<string, unknown> }];
    expect(err).toMatchObject({
      type: 'RangeError',
      message: 'the message',
      stack: expect.stringMatching(/^RangeError: the message\n {4}at .*safe-logging\.test\.ts/),
      cause: { type: 'TypeError', message: 'the cause', code: 'ECODE' },
    });
  });

  it('ends, however it is made', () => {
    const { log, text } = collect();
    const loop = new Error('loop');
    loop.cause = loop;
    log.error({ err: loop });
    log.error({
      err: Object.assign(new Error('x'), { stack: `Error: x\n${'    at f (file:1:1)\n'.repeat(100_000)}` }),
    });
    log.error({
      err: Object.assign(new Error('y'.repeat(1_000_000)), { name: 'n'.repeat(100_000), code: 'c'.repeat(100_000) }),
    });
    log.error({ err: Object.assign(new Error('z'), { name: undefined, stack: undefined, message: 7 }) });
    expect(text().length).toBeLessThan(20_000);
  });
});

describe('a line of the log', () => {
  it('is one line with what was said, bounded', () => {
    const { log, lines } = collect();
    log.info(
      { roomId: 'a\n{"msg":"forged"}', n: 1, big: 2n, ok: true, no: null, list: ['b\u001b[2J'], at: new Date(0) },
      'said',
    );
    log.warn('only words\u0007');
    log.debug(
      { text: 'x'.repeat(1e6), list: Array(1e5).fill(1), raw: Buffer.alloc(9), deep: { a: { b: { c: { d: 1 } } } } },
      'large',
    );
    const [said, words, large] = lines();
    expect(said).toEqual({
      level: 30,
      roomId: 'a {"msg":"forged"}',
      n: 1,
      big: '2',
      ok: true,
      no: null,
      list: ['b [2J'],
      at: '1970-01-01T00:00:00.000Z',
      msg: 'said',
    });
    expect(words).toEqual({ level: 40, msg: 'only words ' });
    expect(JSON.stringify(large).length).toBeLessThan(2_000);
    expect(large).toMatchObject({ raw: '(9 bytes)', deep: { a: { b: { c: '(left out)' } } } });
  });

  it('holds no field that is named for a secret', () => {
    const { log, text } = collect();
    log.info(
      { token: SECRET, request: { headers: { authorization: SECRET, 'set-cookie': SECRET } }, apiKey: SECRET },
      'm',
    );
    log.info({ tokens: [SECRET], credentials: { id: SECRET }, inputTokens: 7, secret: null }, 'm');
    const written = text();
    expect(tracesIn(written, [SECRET])).toEqual([]);
    expect(written).toContain('"inputTokens":7,"secret":null');
  });
});

it('no word of a bot gets into the log with what it got wrong', () => {
  const { log, text } = collect();
  const telemetry = createTelemetry(log, createMetrics(), new FakeClock());
  telemetry.rejectionsSummarised(
    'r',
    1,
    { unknown_topic: 1 },
    'expected a topic of the spec, got qzx.ada.lives.in.london',
  );
  telemetry.rejectionsSummarised('r', 1, { invalid_payload: 1 }, 'room.message.sent: /text must be string');
  telemetry.eventsDropped('r', 'qzx.ada.lives.in.london', 1);
  telemetry.violationSeen('r', 'qzx.ada', 'blocked');
  const written = text();
  expect(written).not.toContain('qzx');
  expect(written).toContain('/text must be string');
});
