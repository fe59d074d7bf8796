import { afterEach, describe, expect, it } from 'vitest';
import { registry } from '../../../spec/generated/registry.ts';
import { installOwnTopics } from '../../../spec/own-topics.ts';
import { newId } from '../../../supervisor/base/ids.ts';
import { ownTopicsFolder } from './own-topic.ts';
import { problemOf, type Rig, roomView, SPEC_VERSION, STOPPED, startServer } from './rig.ts';
import { bearer, token } from './tokens.ts';

const TOKENS = [
  token('desk', ['events:write']),
  token('acme', ['events:write'], ['acme-*']),
  token('reader', ['events:read']),
];
const NDJSON = 'application/x-ndjson';

interface Brought {
  id: string;
  position: string | null;
}

const transcript = '{"participantId":"ada","text":"hello","at":0,"endAt":900,"final":true}';

/** An envelope's text around a payload's own text. */
function event(change: Record<string, unknown> = {}, payload = transcript): string {
  const frame = { id: newId(), ts: 1_730_000_000_000, topic: 'room.transcript.received', specVersion: SPEC_VERSION };
  return JSON.stringify({ ...frame, runtime: 'node', payload: 0, ...change }).replace(
    '"payload":0',
    `"payload":${payload}`,
  );
}

async function start(change: Parameters<typeof startServer>[0] = {}) {
  const rig = await startServer({ tokens: TOKENS, ...change });
  rig.rooms.add(
    roomView('talk', { connector: 'transcript', tenantId: 'acme' }),
    roomView('chat'),
    roomView('over', { stop: STOPPED, connector: 'transcript' }),
  );
  return rig;
}

const bring = ({ send }: Rig, body: string, { room = 'talk', type = 'application/json', by = 'desk' } = {}) =>
  send('POST', `/v1/rooms/${room}/events`, body, { ...bearer(by), 'content-type': type });

