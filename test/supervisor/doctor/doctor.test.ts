import { chmod, mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../../supervisor/config-schema.ts';
import { runDaemon, temporaryFolder } from '../../helpers/daemon.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { type Answering, data, endpoint, json, status } from '../assistants/rig.ts';
import { findings } from './rig.ts';

const TOKEN = { name: 'ops', sha256: '0'.repeat(64), scopes: ['events:read' as const] };
const KEY = { DAILY_API_KEY: 'daily-key-hunter2' };
/** No browser: that is looked at elsewhere. */
const daily = (apiUrl: string, more: object = {}): ConfigInput => ({
  connectors: { daily: { apiUrl, browser: { path: '/nowhere' }, ...more } },
});
const dated =
  (at: number): Answering =>
  (response, asked) => {
    response.sendDate = false;
    response.setHeader('date', new Date(at).toUTCString());
    json({ domain_name: 'team' })(response, asked);
  };

describe('the doctor', () => {
  it('finds nothing wrong where nothing is configured, and says what it has not looked at', async () => {
    const found = await findings();
    expect(Object.entries(found).map(([check, { status }]) => [check, status])).toEqual([
      ['Node', 'ok'],
      ['configuration', 'ok'],
      ['data folder', 'ok'],
      ['bot', 'ok'],
      ['clock', 'skipped'],
      ['Daily key', 'skipped'],
      ['Daily webhooks', 'skipped'],
      ['browser', 'skipped'],
      ['EventBridge', 'skipped'],
      ['PutEvents', 'skipped'],
      ['policy', 'skipped'],
      ['assistants', 'skipped'],
      ['daemon', expect.stringMatching(/skipped|ok|warn|fail/)],
    ]);
    for (const { status, todo } of Object.values(found)) expect([status, todo === undefined]).toEqual([status, true]);
  });

  it('tells all faults of the configuration, and looks at the rest', async () => {
    const config = { rooms: { max: 0 }, nonsense: 1 } as ConfigInput;
    const found = await findings({ config });
    expect(found.configuration).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(/^2 faults: .*nonsense/),
    });
    expect(found['Daily key']).toEqual({ status: 'skipped', found: 'the configuration is not valid' });
    expect(found.Node?.status).toBe('ok');
  });

  it('knows which Node is needed', async () => {
    expect((await findings({ node: '22.19.0' })).Node).toMatchObject({
      status: 'fail',
      found: 'expected Node 24 or later, got 22.19.0',
    });
  });
});

describe('the data folder', () => {
  it('is one that is there, and for its owner alone', async () => {
    const folder = await temporaryFolder();
    await chmod(folder, 0o755);
    expect((await findings({ config: { data: folder } }))['data folder']).toEqual({
      status: 'warn',
      found: `${folder}: expected mode 0700, got 0755: others may look into it`,
      todo: `chmod 700 ${folder}`,
    });
    await chmod(folder, 0o700);
    expect((await findings({ config: { data: folder } }))['data folder']).toMatchObject({ status: 'ok' });
  });

  it('is no file, nothing below one, and nothing that cannot be written to', async () => {
    const file = join(await temporaryFolder(), 'file');
    await writeFile(file, '');
    const found = async (data: string) => (await findings({ config: { data } }))['data folder'];
    expect(await found(file)).toMatchObject({ status: 'fail', found: `${file} is no folder` });
    expect(await found(join(file, 'data'))).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('ENOTDIR'),
    });
    expect(await found('/proc')).toMatchObject({
      status: 'fail',
      found: expect.stringContaining("can't be written to"),
    });
  });

  it('is the one that is asked about, not the configured one', async () => {
    const [folder, other] = [await temporaryFolder(), await temporaryFolder()];
    await chmod(folder, 0o755);
    await chmod(other, 0o700);
    const found = await findings({ config: { data: folder }, data: other });
    expect(found['data folder']).toMatchObject({ status: 'ok', found: expect.stringContaining(other) });
  });

  it('has place for the log', async () => {
    const found = async (log: object) => (await findings({ config: { log } }))['data folder'];
    expect(await found({ ballast: '4000000GiB' })).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('expected at least 4096000064 MiB'),
    });
    expect(await found({ maxSize: '4000000GiB' })).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('log and dead letters may come to'),
    });
  });
});

