import { expect, it } from 'vitest';
import { newId } from '../../supervisor/base/ids.ts';
import { bearer, guardedDaemon } from './attack-rig.ts';

const BIG = '{"participantId": "ada", "text":"hello", "at":12345678901234567890, "endAt":900, "final":true}';

function event(id: string, change: object = {}): string {
  const frame = {
    id,
    ts: 1_730_000_000_000,
    topic: 'room.transcript.received',
    specVersion: `sha256:${'0'.repeat(64)}`,
  };
  return JSON.stringify({ ...frame, runtime: 'browser', payload: 0, ...change }).replace(
    '"payload":0',
    `"payload":${BIG}`,
  );
}

it('an event from outside is in the log as it was written, once, and not the bot’s', async () => {
  const { url, as } = await guardedDaemon();
  // In a local one what is said comes by the gateway alone.
  const spawned = await as('owner', 'POST', '/v1/rooms', { roomId: 'call', bot: 'puppet', connector: 'external' });
  expect(spawned.status).toBe(201);
  const bring = async (body: string, type = 'application/json') => {
    const headers = { ...bearer('secret-owner'), 'content-type': type };
    const response = await fetch(`${url}/v1/rooms/call/events`, { method: 'POST', body, headers });
    return { status: response.status, answer: (await response.json()) as Record<string, unknown> };
  };
  const [first, second, third] = [newId(), newId(), newId()];
  const brought = await bring(event(first, { meta: { by: 'gateway', seq: 7 }, sessionId: 's-1' }));
  expect(brought).toMatchObject({ status: 202, answer: { id: first } });
  expect(await bring(event(first))).toEqual({ status: 200, answer: { id: first, position: null } });
  const several = await bring([second, first, third].map((id) => event(id)).join('\n'), 'application/x-ndjson');
  expect(several.answer.events).toMatchObject([{ id: second }, { id: first, position: null }, { id: third }]);

  const page = await as('owner', 'GET', '/v1/rooms/call/events?topic=room.transcript.received&limit=1000');
  const text = await page.text();
  const { events } = JSON.parse(text) as { events: { position: string; envelope: Record<string, object> }[] };
  expect(events.map(({ envelope }) => envelope.id)).toEqual([first, second, third]);
  expect(events[0]).toMatchObject({
    position: brought.answer.position,
    envelope: { roomId: 'call', sessionId: 's-1', runtime: 'browser', meta: { by: 'http:owner' } },
  });
  expect(text.split(BIG)).toHaveLength(4);
  // The numbers of its run have no gap.
  const history = async () => {
    const { events } = (await (await as('owner', 'GET', '/v1/rooms/call/events?limit=1000')).json()) as {
      events: { envelope: { meta: { runId: string; seq: number } } }[];
    };
    expect(events.map(({ envelope }) => envelope.meta.seq)).toEqual(events.map((_, i) => i + 1));
    return events.length;
  };
  const counted = async () => {
    const room = (await (await as('owner', 'GET', '/v1/rooms/call')).json()) as { counts: { events: number } };
    return room.counts.events;
  };
  // Its bot may still be starting, and tell of it between the two looks.
  while ((await history()) !== (await counted()));
  expect((await as('owner', 'DELETE', '/v1/rooms/call')).status).toBe(202);
  let status = 202;
  while (status === 202) ({ status } = await bring(event(newId())));
  expect(status).toBe(409);
});
