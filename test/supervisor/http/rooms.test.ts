import { describe, expect, it } from 'vitest';
import type { RoomView } from '../../../supervisor/room/api.ts';
import { problemOf, roomView, STOPPED, startServer } from './rig.ts';

describe('POST /v1/rooms', () => {
  it('starts a room and says where it is', async () => {
    const { send, rooms } = await startServer();
    const response = await send('POST', '/v1/rooms', { roomId: 'standup' });
    expect(response.status).toBe(201);
    expect(response.headers.get('location')).toBe('/v1/rooms/standup');
    expect(await response.json()).toEqual(rooms.views.get('standup'));
  });

  it('fills in defaults and turns durations into milliseconds', async () => {
    const { send, rooms } = await startServer();
    await send('POST', '/v1/rooms', {
      roomId: 'a',
      assistantId: 'as',
      tenantId: 'te',
      options: { meeting: 'm', deep: { n: [1] } },
      limits: { idleTimeout: '1m', maxDuration: 500 },
      policy: { attention: { cooldown: '10s' }, tools: { deny: ['payments.**'] } },
    });
    await send('POST', '/v1/rooms', { roomId: 'b', connector: 'transcript', bot: 'mine' });
    expect(rooms.requests).toEqual([
      {
        roomId: 'a',
        connector: 'local',
        bot: 'default',
        assistantId: 'as',
        tenantId: 'te',
        options: { meeting: 'm', deep: { n: [1] } },
        limits: { idleTimeout: 60_000, maxDuration: 500 },
        policy: { attention: { cooldown: 10_000 }, tools: { deny: ['payments.**'] } },
      },
      { roomId: 'b', connector: 'transcript', bot: 'mine' },
    ]);
  });

  it.each(['512MiB', 536_870_912])('takes a limit of memory, %j, and passes it on in bytes', async (memory) => {
    const { send, rooms } = await startServer();
    expect((await send('POST', '/v1/rooms', { roomId: 'a', limits: { memory } })).status).toBe(201);
    expect(rooms.requests.at(-1)?.limits).toEqual({ memory: 536_870_912 });
  });

  it('answers the same request again with 200', async () => {
    const { send, rooms } = await startServer();
    rooms.nextSpawn = { kind: 'existing', room: roomView('a') };
    const response = await send('POST', '/v1/rooms', { roomId: 'a' });
    expect(response.status).toBe(200);
    expect(response.headers.get('location')).toBeNull();
    expect(await response.json()).toEqual(roomView('a'));
  });

  it.each([
    ['conflict', 409, 'room-conflict', null],
    ['invalid', 422, 'invalid-room', null],
    ['full', 503, 'rooms-full', '3'],
    ['quarantined', 423, 'quarantined', '3'],
  ] as const)('tells why: %s is %i', async (kind, status, type, retryAfter) => {
    const { send, rooms } = await startServer();
    const detail = 'expected one of the meetings there are (alpha, beta), got "x"';
    rooms.nextSpawn = { kind, detail, retryAfterSeconds: 2.1 };
    const response = await send('POST', '/v1/rooms', { roomId: 'a' });
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect(await problemOf(response, status)).toMatchObject({ type: `urn:roomd:problem:${type}`, detail });
  });

  it.each([
    ['no room id', {}, '/roomId', 'string'],
    ['a room id that begins with a dot', { roomId: '.a' }, '/roomId', 'got ".a"'],
    ['a room id with a slash', { roomId: 'a/b' }, '/roomId', 'not starting with a dot'],
    ['a room id too long', { roomId: 'a'.repeat(129) }, '/roomId', '1 to 128'],
    ['an unknown key', { roomId: 'a', conector: 'local' }, '', 'conector'],
    ['an unknown limit', { roomId: 'a', limits: { idle: '5m' } }, '/limits', 'idle'],
    [
      'a duration that is none',
      { roomId: 'a', limits: { idleTimeout: '5 years' } },
      '/limits/idleTimeout',
      '"5 years"',
    ],
    ['a policy with an unknown part', { roomId: 'a', policy: { tool: {} } }, '/policy', 'tool'],
    [
      'a policy with a bad pattern',
      { roomId: 'a', policy: { tools: { deny: ['a..b'] } } },
      '/policy/tools/deny/0',
      'pattern',
    ],
    [
      'a policy that is for other rooms, it seems',
      { roomId: 'a', policy: { match: { roomId: 'a' } } },
      '/policy/match',
      "expected no match: a request's layer is for its room alone",
    ],
    ['options that are a list', { roomId: 'a', options: [1] }, '/options', 'record'],
    ['a size that is none', { roomId: 'a', limits: { memory: 'much' } }, '/limits/memory', 'got "much"'],
    ['a memory of nothing', { roomId: 'a', limits: { memory: 0 } }, '/limits/memory', 'expected a size above 0'],
    ['a NUL in assistantId', { roomId: 'a', assistantId: 'a\u0000b' }, '/assistantId', 'got "a\\u0000b"'],
    ['a line break in tenantId', { roomId: 'a', tenantId: 'a\nb' }, '/tenantId', 'no control characters'],
    ['an escape in bot', { roomId: 'a', bot: '\u001b[31m' }, '/bot', 'no control characters'],
    ['a C1 control in connector', { roomId: 'a', connector: 'a\u0085' }, '/connector', 'no control characters'],
    ['a body that is no object', [1], '', 'object'],
  ])('refuses %s', async (_name, body, at, detail) => {
    const { send, rooms } = await startServer();
    const problem = await problemOf(await send('POST', '/v1/rooms', body), 422);
    expect(problem.type).toBe('urn:roomd:problem:invalid-body');
    expect(problem.errors).toEqual([{ at, detail: expect.stringContaining(detail) }]);
    expect(problem.detail).toContain(`body${at}: `);
    expect(rooms.requests).toEqual([]);
  });

  it('lists every fault at once', async () => {
    const { send } = await startServer();
    const problem = await problemOf(await send('POST', '/v1/rooms', { roomId: '', bot: 1, x: 1 }), 422);
    expect(problem.errors?.map(({ at }) => at).sort()).toEqual(['', '/bot', '/roomId']);
  });

  it('takes a room id of every allowed character', async () => {
    const { send, rooms } = await startServer();
    const roomId = `-A9_.z${'x'.repeat(122)}`;
    expect((await send('POST', '/v1/rooms', { roomId })).status).toBe(201);
    expect(rooms.views.has(roomId)).toBe(true);
  });

  it('refuses what is not JSON, not sent as JSON, empty, or too large', async () => {
    const { send, url } = await startServer();
    expect((await problemOf(await send('POST', '/v1/rooms', '{"roomId'), 400)).detail).toContain('valid JSON');
    const plain = await send('POST', '/v1/rooms', '{"roomId":"a"}', { 'content-type': 'text/plain' });
    expect((await problemOf(plain, 415)).detail).toContain('got text/plain');
    const untyped = await fetch(`${url}/v1/rooms`, { method: 'POST', body: new Blob(['{"roomId":"a"}']) });
    expect((await problemOf(untyped, 415)).detail).toContain('got none');
    await problemOf(await send('POST', '/v1/rooms'), 422);
    const large = await send('POST', '/v1/rooms', { roomId: 'a', options: { text: 'x'.repeat(262_144) } });
    expect((await problemOf(large, 413)).detail).toContain('262144 bytes');
  });

  it('keeps what went wrong inside to itself', async () => {
    const { send, rooms } = await startServer();
    rooms.failure = new Error('disk /secret/path');
    const problem = await problemOf(await send('POST', '/v1/rooms', { roomId: 'a' }), 500);
    expect(JSON.stringify(problem)).not.toContain('secret');
  });
});

