import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../../../bot/rooms/daily/protocol.ts';
import { readReport } from '../../../../bot/rooms/daily/reports.ts';
import { codePointLength } from '../../../../spec/runtime/code-points.ts';
import { dailyRoom, until } from './daily-room.ts';
import { OWN, person } from './stand-in-page.ts';

type Told = readonly [topic: string, payload: object];
type Happening = readonly [event: CallEvent, ...told: Told[]];

/** A call with ada and the bot bo in it, five seconds old; what its events become. */
async function inCall() {
  const parts = await dailyRoom();
  parts.pages.people = [person('ada'), person('bo', { userId: 'roomd-7' })];
  await parts.enters();
  await parts.clock.pass(5_000);
  parts.envelopes.length = 0;
  /** All that has been said by now has been heard. */
  const heard = async () => {
    const { last } = parts.pages;
    const mark = `mark-${last.orders.length}`;
    last.happens({ action: 'participant-joined', person: person(mark) });
    const told = () =>
      parts.envelopes.findIndex(
        ({ payload }) => (payload as object as { participantId: string }).participantId === mark,
      );
    await until(parts.clock, () => told() >= 0);
    parts.envelopes.splice(told(), 1);
    last.happens({ action: 'participant-left', person: person(mark) });
    await until(parts.clock, () => told() >= 0);
    parts.envelopes.splice(told(), 1);
    return parts.envelopes.map(({ topic, payload }) => [topic, payload]);
  };
  return { ...parts, heard };
}

const at = 5_000;
const message = (data: unknown, from = 'ada'): CallEvent => ({ action: 'app-message', from, data });
const chat = (of: object) => ({ event: 'chat-msg', name: 'Ada', message: 'hi', date: '-', room: 'main-room', ...of });
const received = (text: string) =>
  ['room.message.received', { messageId: expect.any(String), participantId: 'ada', text, at }] as const;
const raw = (data: unknown) =>
  ['room.app_message.received', { participantId: 'ada', data: JSON.stringify(data), at }] as const;
const words = (text: string, timestamp: string | null, sessionId = 'ada'): CallEvent => {
  return { action: 'transcription-message', sessionId, text, timestamp };
};
const transcript = (text: string, when = at) =>
  ['room.transcript.received', { participantId: 'ada', text, at: when, endAt: when, final: true }] as const;
const ago = (ms: number) => new Date(1_700_000_000_000 + at - ms).toISOString();
const speaks = (sessionId: string | null): CallEvent => ({ action: 'active-speaker-change', sessionId });
const floor = (participantId: string | null) =>
  ['room.speaker.changed', { participantId, at, speaking: participantId === null ? [] : [participantId] }] as const;
const network = (kind: string, event: string): CallEvent => ({ action: 'network-connection', kind, event });

