import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { openNdjson, openSse } from './live-client.ts';
import { LOCAL_KEY, problemOf, type Rig, roomView, spoken, startServer } from './rig.ts';
import { openSocket, TRANSPORTS } from './socket-io-client.ts';
import { bearer, shown, token } from './tokens.ts';

const TOKENS = [
  token('host', ['rooms:read', 'rooms:join', 'events:read', 'events:pii']),
  token('reader', ['events:read']),
  token('acme', ['rooms:join', 'events:read'], ['acme-*', 'lobby']),
  token('admin', ['admin']),
];

interface Ticket {
  ticket: string;
  name: string;
  scopes: string[];
  rooms: string[] | null;
  expiresAt: number;
}

async function guarded() {
  const rig = await startServer({ tokens: TOKENS });
  rig.rooms.add(roomView('lobby'), roomView('acme-1'), roomView('other'));
  return rig;
}

async function issue({ send }: Rig, by: string, body: object = {}): Promise<Ticket> {
  const response = await send('POST', '/v1/tickets', body, bearer(by));
  if (response.status !== 201) throw new Error(`${response.status} ${await response.text()}`);
  return (await response.json()) as Ticket;
}

const said = (roomId: string, local = true) => ({
  roomId,
  local,
  topic: 'room.message.received',
  payload: '{"participantId":"p-1","name":"Ada","text":"my words","at":1}',
});

const roomsIn = (text: string) =>
  (JSON.parse(text) as { events: { envelope: { roomId: string } }[] }).events.map(({ envelope }) => envelope.roomId);