describe('rooms that are there', () => {
  it('are listed and shown, ended ones with their end', async () => {
    const { get, rooms } = await startServer();
    rooms.add(roomView('a'), roomView('b', { state: 'failed', pid: null, stop: STOPPED }));
    expect(await (await get('/v1/rooms')).json()).toEqual({ rooms: [...rooms.views.values()] });
    expect(await (await get('/v1/rooms/b')).json()).toEqual(rooms.views.get('b'));
  });

  it('tell what they take of the machine', async () => {
    const { get, rooms } = await startServer();
    const usage = { pssBytes: 31_457_280, cpuShare: 1.25 };
    rooms.add(roomView('a', { usage }));
    expect(await (await get('/v1/rooms/a')).json()).toMatchObject({ usage });
  });

  it('are read as an older roomd wrote them down, before it knew of usage and calls', async () => {
    const { get, send, rooms } = await startServer();
    const { usage: _, call: __, ...old } = roomView('a', { state: 'stopped', pid: null, stop: STOPPED });
    rooms.add(old as RoomView);
    const now = { ...old, usage: null, call: null };
    expect(await (await get('/v1/rooms')).json()).toEqual({ rooms: [now] });
    expect(await (await get('/v1/rooms/a')).json()).toEqual(now);
    expect(await (await send('DELETE', '/v1/rooms/a')).json()).toMatchObject({ usage: null });
  });

  it('say which call their bot is in', async () => {
    const { get, rooms } = await startServer();
    rooms.add(roomView('a', { connector: 'daily', call: 'https://team.daily.co/standup' }));
    expect(await (await get('/v1/rooms/a')).json()).toMatchObject({ call: 'https://team.daily.co/standup' });
  });

  it('are not those that were refused at their start, whose events are there all the same', async () => {
    const { get, append } = await startServer();
    await append({ roomId: 'gone', topic: 'assistant.session.failed', payload: '{"reason":"no","retryable":false}' });
    const { detail } = await problemOf(await get('/v1/rooms/gone'), 404);
    expect(detail).not.toContain('has events');
    const [, path = ''] = /if it was refused, GET (\S+) may say why$/.exec(detail) ?? [];
    expect(path).toBe('/v1/rooms/gone/events');
    expect(JSON.stringify(await (await get(`${path}?from=start`)).json())).toContain('assistant.session.failed');
  });

  it('are stopped, twice if need be', async () => {
    const { send, rooms } = await startServer();
    rooms.add(roomView('a'));
    for (let i = 0; i < 2; i++) {
      const response = await send('DELETE', '/v1/rooms/a');
      expect(response.status).toBe(202);
      expect(await response.json()).toMatchObject({ roomId: 'a', state: 'stopping' });
    }
  });

  it('tell their policy', async () => {
    const { get, rooms } = await startServer();
    rooms.add(roomView('a'));
    expect(await (await get('/v1/rooms/a/policy')).json()).toEqual(await rooms.policy('a'));
  });

  it('say so when their policy is no longer kept', async () => {
    const { get, rooms } = await startServer();
    rooms.add(roomView('a', { stop: STOPPED }));
    rooms.policy = async () => undefined;
    expect(await problemOf(await get('/v1/rooms/a/policy'), 404)).toMatchObject({
      type: 'urn:roomd:problem:no-policy',
      detail: expect.stringContaining('the policy of "a" is no longer kept'),
    });
  });

  it.each([
    ['GET', '/v1/rooms/nope'],
    ['DELETE', '/v1/rooms/nope'],
    ['GET', '/v1/rooms/nope/policy'],
    ['GET', '/v1/rooms/nope/events'],
  ])('%s %s is 404', async (method, path) => {
    const { send } = await startServer();
    const problem = await problemOf(await send(method, path), 404);
    expect(problem).toMatchObject({
      type: 'urn:roomd:problem:unknown-room',
      detail: expect.stringContaining('"nope"'),
    });
  });

  it.each(['/v1/rooms/.hidden', '/v1/rooms/a%2Fb', `/v1/rooms/${'a'.repeat(129)}`])(
    '%s is no room id',
    async (path) => {
      const { get } = await startServer();
      expect((await problemOf(await get(path), 400)).detail).toContain('params/roomId: expected 1 to 128');
    },
  );
});

