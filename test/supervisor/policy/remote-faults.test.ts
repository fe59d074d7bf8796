import { gzipSync } from 'node:zlib';
import { describe, expect, it } from 'vitest';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { type Answering, memoryKeep, openSources, policyServer, ROOM, version } from './rig.ts';

const NEW = 'revision: 7\nturns: { maxChars: 100 }';
const HEADERS = { etag: '"seven"', 'last-modified': 'Tue, 14 Nov 2023 10:00:00 GMT' };
const YEARS = 60_000 * 60 * 24 * 365;

const refuse = (status: number, headers: Record<string, string> = {}): Answering => {
  return (_, response) => response.writeHead(status, headers).end('a secret in the answer');
};

/** What a source may answer instead of a version, and what is said of it. */
const FAULTS: [name: string, answering: Answering, reason: string][] = [
  ['HTML', version(NEW, { 'content-type': 'text/html; charset=utf-8' }), 'expected a policy layer, got HTML'],
  [
    'HTML that calls itself YAML',
    version('<html><body>secret</body></html>'),
    'the layer: Invalid input: expected object',
  ],
  ['nothing', version(''), 'expected a layer, got nothing'],
  ['null', version('null'), 'the layer: Invalid input: expected object'],
  ['5 MB', version(`# ${'x'.repeat(5_000_000)}\n${NEW}`), 'expected at most 1 MiB, got more'],
  [
    '256 MiB in 256 KiB',
    (_, response) => {
      response.writeHead(200, { 'content-encoding': 'gzip' });
      response.end(BOMB);
    },
    'expected at most 1 MiB, got more',
  ],
  [
    'gzip that is none',
    (_, response) => response.writeHead(200, { 'content-encoding': 'gzip' }).end('plain secret'),
    'no answer (Z_DATA_ERROR)',
  ],
  ['no UTF-8', (_, response) => response.writeHead(200).end(Buffer.from([0xff, 0xfe])), 'expected UTF-8'],
  ['a broken layer', version('turns: { maxChars: secret }'), 'turns.maxChars: Invalid input: expected number'],
  ['an unknown key', version('content: { "a secret phrase": 1 }'), 'content: unknown key'],
  ['broken YAML', version('turns: { secret'), 'expected YAML, got BAD_INDENT at line 1, column'],
  ['500', refuse(500), 'expected HTTP 200 or 304, got 500'],
  ['401', refuse(401), 'expected HTTP 200 or 304, got 401: check tokenEnv'],
  ['204', (_, response) => response.writeHead(204).end(), 'expected HTTP 200 or 304, got 204'],
  [
    'half an answer',
    (request, response) => {
      response.writeHead(200, { 'content-length': '900' }).write(NEW, () => request.socket.destroy());
    },
    'no answer (UND_ERR_SOCKET)',
  ],
  ['a closed connection', (request) => request.socket.destroy(), 'no answer (UND_ERR_SOCKET)'],
  ['an older revision', version('revision: 6\nturns: { maxChars: 900 }'), 'expected revision 7 or newer, got 6'],
  ['no revision', version('turns: { maxChars: 900 }'), 'expected revision 7 or newer, got none'],
  ['the same revision', version('revision: 7\nturns: { maxChars: 900 }'), 'expected revision 7 to stay as it was'],
  [
    'an older date',
    version('revision: 8\nturns: { maxChars: 900 }', { 'last-modified': 'Tue, 14 Nov 2023 09:59:59 GMT' }),
    'expected a version modified at 2023-11-14T10:00:00.000Z or later, got 2023-11-14T09:59:59.000Z',
  ],
  ['a redirect elsewhere', refuse(302, { location: 'http://localhost:1/secret' }), 'got HTTP 302 to another origin'],
  ['a redirect to nowhere', refuse(302), 'got HTTP 302 to nowhere'],
  ['redirects without end', refuse(307, { location: '/secret' }), 'got more than 3 redirects'],
  ['more punctuation than a policy has', version(`a: [${'1,'.repeat(200_000)}]`), 'at most 200000 tokens of YAML'],
  ['deep nesting', version('['.repeat(900_000)), 'nested too deeply'],
  [
    'a key twice',
    version('tools: { deny: [a] }\ntools: {}'),
    'expected every key once, got one twice at line 2, column 1',
  ],
  ['aliases of aliases', version(laughs()), 'expected YAML without so many aliases'],
];

const BOMB = gzipSync(Buffer.alloc(256 * 2 ** 20, '#'));

function laughs(): string {
  const lines = Array.from({ length: 30 }, (_, i) => `a${i + 1}: &a${i + 1} [${Array(9).fill(`*a${i}`).join(', ')}]`);
  return ['a0: &a0 [secret]', ...lines].join('\n');
}