describe('the clock', () => {
  it.each([
    [29_000, 'ok', 'within 29 s of that of Daily'],
    [-29_000, 'ok', 'within 30 s of that of Daily'],
    [32_000, 'warn', '32 s ahead of that of Daily'],
    [-32_000, 'warn', '33 s behind that of Daily'],
  ])('that is %i ms off: %s', async (ms, status, told) => {
    const clock = new FakeClock();
    const server = await endpoint(dated(clock.now() - ms));
    const found = await findings({ config: daily(server.origin), env: KEY, clock });
    expect(found.clock).toMatchObject({ status, found: told });
    expect(server.asked.filter(({ headers }) => headers.authorization === undefined)).toHaveLength(1);
  });

  it('is compared with all whom there are, and the worst is told', async () => {
    const clock = new FakeClock();
    const [near, far] = [await endpoint(dated(clock.now())), await endpoint(dated(clock.now() + 90_000))];
    const forward = { target: 'eventbridge', region: 'eu-central-1', endpoint: far.origin } as const;
    const found = await findings({ config: { ...daily(near.origin), forward }, env: KEY, clock });
    expect(found.clock).toMatchObject({ status: 'warn', found: '91 s behind that of EventBridge' });
  });

  it('is not known when nobody tells the time', async () => {
    const server = await endpoint((response) => response.destroy());
    const found = await findings({ config: daily(server.origin), env: KEY });
    expect(found.clock).toMatchObject({ status: 'warn', found: "Daily didn't tell the time" });
  });
});

describe('Daily', () => {
  it('accepts the key, and says for what domain', async () => {
    const server = await endpoint(json({ domain_name: 'team' }));
    const found = await findings({ config: daily(server.origin), env: KEY });
    expect(found['Daily key']).toEqual({ status: 'ok', found: 'accepted, for the domain team' });
    const [asked] = server.asked.filter(({ headers }) => headers.authorization !== undefined);
    expect(asked).toMatchObject({ method: 'GET', url: '/', headers: { authorization: 'Bearer daily-key-hunter2' } });
    const other = await findings({ config: daily(server.origin, { domain: 'other' }), env: KEY });
    expect(other['Daily key']).toMatchObject({
      status: 'fail',
      found: 'the key is for the domain team, and connectors.daily.domain says other',
    });
  });

  it.each<[string, Answering, string]>([
    [
      'an invalid key',
      json({ error: 'authentication-error', info: 'bad key daily-key-hunter2' }, 401),
      "isn't accepted",
    ],
    ['trouble', status(503), 'HTTP 503'],
    ['HTML', (response) => response.end('<html>'), 'HTTP 200'],
  ])('%s is told without the key', async (_, answering, reason) => {
    const server = await endpoint(answering);
    const found = await findings({ config: daily(server.origin), env: KEY });
    expect(found['Daily key']).toMatchObject({ status: 'fail', found: expect.stringContaining(reason) });
    expect(JSON.stringify(found)).not.toContain('hunter2');
  });

  it.each([
    [{ DAILY_API_URL: 'nowhere' }, 'DAILY_API_URL: ', 'mend the address'],
    [{ DAILY_API_KEY: 'Bearer hunter2' }, 'DAILY_API_KEY: ', 'put the key alone into DAILY_API_KEY'],
  ])('says what to mend: %j', async (env, found, todo) => {
    const config = { connectors: { daily: { browser: { path: '/nowhere' } } } };
    const { 'Daily key': told } = await findings({ config, env: { ...KEY, ...env } });
    expect(told).toMatchObject({
      status: 'fail',
      found: expect.stringMatching(new RegExp(`^${found}`)),
      todo: expect.stringContaining(todo),
    });
    expect(told?.todo?.includes('DAILY_API_KEY')).toBe('DAILY_API_KEY' in env);
    expect(JSON.stringify(told)).not.toContain('hunter2');
  });

  it('wants a key where there are rules for webhooks, and a secret in base64', async () => {
    const config = daily('http://127.0.0.1:1', { webhooks: { rules: [{ rooms: '*' }] } });
    const found = await findings({ config });
    expect(found['Daily key']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('no key in DAILY_API_KEY'),
    });
    expect(found['Daily webhooks']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('DAILY_WEBHOOK_SECRET'),
    });
    const broken = await findings({ config, env: { DAILY_WEBHOOK_SECRET: 'not base64: hunter2' } });
    expect(broken['Daily webhooks']).toMatchObject({ status: 'fail', found: expect.stringContaining('base64') });
    expect(JSON.stringify(broken)).not.toContain('hunter2');
    const well = await findings({ config, env: { DAILY_WEBHOOK_SECRET: 'c2l4dGVlbiBieXRlcyBsbw==' } });
    expect(well['Daily webhooks']).toEqual({ status: 'ok', found: 'a secret, and one rule' });
    const alone = await findings({ env: { DAILY_WEBHOOK_SECRET: 'c2l4dGVlbiBieXRlcyBsbw==' } });
    expect(alone['Daily webhooks']).toMatchObject({ status: 'warn' });
  });

  it('reads the policy that a rule names', async () => {
    const file = join(await temporaryFolder(), 'layer.yaml');
    const config = daily('http://127.0.0.1:1', { webhooks: { rules: [{ rooms: '*', policy: file }] } });
    const env = { DAILY_WEBHOOK_SECRET: 'c2l4dGVlbiBieXRlcyBsbw==' };
    expect((await findings({ config, env }))['Daily webhooks']).toMatchObject({
      status: 'fail',
      found: `${file}: can't be read (ENOENT)`,
    });
    await writeFile(file, 'turns: { maxChars: 5 }');
    expect((await findings({ config, env }))['Daily webhooks']?.status).toBe('ok');
    await writeFile(file, 'match: { roomId: a }');
    expect((await findings({ config, env }))['Daily webhooks']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('expected no match'),
    });
  });

  it('wants a bot that is configured, and a secret that is none to guess', async () => {
    const rules = (bot: string) => daily('http://127.0.0.1:1', { webhooks: { rules: [{ rooms: '*', bot }] } });
    const unknown = await findings({ config: rules('nosuchbot') });
    expect(unknown.configuration).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('webhooks.rules.0.bot: expected a bot that is configured, got "nosuchbot"'),
    });
    const found = await findings({ config: rules('default'), env: { DAILY_WEBHOOK_SECRET: 'YQ==' } });
    expect(found['Daily webhooks']).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('16 bytes or more'),
    });
  });
});

