import { setImmediate } from 'node:timers/promises';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { eventOf, failureOf, peopleOf, personOf } from '../../bot/rooms/daily/page/read.ts';
import { Reporter } from '../../bot/rooms/daily/page/report.ts';
import type { Person } from '../../bot/rooms/daily/protocol.ts';
import { MAX_PAGE_LINE } from '../../spec/page-host.ts';

const reporterTo = (lines: string[]) => new Reporter((line) => lines.push(line));
const bytes = (line: string) => Buffer.byteLength(line);
const parsed = (lines: readonly string[]) => lines.map((line) => JSON.parse(line));
const person = (sessionId: string, userName = ''): Person => ({ sessionId, userId: '', userName, local: false });

const ACTIONS = [
  'active-speaker-change',
  'app-message',
  'transcription-message',
  'network-connection',
  'error',
  'nonfatal-error',
  'left-meeting',
  'participant-joined',
  'cpu-load-change',
];

/** Nothing is taken before the test says so: then all that was said by then is. */
function slow() {
  const lines: string[] = [];
  let pending = Promise.withResolvers<void>();
  const reporter = new Reporter((line) => {
    lines.push(line);
    return pending.promise;
  });
  const taken = async () => {
    pending.resolve();
    pending = Promise.withResolvers();
    await setImmediate();
  };
  return { reporter, lines, taken };
}