describe('an event from outside', () => {
  it('is put into the room as it was written, in the name of its token', async () => {
    const rig = await start();
    const id = newId();
    const big = '{"participantId": "ada", "text":"1", "at":12345678901234567890, "endAt":1e0, "final":true}';
    const response = await bring(rig, event({ id, sessionId: 's', tenantId: 'acme', roomId: 'talk' }, big));
    expect(response.status).toBe(202);
    expect(await response.json()).toEqual({ id, position: `${rig.log.epoch}.1` });
    const [[room, parsed, by] = []] = rig.rooms.brought;
    expect([room, parsed?.payloadText, by]).toEqual(['talk', big, 'http:desk']);
    expect(parsed?.envelope).toMatchObject({ id, sessionId: 's', topic: 'room.transcript.received' });
  });

  it('that has come already is told so', async () => {
    const rig = await start();
    rig.rooms.nextBrought = { kind: 'repeated' };
    const id = newId();
    const response = await bring(rig, event({ id }));
    expect([response.status, await response.json()]).toEqual([200, { id, position: null }]);
  });

  it.each([
    ['unknown', 404, 'unknown-room', null],
    ['ended', 409, 'room-ended', null],
    ['busy', 503, 'log-behind', '1'],
  ] as const)('where the room is %s: %i', async (kind, status, type, retryAfter) => {
    const rig = await start();
    rig.rooms.nextBrought = { kind };
    const response = await bring(rig, event());
    expect(response.headers.get('retry-after')).toBe(retryAfter);
    expect((await problemOf(response, status)).type).toBe(`urn:roomd:problem:${type}`);
  });

  it('needs a room, and one that is for its token', async () => {
    const rig = await start();
    await problemOf(await bring(rig, event(), { room: 'nowhere' }), 404);
    await problemOf(await bring(rig, event(), { room: 'over' }), 409);
    await problemOf(await bring(rig, event(), { by: 'acme' }), 403);
    await problemOf(await bring(rig, event(), { by: 'reader' }), 403);
    await problemOf(await rig.send('POST', '/v1/rooms/talk/events', event()), 401);
    expect(rig.rooms.brought).toEqual([]);
  });

  it.each([
    ['not an object', '[]'],
    ['no JSON', 'my words'],
    ['no body', ''],
    ['an unknown topic', event({ topic: 'room.old.topic' })],
    ['a payload that does not fit', event({}, '{"text":"my words"}')],
    ['a key given twice', event({}, transcript.replace('{', '{"text":"my words",'))],
    ['an id that is none', event({ id: 'my words' })],
    ['the name of a bot', event({ runtime: 'bot' })],
    ['the name of another room', event({ roomId: 'chat' })],
    ['another tenant', event({ tenantId: 'my words' })],
    ['another assistant', event({ assistantId: 'my words' })],
  ])('with %s is refused, and not quoted', async (_name, body) => {
    const rig = await start();
    const problem = await problemOf(await bring(rig, body), 422);
    expect(problem.type).toBe('urn:roomd:problem:invalid-event');
    expect(problem.detail).toMatch(/expected|must/);
    expect(JSON.stringify(problem)).not.toContain('my words');
    expect(rig.rooms.brought).toEqual([]);
  });

  it('is in UTF-8, in JSON, and of a bounded size', async () => {
    const rig = await start();
    const { send } = rig;
    const words = (length: number) => event({}, transcript.replace('hello', 'x'.repeat(length)));
    expect((await bring(rig, words(65_000))).status).toBe(202);
    const padded = `${event()}${' '.repeat(262_144)}`;
    expect((await problemOf(await bring(rig, padded), 422)).detail).toContain('at most 262144 bytes');
    await problemOf(await bring(rig, ' '.repeat(2 ** 20 + 1)), 413);
    await problemOf(await bring(rig, event(), { type: 'text/plain' }), 415);
    await problemOf(await bring(rig, event(), { type: 'application/xml' }), 415);
    const bad = Buffer.concat([Buffer.from(event()), Buffer.from([0xff])]);
    const headers = { ...bearer('desk'), 'content-type': 'application/json' };
    const response = await fetch(`${rig.url}/v1/rooms/talk/events`, { method: 'POST', headers, body: bad });
    await problemOf(response, 400);
    // Other routes take what they took.
    await problemOf(await send('POST', '/v1/rooms', 'x', { ...bearer('desk'), 'content-type': NDJSON }), 403);
  });
});

describe('what may be told from outside', () => {
  /** Payloads that fit, so that the topic alone decides. */
  async function takenTopics(room: string): Promise<string[]> {
    const rig = await start();
    const taken: string[] = [];
    for (const topic of Object.keys(registry)) {
      const { default: descriptor } = (await import(`../../../spec/topics/${topic}.json`, {
        with: { type: 'json' },
      })) as { default: { examples: object[] } };
      const response = await bring(rig, event({ topic }, JSON.stringify(descriptor.examples[0])), { room });
      if (response.status === 202) taken.push(topic);
      else
        expect([topic, (await problemOf(response, 403)).type]).toEqual([topic, 'urn:roomd:problem:topic-not-allowed']);
    }
    return taken;
  }

  it('is what people do, and nothing that the bot or the supervisor decides', async () => {
    expect(await takenTopics('talk')).toEqual([
      'room.message.deleted',
      'room.message.edited',
      'room.message.received',
      'room.participant.joined',
      'room.participant.left',
      'room.participant.updated',
      'room.presence.updated',
      'room.reaction.added',
      'room.reaction.removed',
      'room.speaker.changed',
      'room.transcript.received',
      'room.typing.started',
    ]);
  });

  it('is less in a local room: who is in it, and what they say, comes by its gateway', async () => {
    expect(await takenTopics('chat')).toEqual([]);
  });

  describe('of topics of the operator', () => {
    afterEach(() => installOwnTopics([]));

    it('is all, in every room', async () => {
      await installOwnTopics([await ownTopicsFolder('desk.ticket.opened')]);
      const rig = await start();
      for (const room of ['talk', 'chat']) {
        const response = await bring(rig, event({ topic: 'desk.ticket.opened' }, '{"number":1}'), { room });
        expect([room, response.status]).toEqual([room, 202]);
      }
    });
  });
});