describe('a ticket', () => {
  it('is for a minute and for reading, unless it is asked otherwise', async () => {
    const rig = await guarded();
    const now = rig.clock.now();
    const { ticket, ...rest } = await issue(rig, 'host');
    expect(rest).toEqual({
      name: 'ticket',
      scopes: ['events:read', 'events:pii'],
      rooms: null,
      expiresAt: now + 60_000,
    });
    expect(ticket).toMatch(/^[A-Za-z0-9._-]+$/);
    expect((await rig.get('/v1/events', shown(ticket))).status).toBe(200);
    await problemOf(await rig.get('/v1/rooms', shown(ticket)), 403);
  });

  it('is shown as a token is, or in the address of Server-Sent Events alone', async () => {
    const rig = await guarded();
    await rig.append({ ...spoken('my words'), roomId: 'lobby' });
    const { ticket } = await issue(rig, 'reader', { name: 'phone' });
    const page = await (await rig.get('/v1/rooms/lobby/events', shown(ticket))).text();
    expect(roomsIn(page)).toEqual(['lobby']);
    for (const path of ['/v1/events', '/v1/rooms/lobby/events']) {
      const address = `${rig.url}${path}?from=start&ticket=${ticket}`;
      const sse = await openSse(address);
      await sse.next();
      expect(await sse.next()).toMatchObject({ data: expect.stringContaining('[redacted]') });
      for (const accept of ['application/json', 'application/x-ndjson', '*/*']) {
        await problemOf(await fetch(address, { headers: { accept } }), 401);
      }
    }
    for (const path of ['/v1/rooms', '/metrics', '/v1/dead-letters', '/v1/rooms/lobby/export']) {
      await problemOf(await rig.get(`${path}?ticket=${ticket}`, { accept: 'text/event-stream' }), 401);
    }
    await problemOf(
      await rig.get(`/v1/events?ticket=${ticket}&ticket=${ticket}`, { accept: 'text/event-stream' }),
      401,
    );
    const ndjson = await openNdjson(`${rig.url}/v1/events?from=start`, shown(ticket));
    expect(await ndjson.next()).toHaveProperty('hello');
  });

  it('in an address is a ticket, never a token', async () => {
    const { get } = await guarded();
    await problemOf(await get('/v1/events?ticket=secret-host', { accept: 'text/event-stream' }), 401);
  });

  it.each(TRANSPORTS)('connects by %s', async (transport) => {
    const rig = await guarded();
    const { ticket } = await issue(rig, 'reader', { rooms: ['acme-*'] });
    const { next } = openSocket(rig.url, { transports: [transport], auth: { token: ticket } });
    await next();
    await rig.append({ roomId: 'lobby' }, { roomId: 'acme-1' });
    expect((await next()).envelope?.roomId).toBe('acme-1');
  });

  it('has no scope and no room that its token has not', async () => {
    const rig = await guarded();
    const all = ['admin', 'events:pii', 'events:read', 'rooms:join', 'rooms:write'];
    expect((await issue(rig, 'reader', { scopes: all })).scopes).toEqual(['events:read']);
    expect((await issue(rig, 'admin', { scopes: all })).scopes).toEqual(['admin', 'events:read', 'rooms:write']);
    for (const [by, body, kind] of [
      ['reader', { scopes: ['rooms:join'] }, 'scope-missing'],
      ['admin', { scopes: ['rooms:join', 'events:pii'] }, 'scope-missing'],
      ['acme', { rooms: ['other'] }, 'room-not-allowed'],
      ['acme', { rooms: ['acme-1', '*'] }, 'room-not-allowed'],
      ['acme', { rooms: ['a*'] }, 'room-not-allowed'],
    ] as const) {
      const problem = await problemOf(await rig.send('POST', '/v1/tickets', body, bearer(by)), 403);
      expect([by, problem.type]).toEqual([by, `urn:roomd:problem:${kind}`]);
    }
  });

  it('sees its rooms alone, and never the supervisor itself', async () => {
    const rig = await guarded();
    await rig.append({ roomId: 'other' }, { roomId: '' }, { roomId: 'acme-1' }, { roomId: 'lobby' });
    const narrow = await issue(rig, 'reader', { rooms: ['acme-*'] });
    expect(roomsIn(await (await rig.get('/v1/events', shown(narrow.ticket))).text())).toEqual(['acme-1']);
    await problemOf(await rig.get('/v1/rooms/lobby/events', shown(narrow.ticket)), 403);
    // All that its token sees.
    const whole = await issue(rig, 'acme');
    expect(roomsIn(await (await rig.get('/v1/events', shown(whole.ticket))).text())).toEqual(['acme-1', 'lobby']);
  });

  it('makes no tickets, and reads no metrics', async () => {
    const rig = await guarded();
    const { ticket } = await issue(rig, 'host', { scopes: ['events:read', 'rooms:join', 'rooms:read'] });
    for (const [method, path] of [
      ['POST', '/v1/tickets'],
      ['GET', '/metrics'],
    ] as const) {
      const body = method === 'POST' ? {} : undefined;
      const problem = await problemOf(await rig.send(method, path, body, shown(ticket)), 403);
      expect(problem.type).toBe('urn:roomd:problem:not-by-ticket');
    }
  });

  it('expires', async () => {
    const rig = await guarded();
    const { ticket } = await issue(rig, 'reader', { seconds: 10 });
    expect((await rig.get('/v1/events', shown(ticket))).status).toBe(200);
    rig.clock.advance(9_999);
    expect((await rig.get('/v1/events', shown(ticket))).status).toBe(200);
    rig.clock.advance(1);
    expect((await problemOf(await rig.get('/v1/events', shown(ticket)), 401)).detail).toContain('expired');
    const { refused } = await openSocket(rig.url, { auth: { token: ticket } }).next();
    expect(refused?.data).toMatchObject({ status: 401, detail: expect.stringContaining('expired') });
  });

  it('lives as long as its token, and never longer than the hash of it', async () => {
    const rig = await guarded();
    const { ticket } = await issue(rig, 'host', { scopes: ['events:read', 'rooms:read'] });
    const elsewhere = async (change: Parameters<typeof startServer>[0]) =>
      (await (await startServer({ tokens: TOKENS, ...change })).get('/v1/events', shown(ticket))).status;
    // Another process with the same key, as after a restart.
    expect(await elsewhere({})).toBe(200);
    expect(await elsewhere({ localKey: Buffer.alloc(32, 8) })).toBe(401);
    expect(await elsewhere({ tokens: TOKENS.slice(1) })).toBe(401);
    expect(await elsewhere({ tokens: [{ ...token('other', ['admin']), name: 'host' }] })).toBe(401);
    expect(await elsewhere({ tokens: [{ ...token('host', ['admin']), name: 'guest' }] })).toBe(401);
    // What was taken from the token is taken from its tickets.
    expect(await elsewhere({ tokens: [token('host', ['rooms:read'])] })).toBe(403);
    const narrowed = await startServer({ tokens: [token('host', ['events:read'], ['lobby'])] });
    await narrowed.append({ roomId: 'lobby' }, { roomId: 'other' });
    expect(roomsIn(await (await narrowed.get('/v1/events', shown(ticket))).text())).toEqual(['lobby']);
  });

  it('that was changed anywhere is none', async () => {
    const rig = await guarded();
    const { ticket } = await issue(rig, 'acme', { rooms: ['lobby'], name: 'x' });
    const [prefix = '', body = '', signature = ''] = ticket.split('.');
    const widened = JSON.parse(Buffer.from(body, 'base64url').toString()) as object;
    const forged = (change: object) =>
      [prefix, Buffer.from(JSON.stringify({ ...widened, ...change })).toString('base64url'), signature].join('.');
    const forgeries = [
      forged({ rooms: ['*'] }),
      forged({ rooms: undefined }),
      forged({ scopes: ['admin'] }),
      forged({ expiresAt: Number.MAX_SAFE_INTEGER }),
      [prefix, body, ''].join('.'),
      [prefix, body, 'A'.repeat(43)].join('.'),
      [prefix, body].join('.'),
      `${ticket}A`,
      `${prefix}.`,
    ];
    for (const secret of forgeries) await problemOf(await rig.get('/v1/events', shown(secret)), 401);
    await fc.assert(
      fc.asyncProperty(fc.nat(ticket.length - 1), fc.constantFrom('A', 'b', '0', '-', '_', '.'), async (at, letter) => {
        const changed = ticket.slice(0, at) + letter + ticket.slice(at + 1);
        // The last letter of a signature carries two bits that mean nothing.
        if (changed === ticket || at === ticket.length - 1) return;
        expect((await rig.get('/v1/events', shown(changed))).status).toBe(401);
      }),
      { numRuns: 60 },
    );
    expect((await rig.get('/v1/events', shown(ticket))).status).toBe(200);
  });

  it('counts as a consumer of its own, whoever made it', async () => {
    const rig = await startServer({ tokens: TOKENS, requestsPerMinute: 3 });
    const { ticket } = await issue(rig, 'reader');
    const open = (secret: string) => rig.get('/v1/events', { ...shown(secret), accept: 'application/x-ndjson' });
    const statuses = [];
    for (let i = 0; i < 4; i++) statuses.push((await open(ticket)).status);
    expect(statuses).toEqual([200, 200, 200, 429]);
    expect((await open('secret-reader')).status).toBe(200);
    // Making them counts too.
    expect((await rig.send('POST', '/v1/tickets', {}, bearer('reader'))).status).toBe(201);
    await problemOf(await rig.send('POST', '/v1/tickets', {}, bearer('reader')), 429);
  });

  it.each([
    [{ seconds: 3_601 }],
    [{ seconds: 0 }],
    [{ seconds: 7 * 86_400 + 1, scopes: ['rooms:join'], rooms: ['lobby'] }],
    [{ seconds: 3_601, scopes: ['rooms:join'], rooms: ['lobb*'] }],
    [{ seconds: 3_601, scopes: ['rooms:join'] }],
    [{ seconds: 3_601, scopes: ['rooms:join', 'events:read'], rooms: ['lobby'] }],
    [{ name: 'a b' }],
    [{ scopes: [] }],
    [{ scopes: ['everything'] }],
    [{ rooms: ['a/b'] }],
    [{ unknown: 1 }],
  ])('%j is refused', async (body) => {
    const { send } = await guarded();
    await problemOf(await send('POST', '/v1/tickets', body, bearer('host')), 422);
  });
});