const HAPPENINGS: readonly Happening[] = [
  [
    { action: 'participant-joined', person: person('cy', { userName: ` ${'ü'.repeat(300)}` }) },
    ['room.participant.joined', { participantId: 'cy', name: 'ü'.repeat(256), isBot: false }],
  ],
  [{ action: 'participant-joined', person: person('ada') }],
  [{ action: 'participant-joined', person: OWN }],
  [{ action: 'participant-updated', person: { ...OWN, userName: 'Another', local: false } }],
  [{ action: 'participant-updated', person: person('ada') }],
  [
    { action: 'participant-updated', person: person('ada', { userName: 'Ada L.' }) },
    ['room.participant.updated', { participantId: 'ada', name: 'Ada L.', isBot: false }],
  ],
  [
    { action: 'participant-updated', person: person('ada', { userName: '', userId: 'roomd-9' }) },
    ['room.participant.updated', { participantId: 'ada', isBot: true }],
  ],
  [
    { action: 'participant-updated', person: person('ada', { userId: 'roomd-9' }) },
    ['room.participant.updated', { participantId: 'ada', name: 'ADA', isBot: true }],
  ],
  [
    { action: 'participant-updated', person: person('cy') },
    ['room.participant.joined', { participantId: 'cy', name: 'CY', isBot: false }],
  ],
  [
    { action: 'participant-left', person: person('bo') },
    ['room.participant.left', { participantId: 'bo', name: 'BO', isBot: true }],
  ],
  [{ action: 'participant-left', person: person('nobody') }],
  [speaks('ada'), floor('ada')],
  [speaks(null)],
  [speaks('own')],
  [message(chat({})), received('hi')],
  [message({ event: 'chat-msg', message: ' hi\n' }), received('hi')],
  [message(chat({ message: 'é'.repeat(5_000) })), received('é'.repeat(4_096))],
  [message(chat({ message: ' ' })), raw(chat({ message: ' ' }))],
  [message(chat({ message: 7 })), raw(chat({ message: 7 }))],
  [message(chat({ event: 'chat' })), raw(chat({ event: 'chat' }))],
  [message('text'), raw('text')],
  [message(null), raw(null)],
  [message([1, { a: 'ü' }]), raw([1, { a: 'ü' }])],
  [message({ a: 'x'.repeat(20_000) })],
  [message({ a: 1 }, 'own')],
  [
    message({ roomd: { command: 'summary.show', args: { minutes: 5 } } }),
    ['room.command.received', { participantId: 'ada', command: 'summary.show', args: '{"minutes":5}', at }],
  ],
  [message({ roomd: { command: 'stop' } }), ['room.command.received', { participantId: 'ada', command: 'stop', at }]],
  [message({ roomd: { command: 'Stop it' } }), raw({ roomd: { command: 'Stop it' } })],
  [message({ roomd: { command: 'stop', args: [1] } }), raw({ roomd: { command: 'stop', args: [1] } })],
  [message({ roomd: { command: 'stop', args: null } }), raw({ roomd: { command: 'stop', args: null } })],
  [message({ roomd: { topic: 'a.b', id: '1' } }), raw({ roomd: { topic: 'a.b', id: '1' } })],
  // What another bot tells browsers: bots that tell each other what they were told never end.
  [message({ roomd: { topic: 'a.b', id: '1' } }, 'bo')],
  [words(' Shall we begin? ', null), transcript('Shall we begin?')],
  [words('late', ago(1_500)), transcript('late', 3_500)],
  [words('before the room', ago(60_000)), transcript('before the room', 0)],
  [words('from the future', ago(-60_000)), transcript('from the future')],
  [words('at no time', 'yesterday'), transcript('at no time')],
  [words('\n', null)],
  [words('echo', null, 'own')],
  [network('signaling', 'interrupted'), ['room.connection.changed', { state: 'interrupted', kind: 'signaling', at }]],
  [network('', 'connected'), ['room.connection.changed', { state: 'connected', at }]],
  [network('sfu', 'degraded')],
  [{ action: 'nonfatal-error', type: 'video-processor-error', message: 'x' }],
];

describe('an event of the call', () => {
  test.each(HAPPENINGS.map(([event, ...told]) => [event, told] as const))('P17: %j', async (event, told) => {
    const { pages, heard, errors, thrown } = await inCall();
    pages.last.happens(event);
    expect(await heard()).toEqual(told);
    expect([errors, thrown]).toEqual([[], []]);
  });

  test('who has the floor loses it by leaving, and says it once', async () => {
    const { pages, heard } = await inCall();
    pages.last.happens(speaks('ada'), speaks('ada'), { action: 'participant-left', person: person('ada') });
    const left = ['room.participant.left', { participantId: 'ada', name: 'ADA', isBot: false }];
    expect(await heard()).toEqual([floor('ada'), floor(null), left]);
  });

  test('who has the floor loses it without a sign of speaking for 20 seconds', async () => {
    const { pages, heard, clock, payloads } = await inCall();
    pages.last.happens(speaks('ada'));
    await heard();
    await clock.pass(15_000);
    pages.last.happens(words('and', null));
    await heard();
    await clock.pass(15_000);
    pages.last.happens(speaks('ada'), words('what', null, 'bo'));
    await heard();
    await clock.pass(19_999);
    expect(payloads('room.speaker.changed')).toHaveLength(1);
    await clock.pass(1);
    expect(payloads('room.speaker.changed').at(-1)).toEqual({ participantId: null, at: 55_000, speaking: [] });
    pages.last.happens(speaks('ada'));
    await heard();
    expect(payloads('room.speaker.changed')).toHaveLength(3);
  });

  test('of an error that ends nothing people are told, ten times at most', async () => {
    const { pages, heard, said } = await inCall();
    for (let i = 0; i < 20; i++)
      pages.last.happens({ action: 'nonfatal-error', type: null, message: `no camera ${i}` });
    await heard();
    expect(said).toHaveLength(10);
    expect(said[0]).toBe('the call goes on after an error: no camera 0');
  });
});