describe('POST /v1/rooms/{roomId}/commands', () => {
  const path = '/v1/rooms/a/commands';

  it('hands a command to the bot', async () => {
    const { send, rooms } = await startServer();
    rooms.add(roomView('a'));
    const response = await send('POST', path, { type: 'app_message', text: 'hello' });
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ roomId: 'a', type: 'app_message' });
    expect(rooms.sent).toEqual([['a', { type: 'app_message', text: 'hello' }]]);
  });

  it.each([
    ['shutdown', { type: 'shutdown', reason: 'x', deadlineMs: 1 }, 'DELETE /v1/rooms/a'],
    ['policy.warn', { type: 'policy.warn', rule: 'r', causeId: 'c' }, "the supervisor's own"],
    ['ack', { type: 'ack', through: '01930b7c-1f2a-7c3d-9e4f-5a6b7c8d9e0f' }, "the supervisor's own"],
    ['assign', { type: 'assign', env: { ROOMD_ROOM_ID: 'x' } }, "the supervisor's own"],
    ['an unknown one', { type: 'dance' }, 'app_message'],
    ['one without its text', { type: 'app_message' }, 'text'],
    ['one with an unknown key', { type: 'app_message', text: 'a', loud: true }, 'loud'],
  ])('refuses %s', async (_name, command, detail) => {
    const { send, rooms } = await startServer();
    rooms.add(roomView('a'));
    const problem = await problemOf(await send('POST', path, command), 422);
    expect(problem).toMatchObject({
      type: 'urn:roomd:problem:invalid-command',
      detail: expect.stringContaining(detail),
    });
    expect(rooms.sent).toEqual([]);
  });

  it('needs a room with a bot in it', async () => {
    const { send, rooms } = await startServer();
    const command = { type: 'app_message', text: 'hello' };
    await problemOf(await send('POST', path, command), 404);
    rooms.add(roomView('a', { stop: STOPPED }));
    expect((await problemOf(await send('POST', path, command), 409)).type).toBe('urn:roomd:problem:room-ended');
    await problemOf(await send('POST', path, { text: 'no type' }), 422);
  });
});

