import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { temporaryFolder } from '../../helpers/daemon.ts';
import { startServer } from '../http/rig.ts';
import { policyServer, version } from '../policy/rig.ts';
import { call } from './rig.ts';

const ACME = `
policyId: acme
tools: { allow: ["search.*"], deny: ["payments.**"] }
turns: { maxChars: 600 }
content: { blockedPhrases: [one, two] }
enforcement:
  - { severity: low, count: 9, within: 10m, action: quarantine, for: 15m }
  - { severity: low, count: 5, within: 10m, action: restrict, to: { turns: { maxPerMinute: 1 } } }
`;
const ROOM = `
match: { roomId: standup }
turns: { maxChars: 200 }
tools: { allow: [search.web, clock] }
rates: [{ id: chat, topic: room.message.sent, limit: 10, per: 60s }]
attention: { cooldown: 60s }
`;

async function folder(): Promise<string> {
  const cwd = await temporaryFolder();
  await writeFile(join(cwd, 'acme.yaml'), ACME);
  await writeFile(join(cwd, 'standup.yaml'), ROOM);
  return cwd;
}

describe('roomd policy compose', () => {
  it('prints the snapshot that files come to', async () => {
    const cwd = await folder();
    const { code, out, err } = await call(['policy', 'compose', 'acme.yaml', 'standup.yaml'], { cwd });
    expect([code, err.text]).toEqual([0, '']);
    expect(JSON.parse(out.text)).toMatchObject({
      policyVersion: expect.stringMatching(/^sha256:[0-9a-f]{64}$/),
      layers: ['defaults', 'acme'],
      policy: { tools: { allow: [['search.*']] }, turns: { maxChars: 600 } },
    });
    const room = await call(['policy', 'compose', '--room', 'standup', 'acme.yaml', '.'], { cwd, tty: true });
    expect(JSON.parse(room.out.text)).toMatchObject({
      layers: ['defaults', 'acme', 'standup.yaml'],
      policy: { turns: { maxChars: 200 }, tools: { allow: [['clock', 'search.web'], ['search.*']] } },
    });
    expect(room.out.lines.length).toBeGreaterThan(20);
  });

  it('asks an address once', async () => {
    const server = await policyServer(version(ACME));
    const { code, out } = await call(['policy', 'compose', server.url]);
    expect([code, server.requests.length]).toEqual([0, 1]);
    expect(JSON.parse(out.text)).toMatchObject({ layers: ['defaults', 'acme'] });
  });

  it('takes the layers of the configuration when none are named, tokens and all', async () => {
    const cwd = await folder();
    const server = await policyServer((request, response) => {
      if (request.headers.authorization === 'Bearer secret') version('policyId: remote')(request, response);
      else response.writeHead(401).end();
    });
    const layers = `[standup.yaml, { url: "${server.url}", tokenEnv: RULES }]`;
    await writeFile(join(cwd, 'roomd.yaml'), `policy: { layers: ${layers} }`);
    const argv = ['policy', 'compose', '--room', 'standup'];
    const { out } = await call(argv, { cwd, env: { RULES: 'secret' } });
    expect(JSON.parse(out.text).layers).toEqual(['defaults', 'remote', 'standup.yaml']);
    const wrong = await call(argv, { cwd, env: { RULES: 'wrong' } });
    expect([wrong.code, wrong.err.text]).toEqual([1, expect.stringContaining('got 401: check the token')]);
    const none = await call(argv, { cwd });
    expect([none.code, none.err.text]).toEqual([1, expect.stringContaining('in the variable RULES')]);
  });

  it.each([
    [['absent.yaml'], 1, "absent.yaml: can't be read (ENOENT)"],
    [['broken.yaml'], 1, 'broken.yaml: turns.maxChars: Invalid input: expected number'],
    [['http://127.0.0.1:1/a?hidden'], 1, 'policy source http://127.0.0.1:1/a gave no version yet'],
    [['https://hidden:hidden@rules.test/'], 2, 'expected an address without user and password'],
    [['--config', 'absent.yaml'], 1, "absent.yaml can't be read"],
    [['broken.yaml', '--config', 'roomd.yaml'], 2, 'expected files or --config, got both'],
  ])('%j ends with %i', async (args, expected, message) => {
    const cwd = await temporaryFolder();
    await writeFile(join(cwd, 'broken.yaml'), 'turns: { maxChars: hidden }');
    const { code, out, err } = await call(['policy', 'compose', ...args], { cwd });
    expect([code, out.text, err.text]).toEqual([expected, '', expect.stringContaining(message)]);
    expect(err.text).not.toContain('hidden');
  });
});