describe('a flood', () => {
  test('of one participant is cut to ten a second, and told in one line; others are heard', async () => {
    const { pages, heard, said, clock, envelopes } = await inCall();
    const flood = Array.from({ length: 500 }, (_, i) => message(i % 2 ? { roomd: { command: 'go' } } : chat({})));
    pages.last.happens(...flood, message(chat({}), 'bo'));
    const told = await heard();
    expect(told.filter(([, payload]) => (payload as { participantId?: string }).participantId === 'ada')).toHaveLength(
      10,
    );
    expect(told).toHaveLength(11);
    expect(said).toEqual([expect.stringMatching(/^1 messages .*at most 10 a second/)]);
    await clock.pass(1_000);
    envelopes.length = 0;
    pages.last.happens(...flood);
    expect(await heard()).toHaveLength(10);
    await clock.pass(10_000);
    pages.last.happens(...flood);
    await heard();
    expect(said.slice(1)).toEqual([expect.stringMatching(/^981 messages /)]);
  });

  test('is forgotten with who leaves', async () => {
    const { pages, heard, payloads } = await inCall();
    const flood = Array.from({ length: 20 }, (_, i) => message(i));
    const again = (['participant-left', 'participant-joined'] as const).map((action) => ({
      action,
      person: person('ada'),
    }));
    pages.last.happens(...flood, ...again, ...flood);
    await heard();
    expect(payloads('room.app_message.received')).toHaveLength(20);
  });

  test('of those who are not in the call is one flood', async () => {
    const { pages, heard } = await inCall();
    pages.last.happens(...Array.from({ length: 50 }, (_, i) => message(i, `stranger-${i}`)));
    expect(await heard()).toHaveLength(10);
  });

  const renamed = (userName: string): CallEvent => ({
    action: 'participant-updated',
    person: person('ada', { userName }),
  });
  const flood = Array.from({ length: 100 }, (_, i) => renamed(`ada ${i}`));

  test('of names is cut, and the last name comes a second later', async () => {
    const { pages, heard, payloads, clock } = await inCall();
    pages.last.happens(...flood);
    expect(await heard()).toHaveLength(10);
    await clock.pass(999);
    expect(await heard()).toHaveLength(10);
    await clock.pass(1);
    expect(payloads('room.participant.updated').slice(10)).toMatchObject([{ name: 'ada 99' }]);
    // There it ends, and begins again.
    await clock.pass(5_000);
    pages.last.happens(renamed('ada'));
    expect(await heard()).toHaveLength(12);
  });

  test('of names that ends with the one that was told last changes nothing later', async () => {
    const { pages, heard, clock } = await inCall();
    pages.last.happens(...flood, renamed('ada 9'));
    await heard();
    await clock.pass(5_000);
    expect(await heard()).toHaveLength(10);
  });

  test('of names is over when who floods has left, or comes again', async () => {
    const { pages, heard, clock, payloads } = await inCall();
    pages.last.happens(...flood, { action: 'participant-left', person: person('ada') });
    await heard();
    pages.last.happens({ action: 'participant-joined', person: person('ada') });
    await heard();
    await clock.pass(5_000);
    expect(payloads('room.participant.left')).toMatchObject([{ name: 'ada 9' }]);
    expect(payloads('room.participant.joined')).toMatchObject([{ name: 'ADA' }]);
    expect(payloads('room.participant.updated')).toHaveLength(10);
  });

  test('of names says nothing of before to who has joined anew', async () => {
    const { pages, heard, clock, room, joins, payloads } = await inCall();
    pages.last.happens(...flood);
    await heard();
    pages.last.close();
    await room.ended.catch(() => {});
    pages.people = [person('ada', { userName: 'Ada L.' })];
    expect(await joins()).toBe('joined');
    await heard();
    await clock.pass(5_000);
    expect(payloads('room.participant.updated').at(-1)).toMatchObject({ name: 'Ada L.' });
  });

  test('of names says nothing once the bot has left', async () => {
    const { pages, heard, clock, room, envelopes } = await inCall();
    pages.last.happens(...flood);
    expect(await heard()).toHaveLength(10);
    await room.leave();
    await clock.pass(5_000);
    expect(envelopes).toHaveLength(10);
  });

  test('of people is bounded', async () => {
    const { pages, heard, payloads } = await inCall();
    for (let i = 0; i < 5_100; i++) pages.last.happens({ action: 'participant-joined', person: person(`p-${i}`) });
    pages.last.happens({ action: 'participant-left', person: person('p-0') });
    await heard();
    // ada and bo are there, too; one place is free again.
    expect(payloads('room.participant.joined')).toHaveLength(4_998);
  });
});