describe('a remote source that answers something else', () => {
  it.each(FAULTS)('%s: the last good version goes on, and it is told once', async (_, answering, reason) => {
    const server = await policyServer(version(NEW, HEADERS));
    const rig = openSources([server.url]);
    await rig.policies.start();
    await rig.policies.look();
    expect([await rig.maxChars(), rig.changes(), rig.refused]).toEqual([[100], 1, []]);

    server.answer(answering);
    await rig.policies.look();
    await rig.policies.look();
    expect(await rig.maxChars()).toEqual([100]);
    expect([rig.changes(), rig.policies.problem]).toEqual([1, undefined]);
    expect(rig.refused).toEqual([{ source: server.url, reason: expect.stringContaining(reason) }]);
    expect(rig.lines.filter((line) => line.includes('policy source cannot be used'))).toHaveLength(1);
    expect(rig.lines.join('') + JSON.stringify(rig.refused)).not.toContain('secret');

    server.answer(
      version('revision: 8\nturns: { maxChars: 50 }', { 'last-modified': 'Tue, 14 Nov 2023 11:00:00 GMT' }),
    );
    await rig.policies.look();
    expect([await rig.maxChars(), rig.changes(), rig.refused.length]).toEqual([[50], 2, 1]);
    expect(rig.lines.filter((line) => line.includes('policy source can be used again'))).toHaveLength(1);
  });

  it.each<[string, Answering]>([
    ['before its headers', () => {}],
    ['within its body', (_, response) => void response.writeHead(200).write('turns: ')],
    ['within a body that never says anything', (_, response) => response.writeHead(200).flushHeaders()],
  ])('hangs %s: it is given up after the timeout', async (_, answering) => {
    const server = await policyServer(version(NEW));
    const rig = openSources([server.url]);
    await rig.policies.start();
    await rig.policies.look();
    server.answer(answering);
    const asked = server.asked();
    const look = rig.policies.look();
    await asked;
    const closed = new Promise<void>((resolve) => server.requests.at(-1)?.socket.once('close', () => resolve()));
    expect(await rig.maxChars()).toEqual([100]);
    rig.clock.advance(4_999);
    expect(rig.refused).toEqual([]);
    rig.clock.advance(1);
    await look;
    await closed;
    expect(await rig.maxChars()).toEqual([100]);
    expect(rig.refused).toEqual([{ source: server.url, reason: 'expected a whole answer within 5000 ms, got none' }]);
  });

  it('refuses and goes on talking: nobody listens', async () => {
    const server = await policyServer((_, response) => void response.writeHead(500).write('to be continued'));
    const rig = openSources([server.url]);
    await rig.policies.look();
    const [request] = server.requests;
    await new Promise<void>((resolve) => {
      if (request === undefined || request.socket.destroyed) resolve();
      else request.socket.once('close', () => resolve());
    });
    expect(rig.refused).toHaveLength(1);
  });

  it('whose first answer never came refuses rooms with the reason, and waits for one under way', async () => {
    const server = await policyServer(refuse(500));
    const rig = openSources([server.url]);
    await expect(rig.policies.layersFor(ROOM)).rejects.toThrow(/gave no version yet: it was not asked yet/);
    await rig.policies.start();
    await rig.policies.look();
    const refused = `policy source ${server.url} gave no version yet: expected HTTP 200 or 304, got 500`;
    await expect(rig.policies.layersFor(ROOM)).rejects.toMatchObject({ name: 'PolicyError', message: refused });
    expect(rig.policies.problem).toBe(refused);

    let answer = () => {};
    server.answer((request, response) => {
      answer = () => version(NEW)(request, response);
    });
    const asked = server.asked();
    const look = rig.policies.look();
    await asked;
    const layers = rig.maxChars();
    answer();
    expect(await layers).toEqual([100]);
    await look;
    expect([rig.changes(), rig.policies.problem]).toEqual([1, undefined]);
  });

  it('is of no harm by the dates of a server whose clock is fast', async () => {
    const soon = new Date(new FakeClock().now() + YEARS).toUTCString();
    const server = await policyServer(version('turns: { maxChars: 1 }', { 'last-modified': soon }));
    const rig = openSources([server.url]);
    await rig.policies.start();
    await rig.policies.look();
    rig.clock.advance(5_000);
    server.answer(version('turns: { maxChars: 2 }', { 'last-modified': new Date(rig.clock.now()).toUTCString() }));
    await rig.policies.look();
    expect([await rig.maxChars(), rig.refused]).toEqual([[2], []]);
  });

  it('tells a fault again when it was sound between, and another fault at once', async () => {
    const server = await policyServer(version(NEW));
    const rig = openSources([server.url], { keep: memoryKeep() });
    await rig.policies.start();
    for (const answering of [refuse(500), refuse(503), refuse(500), version(NEW), refuse(500)]) {
      server.answer(answering);
      await rig.policies.look();
    }
    expect(rig.refused.map(({ reason }) => reason.slice(-3))).toEqual(['500', '503', '500']);
  });
});
