import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { createAssistants } from '../../../supervisor/assistants/assistants.ts';
import { type Answering, data, endpoint, json, open, QUERY, refusal, status, TIMES } from './rig.ts';

const LISA = { id: 'lisa', name: 'Lisa', policy: { turns: { maxChars: 200 } }, prompt: 'a secret of its own' };
const FOUND = { ok: true, record: { id: 'lisa', name: 'Lisa', policy: { turns: { maxChars: 200 } } } };
const ENV = { GRAPHQL_TOKEN: 'graphql-hunter2', REST_TOKEN: 'rest-hunter2' };

/** Both endpoints, each on a server of its own. */
async function both(graphql: Answering, rest: Answering) {
  const [first, second] = [await endpoint(graphql), await endpoint(rest)];
  const rig = open(
    {
      graphql: { url: `${first.origin}/graphql?key=hunter2`, tokenEnv: 'GRAPHQL_TOKEN', query: QUERY },
      rest: { url: `${second.origin}/assistants/{id}?key=hunter2`, tokenEnv: 'REST_TOKEN' },
    },
    ENV,
  );
  return { ...rig, graphql: first, rest: second };
}

/** What is no answer of GraphQL's, and what is said of it. */
const FAULTS: [name: string, answering: Answering, reason: string][] = [
  ['500', status(500), 'expected HTTP 200, got 500'],
  ['503', status(503), 'expected HTTP 200, got 503'],
  ['401', status(401), 'expected HTTP 200, got 401: check the token'],
  ['404', status(404), 'expected HTTP 200, got 404'],
  ['429', status(429), 'expected HTTP 200, got 429'],
  ['204', status(204), 'expected HTTP 200, got 204'],
  ['a redirect', status(307, { location: 'http://localhost:1/secret' }), 'got 307: configure the address'],
  ['a redirect to itself', status(302, { location: '/graphql' }), 'got 302: configure the address'],
  ['HTML', (response) => response.writeHead(200).end('<html>a secret'), 'expected JSON, got something else'],
  ['nothing', (response) => response.writeHead(200).end(), 'expected JSON, got something else'],
  ['no UTF-8', (response) => response.writeHead(200).end(Buffer.from([0x22, 0xff, 0x22])), 'expected JSON'],
  ['null', json(null), 'expected data.assistant, got none'],
  ['no data', json({}), 'expected data.assistant, got none'],
  ['data without it', json({ data: { other: 'a secret' } }), 'expected data.assistant, got none'],
  ['an error', json({ data: null, errors: [{ message: 'a secret' }] }), 'expected data, got an error'],
  [
    'an error beside data',
    json({ data: { assistant: LISA }, errors: [{ message: 'a secret' }, { extensions: { code: 'NOT_FOUND' } }] }),
    'expected data, got 2 errors',
  ],
  ['5 MB', data({ ...LISA, prompt: 'x'.repeat(5_000_000) }), 'expected at most 256 KiB, got more'],
  [
    '64 MiB in 64 KiB',
    (response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end(BOMB),
    'expected at most 256 KiB, got more',
  ],
  [
    'half an answer',
    (response) => {
      response.writeHead(200, { 'content-length': '900' }).write('{"data":', () => response.destroy());
    },
    'no answer (UND_ERR_SOCKET)',
  ],
  ['a closed connection', (response) => response.destroy(), 'no answer (UND_ERR_SOCKET)'],
];

const BOMB = gzipSync(Buffer.alloc(64 * 2 ** 20, ' '));

describe('an assistant', () => {
  it('is asked for by GraphQL, with the query and the token, and only what is needed is kept', async () => {
    const { assistants, graphql, rest, results } = await both(data(LISA), status(500));
    expect(await assistants.find('lisa')).toEqual(FOUND);
    expect(graphql.asked).toMatchObject([
      {
        method: 'POST',
        url: '/graphql?key=hunter2',
        headers: { 'content-type': 'application/json', authorization: 'Bearer graphql-hunter2' },
      },
    ]);
    expect(JSON.parse(graphql.asked[0]?.body ?? '')).toEqual({ query: QUERY, variables: { id: 'lisa' } });
    expect(rest.asked).toEqual([]);
    expect(await results()).toEqual({ found: 1 });
  });

  it.each(FAULTS)('is asked for by REST when GraphQL says %s', async (_, answering, reason) => {
    const { assistants, graphql, rest, lines } = await both(answering, json(LISA));
    expect(await assistants.find('lisa')).toEqual(FOUND);
    expect(rest.asked).toMatchObject([
      { method: 'GET', url: '/assistants/lisa?key=hunter2', headers: { authorization: 'Bearer rest-hunter2' } },
    ]);
    // Without that, the reason is the answer, and it says no more than it should.
    const alone = open(
      { graphql: { url: `${graphql.origin}/?key=hunter2`, tokenEnv: 'GRAPHQL_TOKEN', query: QUERY } },
      ENV,
    );
    const [detail, retryable] = refusal(await alone.assistants.find('lisa'));
    expect(detail).toContain(`GraphQL at ${graphql.origin}/: `);
    expect(detail).toContain(reason);
    expect(retryable).toBe(true);
    expect(detail + lines.join('') + alone.lines.join('')).not.toMatch(/secret|hunter2/);
  });

  it('is nobody when GraphQL says so, and REST is not asked', async () => {
    const { assistants, graphql, rest, results } = await both(data(null), json(LISA));
    const none = [`there is no such assistant (GraphQL at ${graphql.origin}/graphql)`, false];
    expect(refusal(await assistants.find('lisa'))).toEqual(none);
    graphql.answer(json({ data: { assistant: null }, errors: [{ message: 'x', extensions: { code: 'NOT_FOUND' } }] }));
    expect(refusal(await assistants.find('lisa'))).toEqual(none);
    expect(rest.asked).toEqual([]);
    expect(await results()).toEqual({ refused: 2 });
  });

  it.each([404, 410])('is nobody when REST says %s after GraphQL has said nothing', async (code) => {
    const { assistants, rest } = await both(status(500), status(code));
    expect(refusal(await assistants.find('lisa'))).toEqual([
      `there is no such assistant (REST at ${rest.origin}/assistants/{id})`,
      false,
    ]);
  });

  it('is unknown for now when neither answers, and both reasons are told', async () => {
    const { assistants, graphql, rest } = await both(status(502), json(null));
    expect(refusal(await assistants.find('lisa'))).toEqual([
      `nobody says what that assistant is: GraphQL at ${graphql.origin}/graphql: expected HTTP 200, got 502; ` +
        `REST at ${rest.origin}/assistants/{id}: expected a record or HTTP 404, got null`,
      true,
    ]);
  });

  it.each([
    ['a/../b?c#d', '/a%2F..%2Fb%3Fc%23d?key=1'],
    ['$& {id}', '/%24%26%20%7Bid%7D?key=1'],
    ['ü', '/%C3%BC?key=1'],
  ])('has its id in the address as one part: %s', async (id, path) => {
    const server = await endpoint(json({ name: 'X' }));
    const { assistants } = open({ rest: { url: `${server.origin}/{id}?key=1` } });
    expect(await assistants.find(id)).toEqual({ ok: true, record: { id, name: 'X' } });
    expect(server.asked.map(({ url }) => url)).toEqual([path]);
    expect(server.asked[0]?.headers).not.toHaveProperty('authorization');
  });

  it.each(['.', '..', '\ud800'])('with an id that no address can have is refused unasked: %j', async (id) => {
    const { assistants, graphql, rest } = await both(data(null), json(LISA));
    expect(refusal(await assistants.find(id))).toEqual([
      expect.stringContaining('that is no id of an assistant'),
      false,
    ]);
    expect([graphql.asked, rest.asked]).toEqual([[], []]);
  });
});

describe('a record', () => {
  it.each<[string, unknown, object]>([
    ['without a name or a policy', { id: 'lisa' }, { id: 'lisa' }],
    ['of nulls', { id: null, name: null, policy: null }, { id: 'lisa' }],
    [
      'with a policy in a text of JSON',
      { policy: '{"turns":{"maxChars":9}}' },
      { id: 'lisa', policy: { turns: { maxChars: 9 } } },
    ],
    ['with a name that would ring', { name: ' Li\u0007sa\n' }, { id: 'lisa', name: 'Li sa' }],
  ])('%s can be used', async (_, record, expected) => {
    const server = await endpoint(data(record));
    const { assistants } = open({ graphql: { url: server.origin, query: QUERY } });
    expect(await assistants.find('lisa')).toEqual({ ok: true, record: expected });
  });

  it('with an endless name has the beginning of it', async () => {
    const server = await endpoint(data({ name: 'x'.repeat(10_000) }));
    const { assistants } = open({ graphql: { url: server.origin, query: QUERY } });
    expect(await assistants.find('lisa')).toEqual({ ok: true, record: { id: 'lisa', name: `${'x'.repeat(127)}…` } });
  });

  it.each<[string, unknown, string]>([
    ['a list', [LISA, 'a secret'], 'the record: Invalid input: expected object, received array'],
    ['a text', 'a secret', 'the record: Invalid input: expected object, received string'],
    ['another', { ...LISA, id: 'secret' }, 'id: expected the one asked for'],
    ['nameless', { ...LISA, name: ['a secret'] }, 'name: Invalid input: expected string, received array'],
    [
      'of a broken policy',
      { policy: { turns: { maxChars: 'secret' } } },
      'policy: turns.maxChars: Invalid input: expected number',
    ],
    ['of a policy for some rooms', { policy: { match: { roomId: 'a' } } }, 'policy: match: expected none'],
    ['of an unknown rule', { policy: { turnz: {} } }, 'policy: the layer: unknown key turnz'],
    ['of a broken time', { policy: { attention: { cooldown: '5 secrets' } } }, 'policy: attention.cooldown: expected'],
    ['of a phrase for a key', { policy: { content: { 'a secret phrase': 1 } } }, 'policy: content: unknown key'],
    ['of a policy in a broken text', { policy: '{"a secret' }, 'policy: the layer: Invalid input: expected object'],
    ['of a list of layers', { policy: [{}] }, 'policy: the layer: Invalid input: expected object'],
  ])('that is %s refuses, whoever else might know better', async (_, record, reason) => {
    const { assistants, rest, lines } = await both(data(record), json(LISA));
    const [detail, retryable] = refusal(await assistants.find('lisa'));
    expect(detail).toContain(`the record of that assistant can't be used: ${reason}`);
    expect(retryable).toBe(false);
    expect(rest.asked).toEqual([]);
    expect(detail + lines.join('')).not.toMatch(/secret|hunter2/);
  });
});

describe('where assistants are looked up', () => {
  it('is nowhere when nothing is configured', () => {
    expect(createAssistants(TIMES, { env: {}, ...parts() })).toBeUndefined();
  });

  it.each<[string, object, Record<string, string>, string]>([
    [
      'no token',
      { graphql: { url: 'https://api.example/g', tokenEnv: 'T', query: QUERY } },
      {},
      'assistants.graphql: expected the token in the variable T, of visible ASCII, got none',
    ],
    [
      'a token of two lines',
      { rest: { url: 'https://api.example/{id}', tokenEnv: 'T' } },
      { T: 'hunter2\r\nx: y' },
      'assistants.rest: expected the token in the variable T, of visible ASCII, got something else',
    ],
    [
      'a token in the clear',
      { rest: { url: 'http://api.example/{id}', tokenEnv: 'T' } },
      { T: 'hunter2' },
      'assistants.rest.url: expected https, since a token is sent',
    ],
    [
      'a password in the address',
      { graphql: { url: 'https://me:hunter2@api.example/', query: QUERY } },
      {},
      'assistants.graphql.url: expected an address without user and password',
    ],
  ])('is refused at the start with %s', (_, config, env, message) => {
    const begin = () => createAssistants({ ...TIMES, ...config }, { env, ...parts() });
    expect(begin).toThrow(
      expect.objectContaining({ name: 'AssistantsError', message: expect.stringContaining(message) }),
    );
    expect(begin).not.toThrow(/hunter2/);
  });
});

function parts() {
  const { clock } = open({ rest: { url: 'http://127.0.0.1:1/{id}' } });
  return { clock, telemetry: { assistantAsked() {}, internalError() {} } };
}
