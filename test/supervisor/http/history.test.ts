import { createHash } from 'node:crypto';
import { type IncomingMessage, request } from 'node:http';
import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { HEADER, recordingText } from '../../helpers/recorded.ts';
import { entry, openLog, problemOf, roomView, SPEC_VERSION, spoken, startServer, wrap } from './rig.ts';

const NDJSON = { 'content-type': 'application/x-ndjson' };
const token = (
  name: string,
  scopes: ('events:read' | 'rooms:read' | 'rooms:write' | 'rooms:join' | 'events:pii')[],
  rooms?: string[],
) => ({
  name,
  sha256: createHash('sha256').update(name).digest('hex'),
  scopes,
  ...(rooms && { rooms }),
});
const bearer = (name: string) => ({ authorization: `Bearer ${name}` });

async function lines(response: Response): Promise<string[]> {
  expect([response.status, response.headers.get('content-type')]).toEqual([200, 'application/x-ndjson; charset=utf-8']);
  const text = await response.text();
  expect(text.endsWith('\n')).toBe(true);
  return text.trimEnd().split('\n');
}

describe('the export of a room', () => {
  it('says what it is, then has each envelope as it was written, in the order of the log', async () => {
    const { get, log } = await startServer();
    const entries = Array.from({ length: 1_000 }, (_, i) =>
      entry({ roomId: i % 3 ? 'a' : 'b', payload: `{"big":12345678901234567890,"i":${i}}` }),
    );
    await log.append(entries);
    const [first = '', ...rest] = await lines(await get('/v1/rooms/a/export'));
    const [from, last] = [`${log.epoch}.2`, `${log.epoch}.999`];
    const header = {
      version: 1,
      roomId: 'a',
      epoch: log.epoch,
      specVersion: SPEC_VERSION,
      first: from,
      last,
      missing: false,
      masked: false,
    };
    expect(JSON.parse(first)).toEqual({ recording: header });
    expect(rest).toEqual(entries.filter(({ roomId }) => roomId === 'a').map(({ json }) => json));
  });

  it('is masked for those who may not read what people said, and says so', async () => {
    const { get, append } = await startServer({
      tokens: [token('reader', ['events:read']), token('all', ['events:read', 'events:pii'])],
    });
    await append(spoken('a secret', 'a'));
    const masked = await lines(await get('/v1/rooms/a/export', bearer('reader')));
    expect([JSON.parse(masked[0] ?? '').recording.masked, masked.join().includes('a secret')]).toEqual([true, false]);
    const whole = await lines(await get('/v1/rooms/a/export', bearer('all')));
    expect([JSON.parse(whole[0] ?? '').recording.masked, whole.join().includes('a secret')]).toEqual([false, true]);
  });

  it('is masked wholly or not at all, also for those who could be in the room', async () => {
    const { get, append } = await startServer({ tokens: [token('guest', ['events:read', 'rooms:join'])] });
    const payload = '{"messageId":"m","participantId":"p","text":"a secret","at":1}';
    await append({ roomId: 'a', topic: 'room.message.received', payload, local: true });
    expect(await (await get('/v1/rooms/a/events', bearer('guest'))).text()).toContain('a secret');
    const [header = '', ...rest] = await lines(await get('/v1/rooms/a/export', bearer('guest')));
    expect([JSON.parse(header).recording.masked, rest.length, rest.join().includes('a secret')]).toEqual([
      true,
      1,
      false,
    ]);
  });

  it('says what is missing, and what was never there', async () => {
    const { get, append, log, rooms } = await startServer();
    rooms.add(roomView('empty'));
    await append(...Array.from({ length: 9 }, () => ({ roomId: 'a', topic: 'room.dominance.score' })));
    await log.trim({ maxEventsPerRoom: 4, before: 0, passed: 9 });
    const [first = '', ...rest] = await lines(await get('/v1/rooms/a/export'));
    expect([JSON.parse(first).recording.missing, rest.length]).toEqual([true, 4]);
    const [only = '', ...none] = await lines(await get('/v1/rooms/empty/export'));
    expect([JSON.parse(only).recording, none]).toMatchObject([{ first: null, last: null, missing: false }, []]);
    expect((await problemOf(await get('/v1/rooms/nowhere/export'), 404)).detail).toContain('no room "nowhere"');
  });

  it('ends with what was newest when it began', async () => {
    const log = openLog();
    const grows = wrap(log, async (query) => {
      const page = await log.read(query);
      await log.append([entry({ roomId: 'a' })]);
      return page;
    });
    const { get } = await startServer({ log: grows });
    await log.append(Array.from({ length: 450 }, () => entry({ roomId: 'a' })));
    expect(await lines(await get('/v1/rooms/a/export'))).toHaveLength(451);
  });

  it('breaks off rather than hide that retention has overtaken it', async () => {
    const log = openLog();
    let reads = 0;
    const trimmed = wrap(log, async (query) => {
      if (++reads === 2) await log.trim({ maxEventsPerRoom: 5, maxTelemetryPerRoom: 5, before: 0, passed: 1_000 });
      return log.read(query);
    });
    const { get } = await startServer({ log: trimmed });
    const payload = `{"text":"${'x'.repeat(2_000)}"}`;
    await log.append(Array.from({ length: 450 }, () => entry({ roomId: 'a', payload })));
    await expect(get('/v1/rooms/a/export').then((response) => response.text())).rejects.toThrow();
  });

  it('is read no faster than it is taken', async () => {
    const log = openLog();
    let reads = 0;
    const counted = wrap(log, (query) => {
      reads += 1;
      return log.read(query);
    });
    const { url } = await startServer({ log: counted });
    const payload = `{"text":"${'x'.repeat(20_000)}"}`;
    await log.append(Array.from({ length: 6_000 }, () => entry({ roomId: 'a', payload })));
    const response = await new Promise<IncomingMessage>((resolve, reject) => {
      request(`${url}/v1/rooms/a/export`, resolve).on('error', reject).end();
    });
    // Nothing is taken, until the server has come to a stop.
    for (let still = 0, before = reads; still < 2_000; still = reads === before ? still + 1 : 0) {
      before = reads;
      await setImmediate();
    }
    expect(reads).toBeLessThan(20);
    let bytes = 0;
    for await (const chunk of response) bytes += (chunk as Buffer).length;
    expect(bytes).toBeGreaterThan(6_000 * 20_000);
    expect(reads).toBe(30);
  });
});

