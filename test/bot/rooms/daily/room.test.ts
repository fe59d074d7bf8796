import { describe, expect, test } from 'vitest';
import type { CallEvent } from '../../../../bot/rooms/daily/protocol.ts';
import { ConnectorError } from '../../../../bot/rooms/port.ts';
import { accessTo, dailyRoom, until } from './daily-room.ts';
import { type Pages, person } from './stand-in-page.ts';

const joined = (participantId: string, isBot = false) => ({ participantId, name: participantId.toUpperCase(), isBot });

describe('joining', () => {
  test('the call is joined with what the supervisor told, and who is there is told, but for the bot', async () => {
    const { room, pages, enters, payloads, topics, clock } = await dailyRoom();
    pages.people = [person('ada'), person('bo', { userId: 'roomd-7' }), person('cy', { userName: '  ' })];
    expect(await enters({ bundles: 'http://127.0.0.1:1' })).toBe('joined');
    const call = { url: 'https://team.daily.example/blue', token: 'token-of-this-run', userName: 'Helper' };
    expect(pages.last.orders).toEqual([{ do: 'join', id: 1, ...call, bundles: 'http://127.0.0.1:1' }]);
    expect(payloads('room.participant.joined')).toEqual([
      { ...joined('ada'), past: true },
      { ...joined('bo', true), past: true },
      { participantId: 'cy', isBot: false, past: true },
    ]);
    expect([topics().length, room.isChat, room.calledAs]).toEqual([3, true, 'Helper']);
    await room.leave();
    await until(clock, () => pages.last.closed);
  });

  test('what happens in the moment of the join comes after it, and after who is there', async () => {
    const { room, pages, enters, topics, seen } = await dailyRoom();
    pages.people = [person('ada')];
    pages.answer = (page, { id }) => {
      const people = [...pages.people];
      page.say(
        { event: { action: 'participant-joined', person: person('early') } },
        { event: { action: 'joined-meeting', people } },
        { event: { action: 'participant-joined', person: person('bo') } },
        { event: { action: 'app-message', from: 'ada', data: 1 } },
        { done: id },
      );
    };
    const before: string[] = [];
    const entering = enters().then(() => before.push('joined'));
    await entering;
    await seen(3);
    expect(topics()).toEqual(['room.participant.joined', 'room.participant.joined', 'room.app_message.received']);
    await room.leave();
  });

  test('nothing of the call is told before whoever waits for the join knows of it', async () => {
    const { room, pages, given, envelopes, clock } = await dailyRoom();
    pages.people = [person('ada')];
    room.access(accessTo(pages));
    let before: number | undefined;
    void room.join(given.signal).then(() => {
      before = envelopes.length;
    });
    await until(clock, () => envelopes.length > 0);
    expect(before).toBe(0);
  });

  test('it waits until it is told how to get in', async () => {
    const { room, pages, joins, clock } = await dailyRoom();
    const joining = joins();
    await clock.pass(20_000);
    expect(pages.all).toEqual([]);
    room.access(accessTo(pages));
    expect(await joining).toBe('joined');
    expect(room.clock.now()).toBe(0);
  });

  test.each([true, false])(
    'a refusal (retryable: %s) is the end of the attempt; another word counts',
    async (retryable) => {
      const { room, joins, enters, pages } = await dailyRoom();
      room.access({ type: 'room.refused', reason: 'the API key is wrong', retryable });
      const error = await joins();
      expect(error).toBeInstanceOf(ConnectorError);
      expect(error).toMatchObject({ message: 'the API key is wrong', retryable });
      expect(pages.all).toEqual([]);
      expect(await enters()).toBe('joined');
    },
  );

  test('it waits for a socket that is not there yet, but not for ever', async () => {
    const { room, pages, joins, clock } = await dailyRoom();
    room.access(accessTo(pages, { page: `${pages.path}.later` }));
    const joining = joins();
    let outcome: unknown;
    void joining.then((value) => {
      outcome = value;
    });
    await until(clock, () => clock.waiting > 0);
    expect(outcome).toBeUndefined();
    for (let i = 0; outcome === undefined; i++) {
      expect(i).toBeLessThan(1_000);
      await clock.pass(250);
    }
    expect(outcome).toMatchObject({ message: expect.stringContaining('ENOENT'), retryable: true });
    expect(clock.monotonic()).toBeGreaterThanOrEqual(10_000);
  });

  test('a path that is too long for a socket is shortened by the working folder, or refused', async () => {
    const { room, pages, joins } = await dailyRoom();
    room.access(accessTo(pages, { page: `/${'x'.repeat(200)}/page.sock` }));
    expect(await joins()).toMatchObject({ message: expect.stringContaining('at most 100 bytes'), retryable: false });
    const roundabout = `${process.cwd()}/${'x/../'.repeat(30)}../../../../../../../../../..${pages.path}`;
    room.access(accessTo(pages, { page: roundabout }));
    expect(await joins()).toBe('joined');
  });

  test.each([
    ['refused', { host: 'refused', reason: 'no Chromium' }, 'browser page refused: no Chromium'],
    ['crashed', { host: 'crashed', reason: '' }, 'browser page crashed: no reason given'],
  ])('a page that is %s is a failed attempt, and the next one has another page', async (_, line, message) => {
    const { pages, enters, joins, clock } = await dailyRoom();
    const { greet } = pages;
    pages.greet = (page) => page.say(line);
    expect(await enters()).toMatchObject({ message, retryable: true });
    await until(clock, () => pages.last.closed);
    pages.greet = greet;
    expect(await joins()).toBe('joined');
    expect(pages.all).toHaveLength(2);
  });

  test('a page that goes while it joins is a failed attempt', async () => {
    const { pages, enters } = await dailyRoom();
    pages.answer = (page) => page.close();
    expect(await enters()).toMatchObject({ message: 'the browser page is gone', retryable: true });
  });

  test.each([
    ['ejected', false],
    ['exp-room', false],
    ['no-room', false],
    ['meeting-full', false],
    ['not-allowed', false],
    ['end-of-life', false],
    ['exp-token', true],
    ['nbf-room', true],
    ['nbf-token', true],
    ['connection-error', true],
    ['something-new', true],
    [null, true],
  ])('an error of the type %s: another attempt can help: %s', async (type, retryable) => {
    for (const kind of ['order', 'event']) {
      const { pages, enters, clock } = await dailyRoom();
      pages.answer = (page, { id }) => {
        const problem = { type, message: `no ${'secret-token-of-somebody-that-is-quite-long'}` };
        page.say(kind === 'order' ? { failed: id, ...problem } : { event: { action: 'error', ...problem } });
      };
      const error = (await enters()) as ConnectorError;
      expect(error).toMatchObject({ name: 'ConnectorError', retryable });
      expect(error.message).toMatch(type === null ? /^no …$/ : new RegExp(`^${type}: .`));
      expect(error.message).not.toContain('secret');
      await until(clock, () => pages.last.closed);
      expect(clock.waiting).toBe(0);
    }
  });
});