describe('several events, one a line', () => {
  const lines = (...events: string[]) => `${events.join('\n')}\n`;

  it('are taken in their order, and answered for each', async () => {
    const rig = await start();
    const ids = [newId(), newId(), newId()];
    const body = lines(...ids.map((id) => event({ id })), '', '  ');
    const response = await bring(rig, body, { type: `${NDJSON}; charset=utf-8` });
    expect(response.status).toBe(202);
    const { events } = (await response.json()) as { events: Brought[] };
    expect(events).toEqual(ids.map((id, i) => ({ id, position: `${rig.log.epoch}.${i + 1}` })));
    expect(rig.rooms.brought.map(([, { envelope }]) => envelope.id)).toEqual(ids);
  });

  it('are all refused when one is, and each fault is told by its line', async () => {
    const rig = await start();
    const body = lines(event(), event({ runtime: 'bot' }), event(), 'my words');
    const problem = await problemOf(await bring(rig, body, { type: NDJSON }), 422);
    expect(problem.detail).toMatch(/^line 2: /);
    expect(problem.errors?.map(({ at }) => at)).toEqual(['/1', '/3']);
    expect(JSON.stringify(problem)).not.toContain('my words');
    expect(rig.rooms.brought).toEqual([]);
  });

  it('that are taken in part say how many, and are known when they come again', async () => {
    const rig = await start();
    let calls = 0;
    rig.rooms.bring = async () => (++calls > 2 ? { kind: 'busy' } : { kind: 'brought', offset: calls, runId: 'run-1' });
    const response = await bring(rig, lines(event(), event(), event()), { type: NDJSON });
    expect((await problemOf(response, 503)).detail).toContain('2 of 3');
  });

  it('are 1 to 100', async () => {
    const rig = await start();
    await problemOf(await bring(rig, '\n', { type: NDJSON }), 422);
    const events = Array.from({ length: 101 }, () => event());
    await problemOf(await bring(rig, lines(...events), { type: NDJSON }), 422);
    expect((await bring(rig, lines(...events.slice(1)), { type: NDJSON })).status).toBe(202);
  });
});

it('a consumer brings so many in a minute, each event counted, valid or not', async () => {
  const rig = await start({ eventsPerMinute: 60 });
  const many = (count: number) => Array.from({ length: count }, () => event()).join('\n');
  expect((await bring(rig, many(59), { type: NDJSON })).status).toBe(202);
  await problemOf(await bring(rig, 'no event'), 422);
  const response = await bring(rig, many(10), { type: NDJSON });
  expect(response.headers.get('retry-after')).toBe('10');
  expect((await problemOf(response, 429)).detail).toContain('http.eventsPerMinute');
  expect(rig.rooms.brought).toHaveLength(59);
  rig.clock.advance(10_000);
  expect((await bring(rig, many(10), { type: NDJSON })).status).toBe(202);
});

it('tickets bring no more than their token may, all together', async () => {
  const rig = await start({ eventsPerMinute: 10 });
  const five = Array.from({ length: 5 }, () => event()).join('\n');
  const ticket = async (): Promise<string> => {
    const answer = await rig.send('POST', '/v1/tickets', { scopes: ['events:write'] }, bearer('desk'));
    return ((await answer.json()) as { ticket: string }).ticket;
  };
  const shows = async (secret: string) => {
    const headers = { authorization: `Bearer ${secret}`, 'content-type': NDJSON };
    return (await rig.send('POST', '/v1/rooms/talk/events', five, headers)).status;
  };
  expect([await shows(await ticket()), await shows('secret-desk')]).toEqual([202, 202]);
  expect([await shows(await ticket()), await shows('secret-desk')]).toEqual([429, 429]);
});
