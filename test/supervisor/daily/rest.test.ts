import { describe, expect, it } from 'vitest';
import { restRig } from './rig.ts';

const TOKEN = {
  room_name: 'standup',
  user_name: 'Ada',
  user_id: 'roomd-1',
  exp: 1,
  eject_at_token_exp: true,
  is_owner: false,
  enable_screenshare: false,
  start_video_off: true,
  start_audio_off: true,
};

describe("Daily's REST", () => {
  it('makes a token with what is asked for, and the key as a bearer', async () => {
    const { client, server } = await restRig();
    expect(await client.token(TOKEN)).toEqual({ ok: true, value: server.tokens[0] });
    expect(server.requests).toEqual([
      {
        method: 'POST',
        path: '/meeting-tokens',
        authorization: `Bearer ${server.key}`,
        body: { properties: TOKEN },
      },
    ]);
  });

  it('knows rooms, makes them, tells the domain', async () => {
    const { client } = await restRig({ rooms: ['a'] });
    expect(await client.room('a')).toEqual({ ok: true, value: 'https://team.daily.co/a' });
    expect(await client.room('b')).toMatchObject({ ok: false, kind: 'missing', retryable: false });
    expect(await client.createRoom('b')).toEqual({ ok: true, value: 'https://team.daily.co/b' });
    expect(await client.room('b')).toMatchObject({ ok: true });
    expect(await client.domain()).toEqual({ ok: true, value: 'team' });
    expect(await client.checkKey()).toEqual({ ok: true, value: 'team' });
  });

  it('says at once that a key is not accepted, and never what it is', async () => {
    const { client, server, told } = await restRig({ wrongKey: 'hidden-wrong-key' });
    const answer = await client.token(TOKEN);
    expect(answer).toEqual({
      ok: false,
      kind: 'key',
      retryable: false,
      detail:
        "the key in DAILY_API_KEY isn't accepted (authentication-error); take one from dashboard.daily.co, Developers",
    });
    expect(server.requests).toHaveLength(1);
    expect(JSON.stringify([answer, told])).not.toContain('hidden');
  });

  it.each([
    [400, 'refused', { error: 'invalid-request-error', info: 'exp: hm' }, 'HTTP 400, invalid-request-error: exp: hm'],
    [403, 'key', { error: 'forbidden-error' }, 'forbidden-error'],
    [404, 'missing', { error: 'not-found' }, 'not-found'],
    [302, 'refused', '', 'HTTP 302'],
    [400, 'refused', { error: 'bad', info: `${'x'.repeat(190)}/test-key-of-daily` }, 'x/[re'],
  ])('takes HTTP %s for final', async (status, kind, body, detail) => {
    const { client, server } = await restRig();
    server.script({ status, body, headers: { location: 'http://127.0.0.1:1/' } });
    expect(await client.token(TOKEN)).toMatchObject({
      kind,
      retryable: false,
      detail: expect.stringContaining(detail),
    });
    expect(server.requests).toHaveLength(1);
  });

  it.each([
    ['5xx', { status: 503, body: { error: 'server-error' } }, 'down'],
    ['a connection that is cut', 'cut', 'down'],
    ['another JSON', { status: 200, body: { other: 1 } }, 'down'],
    ['broken JSON', { status: 200, body: '{"token": "' }, 'down'],
    ['far too much', { status: 200, body: JSON.stringify({ token: 'x'.repeat(300_000) }) }, 'down'],
    ['429', { status: 429, body: { error: 'rate-limit-error' } }, 'busy'],
  ] as const)('asks again after %s', async (_, scripted, kind) => {
    const { client, server, finish, told } = await restRig();
    server.script(scripted, scripted);
    expect(await finish(client.token(TOKEN))).toEqual({ ok: true, value: server.tokens[0] });
    expect(server.requests).toHaveLength(3);
    expect(told.filter((line) => !line.includes('again'))).toEqual([`token ${kind}`, `token ${kind}`, 'token ok']);
  });

  it('asks again when there is no answer in time', async () => {
    const { client, server, clock, told, finish } = await restRig();
    server.script('hang');
    const call = client.token(TOKEN);
    await server.until(1);
    await clock.pass(9_999);
    expect(told).toEqual([]);
    await clock.pass(1);
    expect(await finish(call)).toMatchObject({ ok: true });
    expect(told[0]).toBe('token down');
  });

  it('waits as long as it is told to, and so does everybody else', async () => {
    const { client, server, clock, answered, finish } = await restRig();
    server.script({ status: 429, headers: { 'retry-after': '7' } });
    const first = client.token(TOKEN);
    await answered();
    const second = client.room('a');
    await clock.pass(6_999);
    await answered();
    expect(server.requests).toHaveLength(1);
    await finish(Promise.all([first, second]));
    expect(server.requests).toHaveLength(3);
  });

  it('gives up after its deadline, with the last reason, and does not wait for what would be too late', async () => {
    const { client, server, clock, finish } = await restRig();
    server.script(...Array.from({ length: 50 }, () => ({ status: 500, body: { error: 'server-error' } })));
    const answer = await finish(client.token(TOKEN), 500);
    expect(clock.monotonic()).toBeLessThanOrEqual(31_000);
    expect(answer).toMatchObject({ ok: false, kind: 'down', retryable: true });
    expect(answer).toMatchObject({ detail: expect.stringContaining('HTTP 500, server-error') });
    expect(server.requests.length).toBeGreaterThan(3);
    expect(server.requests.length).toBeLessThan(12);
  });

  it('ends with its signal, whatever it waits for', async () => {
    const { client, server, clock } = await restRig();
    const aborted = { ok: false, kind: 'ended', retryable: false };
    expect(await client.token(TOKEN, AbortSignal.abort())).toMatchObject(aborted);
    expect(server.requests).toHaveLength(0);

    server.script('hang');
    const asking = new AbortController();
    const asked = client.token(TOKEN, asking.signal);
    await server.until(1);
    asking.abort();
    expect(await asked).toMatchObject(aborted);

    server.script({ status: 503 });
    const pausing = new AbortController();
    const paused = client.token(TOKEN, pausing.signal);
    await server.until(2);
    pausing.abort();
    expect(await paused).toMatchObject(aborted);
    expect(clock.waiting).toBe(0);
  });

  it('asks at most twenty times in any second, each in its turn', async () => {
    const { client, server, clock } = await restRig();
    const calls = Array.from({ length: 65 }, (_, i) => client.token({ ...TOKEN, room_name: `r${i}` }));
    const asked: number[] = [];
    for (const [second, most] of [20, 40, 60, 65].entries()) {
      await server.until(most);
      asked.push(server.requests.length);
      await Promise.all(calls.slice(second * 20, most));
      await clock.pass(999);
      expect(server.requests).toHaveLength(most);
      await clock.pass(1);
    }
    expect(asked).toEqual([20, 40, 60, 65]);
    const rooms = server.requests.map(
      ({ body }) => (body as { properties: { room_name: string } }).properties.room_name,
    );
    // What is let through at once may overtake one another on its way.
    for (const at of [0, 20, 40, 60]) {
      const expected = Array.from({ length: Math.min(20, 65 - at) }, (_, i) => `r${at + i}`);
      expect(rooms.slice(at, at + 20).sort()).toEqual(expected.sort());
    }
  });
});