describe('what a page says', () => {
  test('whatever the client says, lines are JSON and never too long', () => {
    const long = fc.constantFrom(
      'x'.repeat(MAX_PAGE_LINE),
      'ü'.repeat(140_000),
      '\u0001'.repeat(50_000),
      '\ud800'.repeat(9),
    );
    const value = fc.oneof(fc.anything({ withBigInt: true, withDate: true, withNullPrototype: true }), long);
    const names = [
      'activeSpeaker',
      'fromId',
      'data',
      'participantId',
      'text',
      'timestamp',
      'type',
      'event',
      'errorMsg',
    ];
    const event = fc.record({
      action: fc.constantFrom(...ACTIONS),
      ...Object.fromEntries([...names, 'error'].map((name) => [name, value])),
    });
    fc.assert(
      fc.property(event, (given) => {
        const lines: string[] = [];
        const told = eventOf(given);
        if (told !== undefined) reporterTo(lines).event(told);
        expect(lines).toHaveLength(told === undefined ? 0 : 1);
        for (const line of lines) {
          expect(bytes(line)).toBeLessThanOrEqual(MAX_PAGE_LINE);
          expect(JSON.parse(line).event.action).toMatch(/^(nonfatal-error|active|app|trans|network|error|left)/);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('people who are none are nobody, and long names are cut', () => {
    fc.assert(
      fc.property(fc.anything(), (given) => {
        const found = personOf(given);
        expect(found === undefined || found.sessionId.length > 0).toBe(true);
        expect(() => peopleOf(given)).not.toThrow();
        expect(failureOf(given).message.length).toBeGreaterThan(0);
      }),
    );
    const long = { session_id: 's'.repeat(1_000), user_id: 'u'.repeat(1_000), user_name: '😀'.repeat(1_000), local: 1 };
    expect(personOf(long)).toEqual({
      sessionId: 's'.repeat(128),
      userId: 'u'.repeat(128),
      userName: '😀'.repeat(256),
      local: false,
    });
    expect(personOf({ session_id: 's', user_name: `${'x'.repeat(511)}😀` })?.userName.at(-1)).toBe('\ufffd');
  });

  test('everybody in a large call is told, in lines that are not too long', () => {
    const people = Array.from({ length: 2_000 }, (_, i) => person(`s${i}`, '\u0001'.repeat(512)));
    const lines: string[] = [];
    reporterTo(lines).joined(people);
    expect(Math.max(...lines.map(bytes))).toBeLessThanOrEqual(MAX_PAGE_LINE);
    const [first, ...rest] = parsed(lines);
    expect(first.event.people.length).toBeGreaterThan(50);
    expect([...first.event.people, ...rest.map(({ event }) => event.person)]).toEqual(people);
    expect(new Set(rest.map(({ event }) => event.action))).toEqual(new Set(['participant-joined']));
  });

  test.each([
    ['is too long', { data: 'x'.repeat(MAX_PAGE_LINE) }],
    ['is too long in bytes', { data: 'ü'.repeat(MAX_PAGE_LINE / 2) }],
    ['is no JSON', { data: 1n }],
  ])('of data that %s it is said that it came', (_, data) => {
    const lines: string[] = [];
    reporterTo(lines).event({ action: 'app-message', from: 's', ...data });
    expect(parsed(lines)).toMatchObject([{ event: { action: 'nonfatal-error', type: null } }]);
  });

  test('in a flood that nobody takes, words are dropped and counted, and the rest is told', async () => {
    const { reporter, lines, taken } = slow();
    const word = { action: 'app-message', from: 's', data: 1 } as const;
    for (let i = 0; i < 1_500; i++) reporter.event({ ...word, from: `s${i % 100}` });
    expect(lines).toHaveLength(1_000);
    reporter.event({ action: 'participant-left', person: person('s') });
    reporter.event({ action: 'left-meeting' });
    reporter.done(1);
    expect(parsed(lines.slice(1_000))).toMatchObject([
      { event: { action: 'participant-left' } },
      { event: { action: 'left-meeting' } },
      { done: 1 },
    ]);
    await taken();
    reporter.event(word);
    expect(parsed(lines.slice(1_003))).toEqual([
      {
        event: {
          action: 'nonfatal-error',
          type: null,
          message: '500 messages came faster than they were taken, and were dropped',
        },
      },
      { event: word },
    ]);
  });

  test('who floods does not flood the others away', async () => {
    const { reporter, lines, taken } = slow();
    const words = (from: string, count: number) => {
      for (let i = 0; i < count; i++) reporter.event({ action: 'app-message', from, data: i });
    };
    words('eve', 5_000);
    words('ada', 9);
    words('eve', 10);
    words('ada', 1);
    const said = (from: string) => parsed(lines).filter(({ event }) => event.from === from).length;
    // How many were dropped is told, and not again before that was taken.
    const told = () => parsed(lines).flatMap(({ event }) => (event.message === undefined ? [] : [event.message]));
    expect(told()).toEqual([expect.stringMatching(/^4950 messages/)]);
    expect([said('eve'), said('ada')]).toEqual([50, 10]);
    await taken();
    words('eve', 70);
    expect(said('eve')).toBe(100);
    expect(told().slice(1)).toEqual([expect.stringMatching(/^10 messages/)]);
  });

  const renamed = (reporter: Reporter, sessionId: string, name: string) =>
    reporter.event({ action: 'participant-updated', person: person(sessionId, name) });
  const told = (lines: readonly string[]) =>
    parsed(lines).map(({ event }) => `${event.action} ${event.person.sessionId} ${event.person.userName}`);

  test('of the names of one who changes it faster than it is taken, the newest follows', async () => {
    const { reporter, lines, taken } = slow();
    for (let i = 0; i < 1_000; i++) renamed(reporter, 'eve', `Eve ${i}`);
    renamed(reporter, 'ada', 'Ada L.');
    await taken();
    await taken();
    renamed(reporter, 'eve', 'Eve');
    expect(told(lines)).toEqual([
      'participant-updated eve Eve 0',
      'participant-updated ada Ada L.',
      'participant-updated eve Eve 999',
      'participant-updated eve Eve',
    ]);
  });

  test('who has left is called nothing any more', async () => {
    const { reporter, lines, taken } = slow();
    for (const name of ['Eve', 'Eva', 'Ava']) renamed(reporter, 'eve', name);
    reporter.event({ action: 'participant-left', person: person('eve') });
    await taken();
    await taken();
    expect(told(lines)).toEqual(['participant-updated eve Eve', 'participant-left eve ']);
  });

  test('a listener that throws, or fails, stops nothing', async () => {
    let calls = 0;
    const reporter = new Reporter(() => {
      calls += 1;
      if (calls === 1) throw new Error('gone');
      return Promise.reject(new Error('gone'));
    });
    reporter.done(1);
    reporter.done(2);
    reporter.done(3);
    await Promise.resolve();
    expect(calls).toBe(3);
  });
});