const text = fc.oneof(
  fc.string({ unit: 'binary', maxLength: 300 }),
  fc.constantFrom('ada', 'own', '', '\ud800', 'x'.repeat(300)),
);
const anything = fc.oneof({ weight: 2, arbitrary: text }, { weight: 1, arbitrary: fc.jsonValue() });
const known = fc.record({ sessionId: text, userId: text, userName: text, local: fc.boolean() });
const somebody = fc.oneof({ weight: 4, arbitrary: known }, { weight: 1, arbitrary: anything });
const action = fc.constantFrom(
  ...([
    'participant-joined',
    'participant-updated',
    'participant-left',
    'active-speaker-change',
    'app-message',
  ] as const),
  ...(['transcription-message', 'network-connection', 'nonfatal-error', 'joined-meeting', 'else'] as const),
);
const event = fc.record(
  {
    action,
    person: somebody,
    people: fc.oneof(fc.array(somebody, { maxLength: 5 }), anything),
    sessionId: fc.oneof(text, fc.constant(null), anything),
    from: fc.oneof(text, anything),
    data: fc.oneof(
      anything,
      fc.record({ event: fc.constant('chat-msg'), message: anything }),
      fc.record({ roomd: anything }),
    ),
    text: fc.oneof(text, anything),
    timestamp: fc.oneof(
      fc.date({ noInvalidDate: true }).map((date) => date.toISOString()),
      anything,
    ),
    kind: anything,
    event: fc.oneof(fc.constantFrom('interrupted', 'connected'), anything),
    type: anything,
    message: anything,
  },
  { noNullPrototype: true },
);
const line = fc.oneof(
  { weight: 6, arbitrary: event.map((one) => JSON.stringify({ event: one })) },
  fc.record({ done: anything }).map((one) => JSON.stringify(one)),
  fc.record({ failed: anything, type: anything, message: anything }).map((one) => JSON.stringify(one)),
  fc.record({ host: fc.oneof(fc.constant('ready'), fc.jsonValue()) }).map((one) => JSON.stringify(one)),
  fc.json(),
  fc.string({ maxLength: 200 }).map((one) => one.replace(/[\r\n]/g, ' ')),
);

describe('whatever a page says', () => {
  test('data that is too deep to be written again is left out, and said so', async () => {
    const { pages, heard, said, errors, thrown } = await inCall();
    const deep = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;
    const line = (data: string) => `{"event":{"action":"app-message","from":"ada","data":${data}}}`;
    pages.last.say(line(deep), line(`{"roomd":{"command":"go","args":{"a":${deep}}}}`));
    expect(await heard()).toEqual([]);
    expect(said).toEqual([expect.stringMatching(/^1 messages .*too deep/)]);
    expect([errors, thrown]).toEqual([[], []]);
  });

  test('nothing of it is thrown, and what is told is valid', async () => {
    const { pages, heard, clock, errors, thrown, bus, room } = await inCall();
    await fc.assert(
      fc.asyncProperty(fc.array(line, { minLength: 10, maxLength: 40, size: 'max' }), async (lines) => {
        pages.last.say(...lines);
        await heard();
        await clock.pass(1_000);
        expect([errors, thrown, bus.counters.rejected]).toEqual([[], [], 0]);
      }),
      { numRuns: 150 },
    );
    expect(bus.counters.published).toBeGreaterThan(500);
    await room.leave();
  });

  test('ids fit', () => {
    fc.assert(
      fc.property(line, (one) => {
        const report = readReport(one);
        if (report === undefined || !('event' in report) || !('person' in report.event)) return;
        expect(report.event.person.sessionId.isWellFormed()).toBe(true);
        expect(codePointLength(report.event.person.sessionId)).toBeGreaterThan(0);
      }),
    );
  });
});
