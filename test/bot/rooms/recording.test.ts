import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { readEnvironment } from '../../../bot/environment.ts';
import { sha256 } from '../../../bot/policy/sha256.ts';
import { FactsError, readFacts } from '../../../bot/rooms/facts.ts';
import { RecordingRoom } from '../../../bot/rooms/recording.ts';
import { Session } from '../../../bot/session.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { canonicalJson } from '../../../spec/version.ts';
import { type RecordedEvent, recordingText } from '../../helpers/recorded.ts';
import { testBus } from '../../helpers/test-bus.ts';

const folder = mkdtempSync(join(tmpdir(), 'roomd-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const joined = (participantId: string, ts = 0): RecordedEvent => [
  'room.participant.joined',
  { participantId, isBot: false },
  ts,
];
const left = (participantId: string, ts = 0): RecordedEvent => [
  'room.participant.left',
  { participantId, isBot: false },
  ts,
];
const floor = (at: number, speaking: string[], ts = at): RecordedEvent => [
  'room.speaker.changed',
  { participantId: speaking[0] ?? null, at, speaking },
  ts,
];
const said = (participantId: string, at: number, endAt: number, text = 'so it is', ts = endAt): RecordedEvent => [
  'room.transcript.received',
  { participantId, text, at, endAt, final: true },
  ts,
];

const brought = ([topic, payload, ts]: RecordedEvent, by = 'gateway'): RecordedEvent => [topic, payload, ts, by];
const wrote = (participantId: string, at: number, text = 'so', of = {}): RecordedEvent => [
  'room.message.received',
  { messageId: `at-${at}`, participantId, text, at, ...of },
  at,
  'gateway',
];

const timesOf = (text: string, attempt?: number) =>
  readFacts(text, attempt).moments.map(({ time, facts }) => [time, facts.map(({ topic }) => topic.split('.')[1])]);

describe('what a recording says of a room', () => {
  it('is played at the room time that events tell, and in between by their own clock', () => {
    const events = [
      joined('A', 5),
      floor(1_000, ['A'], 6),
      joined('B', 36),
      said('A', 1_000, 4_000, 'x', 40),
      joined('C', 99),
    ];
    expect(timesOf(recordingText(events))).toEqual([
      [0, ['participant']],
      [1_000, ['speaker']],
      [1_030, ['participant']],
      [4_000, ['transcript']],
      [4_059, ['participant']],
    ]);
  });

  it('keeps its order, whatever the clocks say', () => {
    const events = [
      floor(2_000, ['A'], 9_000),
      joined('B', 99_000),
      floor(3_000, [], 10),
      said('A', 0, 1_000),
      joined('C', 1),
    ];
    expect(timesOf(recordingText(events))).toEqual([
      [2_000, ['speaker']],
      [3_000, ['participant', 'speaker', 'transcript', 'participant']],
    ]);
  });

  it('leaves out what bots made of it', () => {
    const score: RecordedEvent = [
      'room.dominance.score',
      { at: 1, windowMs: 1, participants: [], gini: 0, dominance: 0 },
      0,
    ];
    const sent: RecordedEvent = ['room.message.sent', { messageId: 'm', participantId: 'bot', text: 'x', at: 9 }, 0];
    expect(timesOf(recordingText([score, joined('A'), sent]))).toEqual([[0, ['participant']]]);
  });

  it('closes with those who leave when it is over, and not with those who leave earlier', () => {
    const over = readFacts(
      recordingText([joined('A'), floor(9_000, ['A']), left('A', 9_900), left('B', 9_990)]),
      undefined,
    );
    expect([over.moments.length, over.closing.length]).toEqual([2, 2]);
    const earlier = readFacts(
      recordingText([joined('A'), floor(9_000, []), left('A', 9_900), left('B', 12_000)]),
      undefined,
    );
    expect([earlier.moments.map(({ time }) => time), earlier.closing]).toEqual([[0, 9_000, 9_900, 12_000], []]);
  });

  it('is that of the last run, or of the attempt that was asked for', () => {
    const text = recordingText([
      joined('A'),
      { run: 'two', attempt: 2 },
      joined('B'),
      floor(5, ['B']),
      { run: 'three', attempt: 3 },
    ]);
    expect(timesOf(text)).toEqual([
      [0, ['participant']],
      [5, ['speaker']],
    ]);
    expect(timesOf(text, 1)).toEqual([[0, ['participant']]]);
    expect(() => readFacts(text, 3)).toThrow(
      'expected a recording of a room in which anything in attempt 3 was observed',
    );
  });

  it('is all of what others brought in, whichever run of the bot it fell into', () => {
    const events = [
      brought(joined('A')),
      wrote('A', 1_000),
      floor(2_000, ['B']),
      { run: 'two', attempt: 2 },
      wrote('A', 3_000),
      floor(4_000, ['B']),
      { run: 'three', attempt: 3 },
      wrote('A', 5_000),
    ];
    expect(timesOf(recordingText(events))).toEqual([
      [0, ['participant']],
      [1_000, ['message']],
      [3_000, ['message']],
      [4_000, ['speaker']],
      [5_000, ['message']],
    ]);
    // Of an attempt only what fell into it, and what came before as such.
    expect(timesOf(recordingText(events), 2)).toEqual([
      [3_000, ['message']],
      [4_000, ['speaker']],
    ]);
    expect(readFacts(recordingText(events), 2).before).toMatchObject([
      { topic: 'room.participant.joined', ago: 3_000 },
      { topic: 'room.message.received', ago: 2_000 },
    ]);
    expect(readFacts(recordingText(events), undefined).before).toEqual([]);
    // A room of people alone, whose bot observed nothing itself.
    expect(timesOf(recordingText([wrote('A', 1), { run: 'two', attempt: 2 }, wrote('A', 2)]))).toEqual([
      [1, ['message']],
      [2, ['message']],
    ]);
  });

  it('is what the rules of the room did to others, not what they did to its bot', () => {
    const moderated = (participantId: string, at: number): RecordedEvent => {
      const payload = { messageId: 'm', participantId, action: 'dropped', rules: ['r'], at };
      return ['room.message.moderated', payload, at, 'gateway'];
    };
    const bot: RecordedEvent = ['room.participant.joined', { participantId: 'ann', isBot: true }, 0, 'gateway'];
    const sent: RecordedEvent = ['room.message.sent', { messageId: 'n', participantId: 'bot', text: 'x', at: 8 }, 8];
    const events = [brought(joined('A')), bot, moderated('A', 7), moderated('bot', 8), moderated('ann', 9), sent];
    expect(timesOf(recordingText(events))).toEqual([
      [0, ['participant', 'participant']],
      [7, ['message']],
    ]);
  });

  it('tells a chat from a call', () => {
    const isChat = (...events: RecordedEvent[]) => readFacts(recordingText(events), undefined).isChat;
    expect(isChat(joined('A'), floor(1, ['A']))).toBe(false);
    expect(isChat(brought(joined('A')))).toBe(true);
    expect(isChat(joined('A'), wrote('A', 1))).toBe(true);
    expect(isChat(brought(floor(1, ['A']), 'http:captions'))).toBe(false);
  });

  it('is a call, whose bot had a name, where that bot has said so', () => {
    const started = (of: object): RecordedEvent => ['assistant.session.started', { policyVersion: '-', ...of }, 0];
    const read = (attempt?: number) => {
      const first = [started({ connector: 'daily', name: 'Hedwig' }), joined('A')];
      const second = [started({ connector: 'transcript', name: 7 }), joined('B')];
      const { isChat, calledAs } = readFacts(recordingText([...first, { run: 'two', attempt: 2 }, ...second]), attempt);
      return [isChat, calledAs];
    };
    expect([read(1), read(2), read()]).toEqual([
      [true, 'Hedwig'],
      [false, undefined],
      [false, undefined],
    ]);
  });

  it.each([
    ['', 'anything was observed'],
    ['{"id":1}\n', 'line 1: expected a recording'],
    [`${recordingText([])}not json\n`, 'line 2: expected one JSON object a line'],
    [recordingText([['room.speaker.changed', { secret: 'hush' }, 0]]), 'line 2: room.speaker.changed: '],
  ])('%j is refused', (text, message) => {
    const read = () => readFacts(text, undefined);
    expect(read).toThrow(FactsError);
    expect(read).toThrow(message);
    expect(read).not.toThrow('hush');
  });
});

const POLICY: ConversationPolicy = {
  turns: { maxPerMinute: 1, maxConsecutive: 2 },
  rates: [{ id: 'chat', topic: 'room.message.sent', limit: 2, per: 90_000 }],
  attention: { cooldown: 40_000 },
};
const OPTIONS = { scoreEvery: 5_000, dominanceThreshold: 0.2, minSpeech: 1_000, messageEvery: 0 };

/** A whole session in that recording: what the bot said, but for what it says of itself. */
async function replay(text: string, speed: number, policy = POLICY, late = 0, warn = false, of = {}) {
  writeFileSync(join(folder, 'talk.jsonl'), text);
  const { bus, clock: wall, newId, envelopes } = testBus();
  const clock: Clock = {
    now: () => wall.now(),
    monotonic: () => wall.monotonic(),
    after: (ms, callback) => wall.after(ms + late, callback),
  };
  const read = readEnvironment({
    ROOMD_ROOM_ID: 'r',
    ROOMD_RUN_ID: 'run',
    BOT_POLICY_PATH: '-',
    ROOMD_CONNECTOR: 'recording',
    ROOMD_OPTIONS: JSON.stringify(OPTIONS),
  });
  if (!read.ok) throw new Error(read.problems.join());
  const session = new Session({
    environment: read.environment,
    bus,
    clock,
    random: () => 0.5,
    loadPolicy: () => ({ policyVersion: sha256(canonicalJson(policy)), layers: [], policy }),
    createRoom: () =>
      new RecordingRoom(
        { folder, recording: 'talk', speed, attempt: undefined, ...of },
        {
          bus,
          clock,
          newId,
          say: () => {},
          onError: (error) => {
            throw error;
          },
        },
      ),
    say: () => {},
  });
  if (warn) {
    bus.subscribe('room.message.sent', () => session.command({ type: 'policy.warn', rule: 'r', causeId: 'c' }));
  }
  let code: number | undefined;
  const over = session.run().then((result) => {
    code = result;
  });
  // The file is read in real time.
  while (!envelopes.some(({ topic }) => topic.startsWith('assistant.session.'))) await setImmediate();
  while (code === undefined) await wall.pass(60_000);
  await over;
  expect(code).toBe(0);
  return envelopes
    .filter(({ topic }) => !/^assistant\.(room|session)|^conversation\.policy\.loaded/.test(topic))
    .map(({ topic, payload }) => ({ topic, payload }));
}

const PEOPLE = ['A', 'B', 'C'];
/** So far apart that each is answered, whatever the policy says about attention. */
const EVERYTHING = [null, '@bot who is here', 'so', '@bot who speaks most', '@bot say rhubarb', 'bot: help'].map(
  (text) => ['A', 30_000, text] as const,
);

/** People come and write, or go again. */
function chat(acts: readonly (readonly [string, number, string | null])[]): RecordedEvent[] {
  let at = 0;
  const there = new Set<string>();
  return acts.map(([name, after, text]) => {
    at += after;
    if (text !== null && there.has(name)) return wrote(name, at, text);
    const is = there.delete(name) ? 'left' : 'joined';
    if (is === 'joined') there.add(name);
    return [`room.participant.${is}`, { participantId: name, isBot: false }, at, 'gateway'];
  });
}

/** Somebody speaks for a while, with a pause before: milliseconds. */
const speech = fc.tuple(fc.constantFrom(...PEOPLE), fc.nat(8_000), fc.integer({ min: 1, max: 40_000 }));

function meeting(speeches: readonly (readonly [string, number, number])[]): RecordedEvent[] {
  const events: RecordedEvent[] = PEOPLE.map((name) => joined(name));
  let at = 0;
  for (const [name, pause, length] of speeches) {
    const start = at + pause;
    at = start + length;
    events.push(floor(start, [name]), floor(at, []), said(name, start, at));
  }
  return [...events, ...PEOPLE.map((name) => left(name, at))];
}

describe('a replay', () => {
  it('gives the same at any speed, however late its timers fire', { timeout: 60_000 }, async () => {
    let messages = 0;
    let violations = 0;
    const speeds = fc.tuple(
      fc.double({ min: 0.3, max: 2_000, noNaN: true }),
      fc.constantFrom(0, 1, 70, 3_000, 100_000),
    );
    await fc.assert(
      fc.asyncProperty(fc.array(speech, { minLength: 2, maxLength: 15 }), speeds, async (speeches, [speed, late]) => {
        const text = recordingText(meeting(speeches));
        const once = await replay(text, 1);
        expect(await replay(text, speed, POLICY, late)).toEqual(once);
        messages += once.filter(({ topic }) => topic === 'room.message.sent').length;
        violations += once.filter(({ topic }) => topic === 'conversation.policy.violation').length;
      }),
      { numRuns: 40 },
    );
    // The comparison is of something.
    expect(messages).toBeGreaterThan(20);
    expect(violations).toBeGreaterThan(5);
  });

  it('gives the same of a chat', { timeout: 60_000 }, async () => {
    const words = fc.constantFrom('so', '@bot who is here', '@bot who speaks most', '@bot say rhubarb', 'bot: help');
    const act = fc.tuple(fc.constantFrom(...PEOPLE), fc.nat(20_000), fc.option(words));
    const policy = { turns: { maxPerMinute: 4, maxConsecutive: 2 }, content: { blockedPhrases: ['rhubarb'] } };
    const attention = fc.constantFrom({}, { cooldown: 25_000 }, { cooldown: 25_000, mentionsBypassCooldown: true });
    const seen = new Set<string>();
    await fc.assert(
      fc.asyncProperty(
        fc.array(act, { minLength: 5, maxLength: 25 }),
        attention,
        fc.double({ min: 0.3, max: 2_000, noNaN: true }),
        fc.constantFrom(0, 70, 100_000),
        async (acts, attention, speed, late) => {
          const text = recordingText(chat([...EVERYTHING, ...acts]));
          const once = await replay(text, 1, { ...policy, attention });
          expect(await replay(text, speed, { ...policy, attention }, late)).toEqual(once);
          for (const { topic, payload } of once) {
            if (topic === 'room.message.sent') seen.add((payload as { text: string }).text.slice(0, 7));
            else seen.add(topic);
          }
        },
      ),
      { numRuns: 40 },
    );
    const said = ['Welcome', 'Only A,', 'In the ', 'I may n', 'I am a '];
    expect([...seen]).toEqual(expect.arrayContaining([...said, 'conversation.policy.violation']));
  });

  it('of a chat knows who was there before its run began, and what its bot had said', async () => {
    const sent: RecordedEvent = ['room.message.sent', { messageId: 'old', participantId: 'bot', text: 'x', at: 1 }, 1];
    const events = [
      brought(joined('A')),
      sent,
      { run: 'two', attempt: 2 },
      wrote('B', 1_000, 'who is here?', { replyTo: 'old' }),
      wrote('B', 2_000, 'who speaks most?', { replyTo: 'replay-1' }),
      wrote('B', 3_000, 'who is here?', { replyTo: 'another' }),
    ];
    const seen = await replay(recordingText(events), 10, {}, 0, false, { attempt: 2 });
    const said = seen.filter(({ topic }) => topic === 'room.message.sent').map(({ payload }) => payload);
    expect(said).toMatchObject([
      { text: 'Only A, and I.', replyTo: 'at-1000', at: 1_000 },
      { text: expect.stringMatching(/nobody has written/), replyTo: 'at-2000', at: 2_000 },
    ]);
  });

  it('of a call greets who came to the bot, not who was there when it came or came back, and hears its name', async () => {
    const present = (participantId: string, ts: number): RecordedEvent => {
      return ['room.participant.joined', { participantId, isBot: false, past: true }, ts];
    };
    const connection = (state: string, at: number): RecordedEvent => ['room.connection.changed', { state, at }, at];
    const said = (messageId: string, text: string, at: number): RecordedEvent => {
      return ['room.message.received', { messageId, participantId: 'A', text, at }, at];
    };
    const events: RecordedEvent[] = [
      ['assistant.session.started', { connector: 'daily', name: "Ada's helper", policyVersion: '-' }, 0],
      present('A', 1),
      joined('B', 60_000),
      connection('interrupted', 120_000),
      connection('connected', 121_000),
      present('C', 121_000),
      said('m', "@Ada's helper, say so", 180_000),
    ];
    const seen = await replay(recordingText(events), 10, {});
    const texts = seen.flatMap(({ topic, payload }) => (topic === 'room.message.sent' ? [payload] : []));
    expect(texts).toMatchObject([{ text: expect.stringMatching(/^Welcome, B!/) }, { text: 'so', replyTo: 'm' }]);
    const facts = seen.filter(({ topic }) => topic === 'room.participant.joined');
    expect(facts.map(({ payload }) => payload)).toEqual([events[1], events[2], events[5]].map((event) => event?.[1]));
  });

  it('is not changed by a warning, which comes when it comes', async () => {
    const speeches = Array.from({ length: 12 }, (_, i) => ['A', 500, 30_000 + i] as const);
    const text = recordingText(meeting(speeches));
    const once = await replay(text, 10);
    expect(once.filter(({ topic }) => topic === 'room.message.sent').length).toBeGreaterThan(2);
    expect(await replay(text, 10, POLICY, 0, true)).toEqual(once);
  });

  it('plays what is in the recording as it is, and ends with it', async () => {
    const events = meeting([
      ['A', 0, 30_000],
      ['B', 1_000, 2_000],
    ]);
    const seen = await replay(recordingText(events), 60);
    const facts = seen.filter(({ topic }) => /participant|speaker|transcript/.test(topic));
    expect(facts).toEqual(events.map(([topic, payload]) => ({ topic, payload })));
    const last = seen.findLastIndex(({ topic }) => topic === 'room.dominance.score');
    expect(seen.slice(last + 1).map(({ topic }) => topic)).toEqual(PEOPLE.map(() => 'room.participant.left'));
    expect(seen[last]?.payload).toMatchObject({ at: 33_000 });
  });

  it('follows the policy that is chosen', async () => {
    const text = recordingText(
      meeting([
        ['A', 0, 60_000],
        ['B', 500, 100],
      ]),
    );
    const silent = await replay(text, 100, { ...POLICY, tools: { deny: ['**'] } });
    const count = (seen: typeof silent, topic: string) => seen.filter((each) => each.topic === topic).length;
    expect(count(silent, 'room.message.sent')).toBe(0);
    expect(count(silent, 'conversation.policy.violation')).toBeGreaterThan(0);
    expect(count(await replay(text, 100), 'room.message.sent')).toBeGreaterThan(0);
  });

  it('tells of a recording that is missing, and of one that is none, for good', async () => {
    const { bus, clock, newId } = testBus();
    const room = (recording: string) =>
      new RecordingRoom(
        { folder, recording, speed: 1, attempt: undefined },
        { bus, clock, newId, onError: () => {}, say: () => {} },
      );
    writeFileSync(join(folder, 'broken.jsonl'), 'x\n');
    const signal = new AbortController().signal;
    await expect(room('none').join(signal)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('ENOENT'),
    });
    await expect(room('broken').join(signal)).rejects.toMatchObject({
      retryable: false,
      message: expect.stringContaining('line 1'),
    });
  });
});