describe('policy and assistants', () => {
  it('are read and asked', async () => {
    const folder = await temporaryFolder();
    await mkdir(join(folder, 'layers'));
    await writeFile(join(folder, 'layers/a.yaml'), 'turns: { maxChars: 5 }');
    const remote = await endpoint((response) => response.end('{"turns":{"maxChars":4}}'));
    const [graphql, rest] = [await endpoint(data(null)), await endpoint(status(404))];
    const config = {
      policy: { layers: [join(folder, 'layers'), remote.origin] },
      assistants: { graphql: { url: graphql.origin }, rest: { url: `${rest.origin}/{id}` } },
    };
    const found = await findings({ config });
    expect(found.policy).toMatchObject({ status: 'ok', found: expect.stringContaining('2 sources can be read') });
    expect(found.assistants).toEqual({ status: 'ok', found: 'GraphQL and REST answer' });
    expect(JSON.parse(graphql.asked[0]?.body ?? '')).toMatchObject({ variables: { id: 'roomd-doctor' } });

    await writeFile(join(folder, 'layers/b.yaml'), 'turns: { maxChars: hunter2 }');
    graphql.answer(status(401));
    const broken = await findings({ config });
    expect(broken.policy).toMatchObject({ status: 'fail', found: expect.stringContaining('b.yaml') });
    expect(broken.assistants).toMatchObject({
      status: 'warn',
      found: expect.stringContaining('expected HTTP 200, got 401'),
    });
    rest.answer(status(500));
    expect((await findings({ config })).assistants).toMatchObject({ status: 'fail' });
    expect(JSON.stringify(broken)).not.toMatch(/hunter2|a secret in/);
  });

  it('are told when an address gives no layers, or a token is missing', async () => {
    const remote = await endpoint(status(500));
    const graphql = { url: 'https://api.example/', tokenEnv: 'NO_SUCH_TOKEN' };
    const found = await findings({ config: { policy: { layers: [remote.origin] }, assistants: { graphql } } });
    expect(found.policy).toMatchObject({
      status: 'fail',
      found: expect.stringContaining('expected HTTP 200 or 304, got 500'),
    });
    expect(found.assistants).toMatchObject({ status: 'fail', found: expect.stringContaining('NO_SUCH_TOKEN') });
  });
});

