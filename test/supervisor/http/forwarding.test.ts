import { createHash } from 'node:crypto';
import { describe, expect, it } from 'vitest';
import type { Scope } from '../../../supervisor/base/scopes.ts';
import type { DeadLetterPage } from '../../../supervisor/forward/api.ts';
import type { Token } from '../../../supervisor/http/caller.ts';
import { deadLetter, FLOWING, redriveProgress } from './fake-forwarding.ts';
import { problemOf, startServer } from './rig.ts';

const REDRIVE = '/v1/dead-letters/redrive';

function token(name: string, scopes: Scope[], rooms?: string[]): Token {
  return { name, sha256: createHash('sha256').update(`secret-${name}`).digest('hex'), scopes, ...(rooms && { rooms }) };
}

const bearer = (name: string) => ({ authorization: `Bearer secret-${name}` });

const TOKENS = [
  token('writer', ['rooms:write']),
  token('reader', ['events:read']),
  token('pii', ['events:read', 'events:pii']),
  token('admin', ['admin']),
  token('acme', ['admin'], ['acme-*']),
];

const A = deadLetter(1, { roomId: 'acme-1' });
const B = deadLetter(2, { roomId: 'other', reason: 'TooOld: ThrottlingException' });
const C = deadLetter(3, { roomId: 'acme-2', topic: 'room.message.sent' });
const OWN = deadLetter(4, { roomId: '', topic: 'supervisor.bot.exited' });

async function rig() {
  const server = await startServer({ tokens: TOKENS });
  server.forwarding.letters.push(A, B, C, OWN);
  const list = async (query: string, name = 'reader') =>
    (await (await server.get(`/v1/dead-letters?${query}`, bearer(name))).json()) as DeadLetterPage;
  return { ...server, list };
}

describe('GET /v1/forward', () => {
  it('tells where forwarding stands', async () => {
    const { get, forwarding } = await rig();
    forwarding.now = { ...FLOWING, state: 'held', problem: 'AccessDeniedException: grant events:PutEvents' };
    forwarding.current = redriveProgress(3, { delivered: 1 });
    expect(await (await get('/v1/forward', bearer('reader'))).json()).toEqual({
      ...forwarding.now,
      redrive: forwarding.current,
    });
    await problemOf(await get('/v1/forward', bearer('writer')), 403);
  });
});

describe('GET /v1/dead-letters', () => {
  it('lists without the events, by the page', async () => {
    const { list } = await rig();
    const { id, eventId, topic, roomId, reason, at } = A;
    const first = await list('limit=1');
    expect(first).toEqual({ deadLetters: [{ id, eventId, topic, roomId, reason, at }], next: A.id });
    const rest = await list(`from=${first.next}`);
    expect(rest.deadLetters.map((letter) => letter.id)).toEqual([B.id, C.id, OWN.id]);
    expect(await list(`from=${rest.next}`)).toEqual({ deadLetters: [], next: rest.next });
  });

  it.each([
    ['roomId=other', [B]],
    ['topic=room.**', [A, B, C]],
    ['topic=room.message.*', [C]],
    ['reason=TooOld', [B]],
    ['topic=room.**&reason=MalformedDetail&roomId=acme-2', [C]],
  ])('%s', async (query, expected) => {
    const { list } = await rig();
    expect((await list(query)).deadLetters.map(({ id }) => id)).toEqual(expected.map(({ id }) => id));
  });

  it('shows those of the rooms that the caller sees', async () => {
    const { list, get } = await rig();
    expect((await list('', 'acme')).deadLetters.map(({ id }) => id)).toEqual([A.id, C.id]);
    await problemOf(await get('/v1/dead-letters?roomId=other', bearer('acme')), 403);
  });

  it.each([
    ['limit=0', 'query/limit'],
    ['limit=1001', 'query/limit'],
    ['topic=a..b', 'expected a topic or a pattern such as room.*.score or conversation.**, got "a..b"'],
    ['roomId=.a', 'expected 1 to 128'],
    ['room=a', 'query'],
  ])('refuses %s', async (query, message) => {
    const { get } = await rig();
    expect((await problemOf(await get(`/v1/dead-letters?${query}`, bearer('reader')), 400)).detail).toContain(message);
  });
});

describe('GET /v1/dead-letters/{id}', () => {
  const payload = '{"participantId":"ada","at":12345678901234567890,\n"text":"my secret"}';
  const exact = deadLetter(7, {
    json: `{"id":"event-7","topic":"room.transcript.received","roomId":"standup","payload":${payload}}`,
  });

  it('embeds the text of the event as it stands, numbers above 2^53 included', async () => {
    const { get, forwarding } = await rig();
    forwarding.letters.push(exact);
    const response = await get(`/v1/dead-letters/${exact.id}`, bearer('pii'));
    expect(response.headers.get('content-type')).toContain('application/json');
    const { json, offset, ...fields } = exact;
    const line = json.replace('\n', ' ');
    expect(await response.text()).toBe(`${JSON.stringify(fields).slice(0, -1)},"envelope":${line}}`);
  });

  it.each(['reader', 'admin'])('masks the event for %s, who lacks events:pii', async (name) => {
    const { get, forwarding } = await rig();
    forwarding.letters.push(exact);
    const text = await (await get(`/v1/dead-letters/${exact.id}`, bearer(name))).text();
    expect(text).toContain('"at":12345678901234567890,');
    expect(text).toContain('"text":"[redacted]"');
    expect(text).not.toContain('secret');
  });

  it('withholds the payload of a topic that nobody knows any more', async () => {
    const { get, forwarding } = await rig();
    const old = deadLetter(8, { topic: 'room.old.topic' });
    forwarding.letters.push(old);
    const answer = await (await get(`/v1/dead-letters/${old.id}`, bearer('reader'))).json();
    expect(answer).toMatchObject({ id: old.id, envelope: { topic: 'room.old.topic', payload: {} } });
  });

  it('does not tell a letter of another room from one that is not there', async () => {
    const { get } = await rig();
    const details = [];
    for (const id of [B.id, OWN.id, 'nope', 'x'.repeat(512)]) {
      const problem = await problemOf(await get(`/v1/dead-letters/${id}`, bearer('acme')), 404);
      expect(problem.type).toBe('urn:roomd:problem:unknown-dead-letter');
      details.push(problem.detail.replace(id, ''));
    }
    expect(new Set(details).size).toBe(1);
    expect((await get(`/v1/dead-letters/${A.id}`, bearer('acme'))).status).toBe(200);
    await problemOf(await get(`/v1/dead-letters/${A.id}`, bearer('writer')), 403);
  });
});