describe('a room that is full', () => {
  const full = (pages: Pages) => {
    pages.answer = (page, { id }) => page.say({ failed: id, type: 'meeting-full', message: 'token-of-this-run' });
  };

  test('may have the bot in it still, when it joins again', async () => {
    const { room, pages, enters, joins } = await dailyRoom();
    await enters();
    pages.last.close();
    await room.ended.catch(() => {});
    full(pages);
    const message = expect.stringMatching(/^meeting-full: /);
    for (let i = 0; i < 2; i++) expect(await joins()).toMatchObject({ message, retryable: true });
  });

  test('may have the run before it in it', async () => {
    const { pages, enters } = await dailyRoom({ isRestart: true });
    full(pages);
    expect(await enters()).toMatchObject({ message: expect.stringMatching(/^meeting-full: /), retryable: true });
  });

  test('is no room that is not there', async () => {
    const { pages, enters } = await dailyRoom({ isRestart: true });
    pages.answer = (page, { id }) => page.say({ failed: id, type: 'no-room', message: '' });
    expect(await enters()).toMatchObject({ retryable: false });
  });
});

describe('leaving', () => {
  test('the call is left, then the page; once, and nothing is left', async () => {
    const { room, pages, enters, clock, topics } = await dailyRoom();
    await enters();
    await Promise.all([room.leave(), room.leave()]);
    await room.leave();
    expect(pages.last.orders.map((order) => order.do)).toEqual(['join', 'leave']);
    await until(clock, () => pages.last.closed);
    expect([clock.waiting, topics()]).toEqual([0, []]);
    await expect(room.send('hello')).rejects.toMatchObject({ message: 'not in the call' });
    await expect(room.join(new AbortController().signal)).rejects.toMatchObject({ message: 'leaving' });
  });

  test.each(['access', 'the page', 'the call'])('is legal while it waits for %s', async (what) => {
    const { room, pages, joins, clock } = await dailyRoom();
    if (what === 'the page') pages.greet = () => {};
    pages.answer = () => {};
    if (what !== 'access') room.access(accessTo(pages));
    const joining = joins();
    if (what !== 'access') await until(clock, () => pages.all.length === 1);
    if (what === 'the call') await until(clock, () => pages.last.orders.length === 1);
    await room.leave();
    expect(await joining).toMatchObject({ message: 'leaving', retryable: false });
    if (what !== 'access') await until(clock, () => pages.last.closed);
    expect(clock.waiting).toBe(0);
  });

  test('an attempt that is given up takes its page with it', async () => {
    const { room, pages, joins, given, clock } = await dailyRoom();
    pages.answer = () => {};
    room.access(accessTo(pages));
    const joining = joins();
    await until(clock, () => pages.all[0]?.orders.length === 1);
    given.abort();
    expect(await joining).toMatchObject({ message: 'leaving' });
    await until(clock, () => pages.last.closed);
    await room.leave();
  });

  test('a page that does not answer is left behind, and told of', async () => {
    const { room, pages, enters, clock, said } = await dailyRoom();
    await enters();
    pages.answer = () => {};
    let left = false;
    for (let i = 0; i < 2; i++) {
      void room.leave().then(() => {
        left = true;
      });
    }
    await clock.pass(9_999);
    expect(left).toBe(false);
    await clock.pass(1);
    await until(clock, () => left && pages.last.closed);
    expect(said).toEqual([expect.stringMatching(/^leaving the call: expected the browser page to answer/)]);
  });
});

