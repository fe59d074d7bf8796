import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it, vi } from 'vitest';
import { runDaemon, temporaryFolder, testBot } from '../../helpers/daemon.ts';
import { serve } from '../../helpers/serve.ts';
import { deliver, serveDaily, stubDaily, toldTo } from './daemon-rig.ts';
import { event, restServer } from './rig.ts';

/** No browser: these tests are about what comes before one. */
const NO_BROWSER = { path: '/nowhere/chromium' };
const seconds = () => Date.now() / 1_000;

it('a room at Daily is refused without a key, and with a name that Daily has not', async () => {
  stubDaily(undefined);
  const without = await runDaemon();
  const refused = await without.post('/v1/rooms', { roomId: 'a', connector: 'daily' });
  expect([refused.status, await refused.json()]).toMatchObject([
    422,
    { detail: expect.stringContaining('expected an API key in DAILY_API_KEY') },
  ]);
  stubDaily('a-key');
  const { post } = await runDaemon();
  const unnamed = await post('/v1/rooms', { roomId: 'a.b', connector: 'daily' });
  expect([unnamed.status, await unnamed.json()]).toMatchObject([
    422,
    { detail: expect.stringContaining('options.room with one; got "a.b"') },
  ]);
});

it('a bot is told when its key is not accepted', async () => {
  const rest = await restServer();
  stubDaily('another-key');
  const roomd = await serveDaily({ apiUrl: rest.url, browser: NO_BROWSER });
  await roomd.spawn('standup', { connector: 'daily', bot: 'caller' });
  expect(await toldTo(roomd, 'standup')).toEqual({
    type: 'room.refused',
    reason: expect.stringContaining("the key in DAILY_API_KEY isn't accepted (authentication-error)"),
    retryable: false,
  });
  expect(roomd.lines.join('\n')).not.toContain('another-key');
  expect(await roomd.metric('roomd_room_access_total', 'result="refused"')).toBe(1);
});

it('what cannot be used is said at the start', async () => {
  const data = await temporaryFolder();
  const rules = (policy: string) => ({ connectors: { daily: { webhooks: { rules: [{ rooms: '*', policy }] } } } });
  stubDaily('a-key');
  await expect(runDaemon({ data, ...rules(join(data, 'none.yaml')) })).rejects.toThrow(
    "connectors.daily.webhooks.rules.0.policy (none.yaml): can't be read (ENOENT)",
  );
  await expect(runDaemon({ data, ...rules(join(data, 'none.yaml')) })).rejects.toMatchObject({ name: 'DailyError' });
  await writeFile(join(data, 'two.yaml'), '- {}\n- {}\n');
  await expect(runDaemon({ data, ...rules(join(data, 'two.yaml')) })).rejects.toThrow('expected one layer, got 2');
  await writeFile(join(data, 'match.yaml'), 'match: { roomId: a }\nturns: { maxChars: 9 }\n');
  await expect(runDaemon({ data, ...rules(join(data, 'match.yaml')) })).rejects.toThrow('expected no match');
  const secretEnv = 'DAILY_API_KEY';
  const wrong = { connectors: { daily: { webhooks: { secretEnv, rules: [{ rooms: '*' }] } } } };
  await expect(runDaemon({ data, ...wrong })).rejects.toMatchObject({
    name: 'DailyError',
    message: expect.stringContaining('DAILY_API_KEY: expected a secret in base64'),
  });
  vi.stubEnv('DAILY_API_URL', 'http://api.example/v1');
  await expect(runDaemon({ data })).rejects.toMatchObject({
    name: 'DailyError',
    message: 'DAILY_API_URL: expected https, since a token is sent',
  });
});

it('rules without a secret or a key start nothing, and that is said at the start', async () => {
  const data = await temporaryFolder();
  const file = join(data, 'roomd.yaml');
  await writeFile(file, 'connectors: { daily: { webhooks: { rules: [{ rooms: "*" }] } } }\n');
  vi.stubEnv('DAILY_API_KEY', '');
  vi.stubEnv('DAILY_WEBHOOK_SECRET', '');
  const { lines } = await serve(data, ['--config', file]);
  const warned = lines.filter((line) => line.includes('no meeting at Daily will start a bot'));
  expect(warned.map((line) => (JSON.parse(line) as { problem: string }).problem)).toEqual([
    expect.stringContaining("expected the secret of Daily's webhooks in DAILY_WEBHOOK_SECRET"),
    'expected an API key in DAILY_API_KEY, got none',
  ]);
});