describe('GET /v1/rooms', () => {
  async function many() {
    const rig = await startServer();
    rig.rooms.add(
      roomView('a'),
      roomView('b', { state: 'stopped', stop: STOPPED }),
      roomView('c', { state: 'backing_off' }),
      roomView('d', { state: 'failed', stop: STOPPED }),
      roomView('e', { state: 'stopping' }),
      roomView('f', { state: 'quarantined', stop: STOPPED }),
      roomView('g'),
    );
    const list = async (query = '') => {
      const page = (await (await rig.get(`/v1/rooms${query}`)).json()) as { rooms: RoomView[]; next?: string };
      return { ids: page.rooms.map(({ roomId }) => roomId).join(''), next: page.next };
    };
    return { ...rig, list };
  }

  it.each([
    ['', 'abcdefg'],
    ['?running=true', 'aceg'],
    ['?running=false', 'bdf'],
    ['?state=live', 'ag'],
    ['?state=live&state=failed', 'adg'],
    ['?state=live&running=false', ''],
    ['?from=c', 'defg'],
    ['?from=cc', 'defg'],
    ['?from=g', ''],
  ])('%s lists %s', async (query, ids) => {
    const { list } = await many();
    expect(await list(query)).toEqual({ ids, next: undefined });
  });

  it('comes by the page, each room once; filters know nothing of pages', async () => {
    const { list } = await many();
    expect(await list('?limit=3')).toEqual({ ids: 'abc', next: 'c' });
    expect(await list('?limit=3&from=c')).toEqual({ ids: 'def', next: 'f' });
    expect(await list('?limit=3&from=f')).toEqual({ ids: 'g', next: undefined });
    expect(await list('?limit=2&running=true')).toEqual({ ids: 'ac', next: 'c' });
    expect(await list('?limit=2&running=true&from=c')).toEqual({ ids: 'eg', next: undefined });
    expect(await list('?limit=7')).toEqual({ ids: 'abcdefg', next: undefined });
  });

  it.each(['?state=asleep', '?running=yes', '?limit=0', '?limit=1001', '?from=a/b', '?from=', '?page=2'])(
    '%s is refused',
    async (query) => {
      const { get } = await many();
      await problemOf(await get(`/v1/rooms${query}`), 400);
    },
  );
});