describe('roomd policy explain', () => {
  it('shows every field, who gave it, and what did not count', async () => {
    const cwd = await folder();
    const argv = ['policy', 'explain', 'acme.yaml', 'standup.yaml', '--room', 'standup'];
    const { code, out } = await call(argv, { cwd, tty: true });
    expect(code).toBe(0);
    expect([
      out.lines[0]?.replace(/[0-9a-f]{8}/, 'HASH'),
      ...out.lines.slice(1).map((line) => line.replace(/ +/g, ' ')),
    ]).toEqual([
      'policy HASH from defaults + acme + standup.yaml',
      '',
      ' tools.allow one of clock, search.web standup.yaml',
      ' one of search.* acme',
      ' tools.deny payments.** acme',
      ' turns.maxChars 200 standup.yaml',
      ' 600 acme (not in force: looser)',
      ' rates chat: 10 × room.message.sent per 1 min standup.yaml',
      ' content.blockedPhrases "one" acme',
      ' "two" acme',
      ' content.mode block acme',
      ' attention.cooldown 1 min standup.yaml',
      ' attention.mentionsBypassCooldown no standup.yaml',
      ' enforcement 9× low within 10 min: quarantine for 15 min acme',
      ' 5× low within 10 min: restrict to {"turns":{"maxPerMinute":1}} acme',
    ]);
    const columns = out.lines.slice(2).map((line) => line.search(/ (?:acme|standup\.yaml)/));
    expect(new Set(columns).size).toBe(1);
  });

  it('says the same as JSON', async () => {
    const cwd = await folder();
    const { out } = await call(['policy', 'explain', 'acme.yaml', 'standup.yaml', '--room', 'standup'], { cwd });
    const { fields, provenance, policyVersion } = JSON.parse(out.text);
    expect(policyVersion).toMatch(/^sha256:/);
    expect(provenance['turns.maxChars']).toEqual(['standup.yaml']);
    expect(fields.find(({ path }: { path: string }) => path === 'turns.maxChars')).toEqual({
      path: 'turns.maxChars',
      value: 200,
      layers: ['standup.yaml'],
      said: [
        { value: 200, layers: ['standup.yaml'], holds: true },
        { value: 600, layers: ['acme'], holds: false },
      ],
    });
  });

  it('shows what is not fit for a terminal as harmless, and long lists in part', async () => {
    const cwd = await temporaryFolder();
    const layer = {
      policyId: 'a\u001b[2Jb',
      content: { blockedPhrases: Array.from({ length: 30 }, (_, i) => `\u0007${i}x`) },
    };
    await writeFile(join(cwd, 'a.json'), JSON.stringify(layer));
    const { out } = await call(['policy', 'explain', 'a.json'], { cwd, tty: true });
    for (const unsafe of ['\u001b[2J', '\u0007']) expect(out.text).not.toContain(unsafe);
    expect(out.text).toContain('and 10 more');
  });

  it('has the defaults alone when there are no layers', async () => {
    const { code, out } = await call(['policy', 'explain'], { cwd: await temporaryFolder(), tty: true });
    expect([code, out.lines[0]]).toEqual([0, expect.stringMatching(/^policy [0-9a-f]{8} from defaults$/)]);
    expect(out.lines.join('\n')).toContain('1× high within 10 min: warn');
  });
});

describe('roomd policy show', () => {
  const POLICY_VERSION = `sha256:${'a'.repeat(64)}`;
  const answer = {
    policyVersion: POLICY_VERSION,
    layers: ['defaults', 'acme', 'request'],
    policy: { turns: { maxChars: 200 }, content: { mode: 'block' } },
    provenance: { 'turns.maxChars': ['request'], 'content.mode': ['defaults'] },
  };

  const serve = (extra: object) =>
    policyServer((request, response) => {
      const isThere = request.url === '/v1/rooms/standup/policy';
      const body = isThere ? { ...answer, ...extra } : { title: 'No such room', detail: 'there is none' };
      response.writeHead(isThere ? 200 : 404, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    });

  it('shows what a room is held to, and whether its bot knows', async () => {
    const { origin } = await serve({
      acknowledged: null,
      restrictions: [{ rule: 'turns.maxPerMinute', causeId: 'the-cause', at: 1_699_999_940_000 }],
    });
    const { code, out } = await call(['policy', 'show', 'standup'], { url: origin, tty: true });
    expect([code, out.lines]).toEqual([
      0,
      [
        'standup',
        '  policy aaaaaaaa from defaults + acme + request',
        '  the bot has not acknowledged it yet',
        '  restricted because of turns.maxPerMinute 1 min ago, by the-cause',
        '',
        '  turns.maxChars  200    request',
        '  content.mode    block  defaults',
      ],
    ]);
    const json = await call(['policy', 'show', 'standup'], { url: origin });
    expect(JSON.parse(json.out.text)).toMatchObject({ policyVersion: POLICY_VERSION, acknowledged: null });
  });

  it.each([
    [{}, false],
    [{ acknowledged: POLICY_VERSION }, 'the bot has acknowledged it'],
    [{ acknowledged: `sha256:${'b'.repeat(64)}` }, 'not acknowledged it yet, and holds to bbbbbbbb'],
  ])('says of %j: %s', async (extra, expected) => {
    const { origin } = await serve(extra);
    const { out } = await call(['policy', 'show', 'standup'], { url: origin, tty: true });
    if (expected === false) expect(out.text).not.toContain('acknowledged');
    else expect(out.text).toContain(expected);
  });

  it('of a room that is not there ends with 1', async () => {
    const { url } = await startServer();
    const { code, err } = await call(['policy', 'show', 'absent'], { url });
    expect([code, err.text]).toEqual([1, expect.stringContaining('absent')]);
  });
});