describe('POST /v1/dead-letters/redrive', () => {
  it('begins, and says where to look', async () => {
    const { send, get, forwarding } = await rig();
    const response = await send('POST', REDRIVE, { ids: [A.id, 'gone'] }, bearer('admin'));
    expect([response.status, response.headers.get('location')]).toEqual([202, REDRIVE]);
    const progress = redriveProgress(1);
    expect(await response.json()).toEqual(progress);
    expect(forwarding.selections).toMatchObject([{ ids: [A.id, 'gone'] }]);
    expect(await (await get(REDRIVE, bearer('reader'))).json()).toEqual(progress);
  });

  it.each([
    [{ all: true }, 4],
    [{ roomId: 'other' }, 1],
    [{ topic: 'room.**', reason: 'Malformed' }, 2],
    [{ all: true, topic: 'room.message.sent' }, 1],
    [{ ids: [A.id, B.id], roomId: 'other' }, 1],
  ])('%j selects %i', async (body, selected) => {
    const { send } = await rig();
    const response = await send('POST', REDRIVE, body, bearer('admin'));
    expect(await response.json()).toMatchObject({ selected });
  });

  it('sends only what the caller sees', async () => {
    const { send, forwarding } = await rig();
    await problemOf(await send('POST', REDRIVE, { roomId: 'other' }, bearer('acme')), 403);
    expect(forwarding.selections).toEqual([]);
    expect(await (await send('POST', REDRIVE, { all: true }, bearer('acme'))).json()).toMatchObject({ selected: 2 });
    forwarding.current = undefined;
    const byId = await send('POST', REDRIVE, { ids: [B.id, A.id] }, bearer('acme'));
    expect(await byId.json()).toMatchObject({ selected: 1 });
  });

  it('refuses a second one while the first runs', async () => {
    const { send } = await rig();
    await send('POST', REDRIVE, { all: true }, bearer('admin'));
    const problem = await problemOf(await send('POST', REDRIVE, { all: true }, bearer('admin')), 409);
    expect(problem).toMatchObject({
      type: 'urn:roomd:problem:redrive-running',
      detail: expect.stringContaining('GET'),
    });
  });

  const nothing = 'expected ids, roomId, topic or reason, or "all": true for every dead letter';
  it.each([
    [{}, nothing],
    ['null', nothing],
    ['[]', nothing],
    [{ all: false }, 'body/all: expected true'],
    [{ ids: [] }, 'body/ids: expected at least one id, got none'],
    [{ ids: 'a' }, 'body/ids: expected an array of ids'],
    [{ ids: Array.from({ length: 1_001 }, String) }, 'expected at most 1000 ids, got 1001'],
    [{ topic: 'a..b' }, 'body/topic: expected a topic or a pattern'],
    [{ room: 'a' }, 'room'],
  ])('refuses the body %j', async (body, message) => {
    const { send, forwarding } = await rig();
    const { detail } = await problemOf(await send('POST', REDRIVE, body, bearer('admin')), 422);
    expect(detail).toContain(message);
    expect(forwarding.selections).toEqual([]);
  });

  it('says the same when there is no body at all', async () => {
    const { send } = await rig();
    expect((await problemOf(await send('POST', REDRIVE, undefined, bearer('admin')), 422)).detail).toContain(nothing);
  });
});

describe('a redrive', () => {
  it('that never was is a problem', async () => {
    const { send } = await rig();
    for (const method of ['GET', 'DELETE']) {
      const problem = await problemOf(await send(method, REDRIVE, undefined, bearer('admin')), 404);
      expect(problem.type).toBe('urn:roomd:problem:no-redrive');
    }
  });

  it('is cancelled, once or twice', async () => {
    const { send, forwarding } = await rig();
    forwarding.current = redriveProgress(3, { delivered: 1 });
    for (let time = 0; time < 2; time++) {
      const response = await send('DELETE', REDRIVE, undefined, bearer('admin'));
      expect([response.status, await response.json()]).toMatchObject([202, { state: 'cancelled', remaining: 2 }]);
    }
  });

  it.each([
    ['POST', 'admin', 'reader'],
    ['DELETE', 'admin', 'reader'],
    ['GET', 'events:read', 'writer'],
  ])('%s takes the scope %s', async (method, scope, without) => {
    const { send, forwarding } = await rig();
    forwarding.current = redriveProgress(3);
    const body = method === 'POST' ? { all: true } : undefined;
    const problem = await problemOf(await send(method, REDRIVE, body, bearer(without)), 403);
    expect(problem.detail).toContain(scope);
    expect([forwarding.selections, forwarding.current]).toEqual([[], redriveProgress(3)]);
  });
});