describe('an invitation', () => {
  const week = { seconds: 7 * 86_400, scopes: ['rooms:join'], rooms: ['lobby'] };

  it('lasts for days, and shows what is said in its room, there alone, and nothing else', async () => {
    const rig = await guarded();
    await rig.append(
      said('lobby'),
      said('other'),
      // Of the same id, from before people could enter it.
      said('lobby', false),
      { roomId: 'lobby' },
      { ...spoken('my words'), roomId: 'lobby', local: true },
      { roomId: '', topic: 'supervisor.bot.started' },
      { roomId: 'lobby', topic: 'supervisor.bot.started' },
    );
    const { ticket } = await issue(rig, 'host', week);
    rig.clock.advance(6 * 86_400_000);
    for (const path of ['/v1/events', '/v1/rooms/lobby/events']) {
      const text = await (await rig.get(path, shown(ticket))).text();
      expect(JSON.parse(text)).toMatchObject({
        events: [{ envelope: { roomId: 'lobby', topic: 'room.message.received', payload: { text: 'my words' } } }],
      });
    }
    const { next } = openSocket(rig.url, { auth: { token: ticket } });
    expect(await next()).toHaveProperty('hello');
    expect((await next()).envelope).toMatchObject({ roomId: 'lobby', payload: { text: 'my words' } });
    await rig.append(said('other'), { roomId: 'lobby' }, said('lobby'));
    expect((await next()).envelope).toMatchObject({ roomId: 'lobby', topic: 'room.message.received' });
    for (const path of ['/v1/rooms', '/v1/rooms/lobby', '/v1/forward', '/v1/dead-letters', '/v1/rooms/lobby/export']) {
      await problemOf(await rig.get(path, shown(ticket)), 403);
    }
    await problemOf(await rig.get('/v1/rooms/other/events', shown(ticket)), 403);
  });

  it('shows its own room unmasked to who may read others masked', async () => {
    const rig = await guarded();
    await rig.append(said('acme-1'), said('other'));
    // The token joins rooms of its own, and reads them.
    const text = await (await rig.get('/v1/events', bearer('acme'))).text();
    expect(text).toContain('my words');
    const masked = await (await rig.get('/v1/events', bearer('reader'))).text();
    expect(masked).not.toContain('my words');
    expect(await (await rig.get('/v1/events', bearer('admin'))).text()).not.toContain('my words');
  });
});

it('where no tokens are configured, tickets are made all the same, and none is looked at', async () => {
  const { send, get } = await startServer();
  const response = await send('POST', '/v1/tickets', { rooms: ['lobby'], scopes: ['rooms:join'], seconds: 86_400 });
  const { ticket, scopes } = (await response.json()) as Ticket;
  expect([response.status, scopes]).toEqual([201, ['rooms:join']]);
  for (const secret of [ticket, 'whatever']) {
    expect((await get('/v1/rooms', shown(secret))).status).toBe(200);
    const stream = await get(`/v1/events?ticket=${secret}`, { accept: 'text/event-stream' });
    expect(stream.status).toBe(200);
    await stream.body?.cancel();
  }
  // It is of nobody: where there are tokens, it is none.
  const guardedLater = await startServer({ tokens: TOKENS, localKey: LOCAL_KEY });
  await problemOf(await guardedLater.get('/v1/events', shown(ticket)), 401);
  const anonymous = await startServer({ tokens: [{ ...token('anonymous', ['admin']) }] });
  await problemOf(await anonymous.get('/v1/events', shown(ticket)), 401);
});