describe('the daemon', () => {
  it('that runs is ready, and of this version', async () => {
    const { url, daemon } = await runDaemon();
    const { version } = (await (await fetch(`${url}/health`)).json()) as { version: string };
    const env = { ROOMD_URL: `${url}/` };
    expect((await findings({ env, version })).daemon).toMatchObject({ status: 'ok' });
    expect((await findings({ env, version: '9.9.9' })).daemon).toMatchObject({
      status: 'warn',
      found: expect.stringContaining(`expected version 9.9.9, got ${version}`),
    });
    await daemon.stop('test');
    expect((await findings({ env })).daemon).toMatchObject({ status: 'fail', found: `nobody answers at ${url}` });
  });

  it('is looked for where it is configured, unless ROOMD_URL says otherwise', async () => {
    const { url } = await runDaemon();
    const at = (host: string) => ({ http: { host, port: Number(new URL(url).port), tokens: [TOKEN] } });
    const found = async (host: string, env = {}) => (await findings({ config: at(host), env })).daemon?.found;
    expect(await found('127.0.0.1')).toContain(`runs at ${url}`);
    expect(await found('0.0.0.0')).toContain(`runs at ${url}`);
    expect(await found('::')).toContain(`nobody answers at ${url.replace('127.0.0.1', '[::1]')}`);
    expect(await found('127.0.0.1', { ROOMD_URL: 'http://127.0.0.1:1' })).toBe('nobody answers at http://127.0.0.1:1');
    const { daemon } = await findings({ config: { http: { port: 0 } } });
    expect(daemon).toMatchObject({ status: 'skipped', found: expect.stringContaining('set ROOMD_URL') });
  });

  it.each<[string, Answering, string]>([
    [
      'takes no rooms',
      json({ specVersion: 'x', ready: false, reasons: ['log: full', 'token=hunter2'] }, 503),
      'takes no rooms: log: full',
    ],
    ['is another', status(200), "isn't roomd"],
    ['never ends', (response) => void response.end('x'.repeat(1_000_000)), "isn't roomd"],
  ])('that %s is told', async (_, answering, reason) => {
    const server = await endpoint(answering);
    const { daemon } = await findings({ env: { ROOMD_URL: `${server.origin}/?x=hunter2` } });
    expect(daemon).toMatchObject({ status: 'fail', found: expect.stringContaining(reason) });
    expect(JSON.stringify(daemon)).not.toContain('hunter2');
  });

  it.each(['hunter2', 'ftp://hunter2', 'http://me:hunter2@127.0.0.1:7070'])('has an address: %s', async (url) => {
    const { daemon } = await findings({ env: { ROOMD_URL: url } });
    expect(daemon).toMatchObject({ status: 'fail', found: expect.stringContaining('ROOMD_URL: expected an address') });
    expect(JSON.stringify(daemon)).not.toContain('hunter2');
  });
});

describe('a check', () => {
  it('that gets no answer is given up after ten seconds, and the others have theirs', async () => {
    const clock = new FakeClock();
    const silent = await endpoint(() => {});
    const config = { policy: { layers: [silent.origin], remote: { timeout: '1h' } } };
    const asked = silent.next();
    const found = findings({ config, clock });
    await asked;
    await clock.pass(10_000);
    expect((await found).policy).toMatchObject({ status: 'fail', found: 'expected an answer within 10 s, got none' });
    expect((await found).Node?.status).toBe('ok');
  });

  it('ends when nobody wants to know any more', async () => {
    const stop = new AbortController();
    const silent = await endpoint(() => {});
    const config = { policy: { layers: [silent.origin], remote: { timeout: '1h' } } };
    const asked = silent.next();
    const found = findings({ config, signal: stop.signal });
    await asked;
    stop.abort();
    expect((await found).policy?.status).toBe('fail');
  });
});