describe('the end of a call', () => {
  const error = (type: string | null): CallEvent => ({ action: 'error', type, message: 'x' });
  const LEFT: CallEvent = { action: 'left-meeting' };

  test.each<[string, CallEvent[], string]>([
    ['the bot is ejected', [error('ejected'), LEFT], 'ejected'],
    ['the reason comes last', [LEFT, error('ejected')], 'ejected'],
    ['the room expires', [error('exp-room')], 'exp-room'],
    ['the meeting is over', [LEFT, LEFT], 'meeting_over'],
  ])('when %s the room is over', async (_, events, reason) => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    let ended: string | undefined;
    void room.ended.then((why) => {
      ended = why;
    });
    pages.last.happens(...events);
    await until(clock, () => clock.waiting > 0 || ended !== undefined);
    if (reason === 'meeting_over') await clock.pass(500);
    await until(clock, () => ended !== undefined && pages.last.closed);
    expect([ended, clock.waiting]).toEqual([reason, 0]);
    await expect(room.send('hello')).rejects.toMatchObject({ message: 'not in the call' });
    await room.leave();
    expect(pages.last.orders).toHaveLength(1);
  });

  test.each<
    [string, (page: { happens(event: CallEvent): void; say(line: object): void; close(): void }) => void, RegExp]
  >([
    ['the network fails', (page) => page.happens(error('connection-error')), /^connection-error: /],
    ['the token expires', (page) => page.happens(error('exp-token')), /^exp-token: /],
    ['something unknown happens', (page) => page.happens(error(null)), /^x$/],
    [
      'the token is spoken of',
      (page) => page.happens({ action: 'error', type: null, message: 'not for token-of-this-run' }),
      /^not for \[token\]$/,
    ],
    ['the page crashes', (page) => page.say({ host: 'crashed', reason: 'out of memory' }), /out of memory$/],
    ['who has the browser is gone', (page) => page.close(), /^the browser page is gone$/],
    ['the page says no end', (page) => page.say({ long: 'x'.repeat(600_000) }), /^expected lines of at most 262144/],
  ])('when %s the room is lost, and can be joined again', async (_, lose, message) => {
    const { room, pages, enters, joins, clock, payloads } = await dailyRoom();
    await enters();
    pages.last.happens({ action: 'active-speaker-change', sessionId: 'ada' });
    await until(clock, () => payloads('room.speaker.changed').length === 1);
    let lost: unknown;
    room.ended.catch((reason: unknown) => {
      lost = reason;
    });
    lose(pages.last);
    await until(clock, () => lost !== undefined && pages.all[0]?.closed === true);
    expect(lost).toMatchObject({ name: 'ConnectorError', message: expect.stringMatching(message), retryable: true });
    expect(payloads('room.speaker.changed').at(-1)).toMatchObject({ participantId: null });
    await expect(room.send('hello')).rejects.toMatchObject({ message: 'not in the call' });
    expect(await joins()).toBe('joined');
    await room.send('hello again');
    expect(pages.last.sent).toHaveLength(1);
    pages.last.happens(error('ejected'));
    await expect(room.ended).resolves.toBe('ejected');
  });

  test('that has come already does not keep the bot from leaving', async () => {
    const { room, pages, enters, clock } = await dailyRoom();
    await enters();
    pages.last.happens(LEFT);
    await until(clock, () => clock.waiting > 0);
    await room.leave();
    expect(clock.waiting).toBe(0);
  });

  test('a loss that nobody waits for is no crash', async () => {
    const { pages, enters, clock, room } = await dailyRoom();
    await enters();
    pages.last.close();
    await until(clock, () => pages.last.closed);
    await clock.pass(0);
    await room.leave();
  });

  test('who has gone, come or been renamed meanwhile is told after it is joined again, and nobody else', async () => {
    const { pages, enters, joins, clock, envelopes, topics, payloads, room } = await dailyRoom();
    pages.people = [person('ada'), person('bo'), person('cy')];
    await enters();
    await clock.pass(5_000);
    pages.last.close();
    await room.ended.catch(() => {});
    envelopes.length = 0;
    pages.people = [person('bo'), person('cy', { userName: 'Cyrus' }), person('di')];
    await joins();
    expect(topics()).toEqual(['room.participant.left', 'room.participant.updated', 'room.participant.joined']);
    expect(payloads('room.participant.left')).toEqual([joined('ada')]);
    expect(payloads('room.participant.updated')).toEqual([{ ...joined('cy'), name: 'Cyrus' }]);
    expect(payloads('room.participant.joined')).toEqual([{ ...joined('di'), past: true }]);
    expect(room.clock.now()).toBe(5_000);
  });
});