it('a meeting starts its bot by the rules, and its end stops it, also after a restart', {
  timeout: 120_000,
}, async () => {
  const rest = await restServer();
  stubDaily(rest.key);
  const data = await temporaryFolder();
  await writeFile(join(data, 'calm.yaml'), 'turns: { maxChars: 9 }\n');
  const rules = [{ rooms: 'team-*', bot: 'puppet', tenantId: 'acme', policy: 'calm.yaml', options: { owner: true } }];
  const daily = { apiUrl: rest.url, browser: NO_BROWSER, webhooks: { rules } };
  const first = await serveDaily(daily, { data });
  const began = event('meeting.started', 'team-a', seconds(), { meeting_id: 'm' });
  expect((await deliver(first, began)).received).toBe('taken');
  expect((await deliver(first, began)).received).toBe('repeated');
  expect((await deliver(first, event('meeting.started', 'other', seconds()))).received).toBe('taken');
  // The room is there as soon as the webhook has been followed.
  while ((await fetch(`${first.url}/v1/rooms/team-a`)).status !== 200);
  await first.until('team-a', 'assistant.room.join.succeeded');
  expect(await first.room('team-a')).toMatchObject({ bot: 'puppet', connector: 'daily', tenantId: 'acme' });
  const policy = await first.json<{ policy: { turns: { maxChars: number } } }>('/v1/rooms/team-a/policy');
  expect(policy.policy.turns.maxChars).toBe(9);
  expect((await fetch(`${first.url}/v1/rooms/other`)).status).toBe(404);
  await first.spawn('team-b', { bot: 'puppet' });
  await first.until('team-b', 'assistant.room.join.succeeded');
  await first.end('SIGKILL');

  const second = await serveDaily(daily, { data });
  for (const room of ['team-a', 'team-b']) {
    await second.until(room, 'assistant.room.join.succeeded', ({ meta }) => meta?.attempt === 2);
  }
  // What it has forgotten that it knows does no harm.
  expect((await deliver(second, began)).received).toBe('taken');
  expect((await deliver(second, event('participant.joined', 'team-a', seconds()))).received).toBe('taken');
  for (const room of ['team-a', 'team-b']) {
    const end = event('meeting.ended', room, seconds() + 1, { meeting_id: 'm' });
    expect((await deliver(second, end)).received).toBe('taken');
  }
  expect((await second.over('team-a')).stop?.reason).toBe('requested');
  expect((await second.room('team-a')).attempt).toBe(2);
  expect((await second.room('team-b')).state).toBe('live');
});

it('a forged delivery starts nothing', async () => {
  stubDaily('a-key');
  const { url } = await runDaemon({ connectors: { daily: { webhooks: { rules: [{ rooms: '*' }] } } } });
  const body = JSON.stringify(event('meeting.started', 'team-a', seconds()));
  const headers = { 'x-webhook-signature': 'Zm9yZ2Vk', 'x-webhook-timestamp': String(Date.now()) };
  expect((await fetch(`${url}/webhooks/daily`, { method: 'POST', body, headers })).status).toBe(401);
  const test = await fetch(`${url}/webhooks/daily`, { method: 'POST', body: '{"test":"test"}' });
  expect(test.status).toBe(200);
  expect(await (await fetch(`${url}/v1/rooms`)).json()).toEqual({ rooms: [] });
});

it('a thousand deliveries at once are all answered, and start no more rooms than there may be', {
  timeout: 120_000,
}, async () => {
  const rest = await restServer();
  stubDaily(rest.key);
  const roomd = await runDaemon({
    bots: { puppet: { command: testBot('puppet') } },
    rooms: { max: 3 },
    connectors: {
      daily: { apiUrl: rest.url, browser: NO_BROWSER, webhooks: { rules: [{ rooms: '*', bot: 'puppet' }] } },
    },
  });
  const all = Array.from({ length: 1_000 }, (_, i) => event('participant.joined', `team-${i % 200}`, seconds()));
  const answers = await Promise.all(all.map((each) => deliver(roomd, each)));
  expect(answers).toEqual(all.map(() => ({ status: 200, received: 'taken' })));
  expect(
    (await Promise.all(all.slice(0, 50).map((each) => deliver(roomd, each)))).map(({ received }) => received),
  ).toEqual(Array.from({ length: 50 }, () => 'repeated'));
  while ((await roomd.metric('roomd_daily_meetings_total', 'outcome="full"')) < 197);
  expect((await roomd.json<{ rooms: unknown[] }>('/v1/rooms')).rooms).toHaveLength(3);
});