describe('recordings', () => {
  const joined: [string, object, number] = ['room.participant.joined', { participantId: 'A', isBot: false }, 0];

  it('are kept, listed, replaced and forgotten', async () => {
    const { url, get, send } = await startServer();
    const put = (name: string, body: string) =>
      fetch(`${url}/v1/recordings/${name}`, { method: 'PUT', headers: NDJSON, body });
    const text = recordingText([joined]);
    const { version: _, ...said } = HEADER;
    const view = { ...said, name: 'talk', bytes: text.length };
    const first = await put('talk', text);
    expect([first.status, await first.json()]).toEqual([201, view]);
    expect((await put('talk', recordingText([joined, joined]))).status).toBe(200);
    await put('another', text);
    const list = (await (await get('/v1/recordings')).json()) as { recordings: { name: string; bytes: number }[] };
    expect(list.recordings.map(({ name }) => name)).toEqual(['another', 'talk']);
    expect(list.recordings[1]?.bytes).toBeGreaterThan(text.length);
    expect((await send('DELETE', '/v1/recordings/talk')).status).toBe(204);
    expect((await problemOf(await send('DELETE', '/v1/recordings/talk'), 404)).detail).toContain('"talk"');
  });

  it.each([
    ['', 'expected a recording, got nothing'],
    ['{"a":1}\n', 'line 1: expected a recording that `roomd export` wrote'],
    [recordingText([], { ...HEADER, version: 2 }), 'line 1: expected a recording of version 1'],
    [recordingText([], { ...HEADER, missing: 'no' }), 'with roomId, epoch'],
    [`${recordingText([joined])}{"topic":1}\n`, 'line 3: expected an envelope with a number "ts"'],
    [`${recordingText([joined])}[]\n`, 'line 3: expected one JSON object a line'],
    [`${recordingText([['room.speaker.changed', { hush: 1 }, 0]])}`, 'line 2: room.speaker.changed: '],
    [recordingText([joined]).trimEnd(), 'line 2: expected a line break at its end'],
    [`${recordingText([joined])}{"x":"${'x'.repeat(2 ** 20)}"}\n`, 'line 3: expected at most 1048576 bytes'],
  ])('are refused at their first wrong line: %#', async (body, detail) => {
    const { url, get } = await startServer();
    // More than fits into any buffer follows: the refusal has to arrive all the same.
    const rest = body === '' || !body.endsWith('\n') ? '' : recordingText([]).repeat(50_000);
    const answer = await fetch(`${url}/v1/recordings/talk`, { method: 'PUT', headers: NDJSON, body: body + rest });
    const problem = await problemOf(answer, 422);
    expect(problem.detail).toContain(detail);
    expect(problem.detail).not.toContain('hush');
    expect(await (await get('/v1/recordings')).json()).toEqual({ recordings: [] });
  });

  it('come as lines, and nothing else does', async () => {
    const { url, send } = await startServer();
    await problemOf(await send('PUT', '/v1/recordings/talk', {}), 415);
    await problemOf(await fetch(`${url}/v1/rooms`, { method: 'POST', headers: NDJSON, body: '{}' }), 415);
    await problemOf(await fetch(`${url}/v1/recordings/..%2Fevil`, { method: 'PUT', headers: NDJSON, body: '' }), 400);
  });

  it('are for those whose token is for rooms of that name, who alone may play them', async () => {
    const scopes = ['rooms:read', 'rooms:write', 'events:read'] as const;
    const { url, get, send } = await startServer({
      tokens: [token('a', [...scopes], ['a*']), token('all', [...scopes])],
    });
    const put = (name: string, who: string) =>
      fetch(`${url}/v1/recordings/${name}`, {
        method: 'PUT',
        headers: { ...NDJSON, ...bearer(who) },
        body: recordingText([joined]),
      });
    expect((await put('a1', 'a')).status).toBe(201);
    expect((await put('b1', 'all')).status).toBe(201);
    await problemOf(await put('b2', 'a'), 403);
    await problemOf(await send('DELETE', '/v1/recordings/b1', undefined, bearer('a')), 403);
    const seen = (await (await get('/v1/recordings', bearer('a'))).json()) as { recordings: { name: string }[] };
    expect(seen.recordings.map(({ name }) => name)).toEqual(['a1']);
    const play = (recording: string, who: string) =>
      send(
        'POST',
        '/v1/rooms',
        { roomId: `a.${recording}`, connector: 'recording', options: { recording } },
        bearer(who),
      );
    expect((await play('a1', 'a')).status).toBe(201);
    expect((await problemOf(await play('b1', 'a'), 403)).detail).toContain('"b1"');
    expect((await play('b1', 'all')).status).toBe(201);
  });
});
