import { describe, expect, it } from 'vitest';
import { entry, problemOf, roomView, spoken, startServer } from './rig.ts';

interface Page {
  events: { position: string; envelope: { topic: string; roomId?: string; payload: Record<string, unknown> } }[];
  next: string;
  recovered: boolean;
}

async function page(response: Promise<Response>): Promise<Page> {
  const answer = await response;
  expect(answer.headers.get('content-type')).toBe('application/json; charset=utf-8');
  expect(answer.status).toBe(200);
  return (await answer.json()) as Page;
}

describe('pages of events', () => {
  it('begin at the start and go on from `next`, without a hole or a repetition', async () => {
    const { get, append, log } = await startServer();
    await append(...Array.from({ length: 7 }, (_, i) => ({ payload: `{"i":${i}}` })));
    const seen: unknown[] = [];
    let from = 'start';
    for (let pages = 0; pages < 4; pages++) {
      const { events, next, recovered } = await page(get(`/v1/events?from=${from}&limit=3`));
      expect(recovered).toBe(true);
      seen.push(...events.map(({ position, envelope }) => [position, envelope.payload.i]));
      from = next;
    }
    expect(seen).toEqual(Array.from({ length: 7 }, (_, i) => [`${log.epoch}.${i + 1}`, i]));
    expect(from).toBe(`${log.epoch}.7`);
  });

  it('are 100 events long unless told', async () => {
    const { get, append, log } = await startServer();
    await append(...Array.from({ length: 120 }, () => ({})));
    const { events, next } = await page(get('/v1/events'));
    expect(events).toHaveLength(100);
    expect(next).toBe(`${log.epoch}.100`);
  });

  it('are empty on an empty log, and at the end', async () => {
    const { get, append, log } = await startServer();
    expect(await page(get('/v1/events'))).toEqual({ events: [], next: `${log.epoch}.0`, recovered: true });
    await append({}, {});
    expect(await page(get('/v1/events?from=end'))).toEqual({ events: [], next: `${log.epoch}.2`, recovered: true });
  });

  it('hold the envelope as the publisher wrote it, integers above 2^53 included', async () => {
    const { get, log } = await startServer();
    const written = entry({ payload: '{"big":12345678901234567890, "e":1.0e2}' });
    await log.append([written]);
    const text = await (await get('/v1/events')).text();
    expect(text).toBe(
      `{"events":[{"position":"${log.epoch}.1","envelope":${written.json}}],"next":"${log.epoch}.1","recovered":true}`,
    );
  });

  it('are filtered by topic and by room', async () => {
    const { get, append, rooms } = await startServer();
    rooms.add(roomView('a'));
    await append(
      { roomId: 'a', topic: 'room.dominance.score' },
      { roomId: 'a', topic: 'room.speaker.changed' },
      { roomId: 'b', topic: 'room.dominance.score' },
    );
    const scores = await page(get('/v1/events?topic=room.*.score'));
    expect(scores.events.map(({ envelope }) => envelope.roomId)).toEqual(['a', 'b']);
    const ofA = await page(get('/v1/rooms/a/events?topic=room.**'));
    expect(ofA.events.map(({ envelope }) => envelope.topic)).toEqual(['room.dominance.score', 'room.speaker.changed']);
    expect(ofA.next.endsWith('.3')).toBe(true);
  });

  it('find a rare topic far beyond the first chunk, and stop at the limit', async () => {
    const { get, append, log } = await startServer();
    const rare = { topic: 'supervisor.bot.exited' };
    await append(...Array.from({ length: 1_200 }, () => ({})), rare, rare, {});
    const first = await page(get('/v1/events?topic=supervisor.**&limit=1'));
    expect(first.events.map(({ position }) => position)).toEqual([`${log.epoch}.1201`]);
    expect(first.next).toBe(`${log.epoch}.1201`);
    const second = await page(get(`/v1/events?topic=supervisor.**&from=${first.next}`));
    expect(second.events.map(({ position }) => position)).toEqual([`${log.epoch}.1202`]);
    expect(second.next).toBe(`${log.epoch}.1203`);
  });

  it('end early rather than grow without bound', async () => {
    const { get, append } = await startServer();
    await append(...Array.from({ length: 30 }, () => ({ payload: `{"text":"${'x'.repeat(200_000)}"}` })));
    const first = await page(get('/v1/events?limit=1000'));
    expect(first.events).toHaveLength(20);
    const second = await page(get(`/v1/events?limit=1000&from=${first.next}`));
    expect(second.events).toHaveLength(10);
  });

  it('begin at an age', async () => {
    const { get, append, clock } = await startServer();
    await append(
      { receivedAt: clock.now() - 700_000, payload: '{"i":0}' },
      { receivedAt: clock.now(), payload: '{"i":1}' },
    );
    const { events } = await page(get('/v1/events?from=10m'));
    expect(events.map(({ envelope }) => envelope.payload.i)).toEqual([1]);
  });

  it('end at a position, an age or a time, and go on from `next` up to there', async () => {
    const { get, append, log, clock } = await startServer();
    const at = (i: number) => clock.now() - 600_000 + i * 60_000;
    await append(...Array.from({ length: 10 }, (_, i) => ({ receivedAt: at(i), payload: `{"i":${i}}` })));
    const read = async (query: string) => {
      const { events, next } = await page(get(`/v1/events?${query}`));
      return [...events.map(({ envelope }) => envelope.payload.i), next.split('.')[1]];
    };
    const iso = new Date(at(3)).toISOString();
    expect(await read(`until=${log.epoch}.3`)).toEqual([0, 1, 2, '3']);
    expect(await read(`from=${iso}&until=5m`)).toEqual([3, 4, '5']);
    expect(await read(`from=8m&until=${iso}`)).toEqual([2, '3']);
    expect(await read(`until=${log.epoch}.3&limit=2`)).toEqual([0, 1, '2']);
    expect(await read(`from=${log.epoch}.2&until=${log.epoch}.3`)).toEqual([2, '3']);
    expect(await read(`from=${log.epoch}.3&until=${log.epoch}.3`)).toEqual(['3']);
    expect(await read(`from=${log.epoch}.7&until=${log.epoch}.3`)).toEqual(['7']);
    expect(await read(`topic=nothing.**&until=${log.epoch}.3`)).toEqual(['3']);
  });

  it('have an end, which a live stream has not', async () => {
    const { get } = await startServer();
    const refused = await problemOf(await get('/v1/events?until=5m', { accept: 'text/event-stream' }), 400);
    expect(refused.detail).toContain('until: expected none');
  });

  it('can be read of a room that only the log remembers', async () => {
    const { get, append } = await startServer();
    await append({ roomId: 'gone' });
    expect((await page(get('/v1/rooms/gone/events'))).events).toHaveLength(1);
  });

  it('say so when the position is of another history', async () => {
    const { get, append, log } = await startServer();
    await append({}, {});
    const { events, recovered } = await page(get('/v1/events?from=otherepoch.1'));
    expect([events.length, recovered]).toEqual([2, false]);
    expect((await page(get(`/v1/events?from=${log.epoch}.999`))).recovered).toBe(false);
  });

  it('say so when what followed the position is no longer kept', async () => {
    const { get, append, log } = await startServer();
    await append(...Array.from({ length: 10 }, () => ({})));
    await log.trim({ maxEventsPerRoom: 4, maxTelemetryPerRoom: 4, before: 0, passed: 10 });
    expect((await page(get(`/v1/events?from=${log.epoch}.3`))).recovered).toBe(false);
    expect((await page(get(`/v1/events?from=${log.epoch}.6`))).recovered).toBe(true);
    const oldest = await page(get('/v1/events?from=start'));
    expect([oldest.events.length, oldest.recovered]).toEqual([4, true]);
  });

  it('say so when an age or a time begins before what is kept', async () => {
    const { get, append, log, clock } = await startServer();
    const now = clock.now();
    await append(...Array.from({ length: 9 }, (_, i) => ({ receivedAt: now - (9 - i) * 60_000 })));
    const from = (at: string) => page(get(`/v1/events?from=${at}`));
    expect((await from('1h')).recovered).toBe(true);
    await log.trim({ maxEventsPerRoom: 4, maxTelemetryPerRoom: 4, before: 0, passed: 9 });
    for (const at of ['1h', '8m', new Date(now - 5 * 60_000).toISOString()]) {
      const { events, recovered } = await from(at);
      expect([at, events.length, recovered]).toEqual([at, 4, false]);
    }
    const { events, recovered } = await from('3m');
    expect([events.length, recovered]).toEqual([3, true]);
  });

  it('say so when something is gone from behind the first event, also from the start', async () => {
    const { get, append, log } = await startServer();
    const fact = { roomId: 'a', topic: 'room.participant.joined' };
    await append(fact, fact, fact, ...Array.from({ length: 9 }, () => ({ roomId: 'a' })), fact, { roomId: 'b' });
    await log.trim({ maxEventsPerRoom: 3, maxTelemetryPerRoom: 4, before: 0, passed: 14 });
    for (const path of ['/v1/events?', '/v1/rooms/a/events?']) {
      const start = await page(get(`${path}from=start`));
      expect([path, start.events[0]?.position, start.recovered]).toEqual([path, `${log.epoch}.2`, false]);
      expect((await page(get(`${path}from=${log.epoch}.8`))).recovered).toBe(true);
    }
    expect((await page(get('/v1/rooms/b/events?from=start'))).recovered).toBe(true);
  });

  it('say so when one room among others was trimmed', async () => {
    const { get, append, log } = await startServer();
    await append({ roomId: 'quiet' }, ...Array.from({ length: 10 }, () => ({ roomId: 'busy' })));
    await log.trim({ maxEventsPerRoom: 4, maxTelemetryPerRoom: 4, before: 0, passed: 11 });
    expect((await page(get(`/v1/events?from=${log.epoch}.1`))).recovered).toBe(false);
    expect((await page(get(`/v1/rooms/busy/events?from=${log.epoch}.1`))).recovered).toBe(false);
    expect((await page(get('/v1/rooms/busy/events?from=start'))).recovered).toBe(true);
    expect((await page(get('/v1/rooms/quiet/events?from=start'))).recovered).toBe(true);
  });

  it.each([
    ['from=yesterday', 'EPOCH.OFFSET'],
    ['from=10', 'EPOCH.OFFSET'],
    ['until=tomorrow', 'until: expected a position'],
    ['until=otherepoch.1', 'until: expected a position of this log'],
    ['topic=a..b', 'got "a..b"'],
    ['topic=Room.**.x', 'pattern'],
    ['limit=0', 'limit'],
    ['limit=1001', 'limit'],
    ['limit=many', 'limit'],
    ['topics=room.**', 'topics'],
    ['limit=1&limit=2', 'limit'],
    ['topic=a&topic=b..c', 'got "b..c"'],
    ['room=a*b', 'the id of a room'],
    [`${'room=a&'.repeat(51)}`, 'room'],
  ])('refuse ?%s', async (query, detail) => {
    const { get } = await startServer();
    expect((await problemOf(await get(`/v1/events?${query}`), 400)).detail).toContain(detail);
  });

  it('are answered to a browser that prefers HTML, and to one that takes JSON before streams', async () => {
    const { get } = await startServer();
    await page(get('/v1/events', { accept: 'text/html,*/*;q=0.8' }));
    await page(get('/v1/events', { accept: 'application/json, text/event-stream' }));
  });

  it.each(['constructor', '__proto__', 'toString, text/html'])('are answered to Accept: %s', async (accept) => {
    const { get, append } = await startServer();
    await append({});
    expect((await page(get('/v1/events', { accept }))).events).toHaveLength(1);
  });

  it('keep the text of people for those who may read it', async () => {
    const { get, append } = await startServer();
    await append(spoken('hello'));
    expect((await page(get('/v1/events'))).events[0]?.envelope.payload.text).toBe('hello');
  });
});
