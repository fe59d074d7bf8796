import { expect, test } from 'vitest';
import { describeInBrowser, launchBrowser, until } from '../browser/browser.ts';
import { type CallPage, openCallPage, openPlainPage, openStandIn } from './call-page.ts';
import { participant } from './stand-in/messages.ts';
import { meetingToken } from './stand-in/stand-in.ts';

const said = (page: CallPage) =>
  page.events.flatMap((event) => (event.action === 'app-message' ? [[event.from, event.data] as const] : []));

/** One page in a room `r`, and Anna, who was there before. */
async function openCall() {
  const standIn = await openStandIn();
  const room = standIn.room('r');
  const anna = room.enter('Anna', { userId: 'anna' });
  const browser = await launchBrowser();
  const page = await openCallPage(browser);
  expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: 1 });
  const bot = await room.member('Bot');
  return { standIn, room, anna, browser, page, bot };
}

describeInBrowser('the page of a call, with the unmodified client and a stand-in for its machine', () => {
  test('two pages, a person, and the browser of a person hear each other, and nobody hears himself', async () => {
    const { standIn, room, anna, browser, page: one, bot } = await openCall();
    const two = await openCallPage(browser);
    expect(await two.join(standIn, 'r', 'Two')).toEqual({ done: 1 });
    const second = await room.member('Two');
    const { people } = await two.event('joined-meeting');
    const who = people.map(({ sessionId, userName, local }) => [userName, sessionId, local]).sort();
    expect(who).toEqual([
      ['Anna', anna.sessionId, false],
      ['Bot', bot.sessionId, false],
      ['Two', second.sessionId, true],
    ]);

    const ofBen = await openPlainPage(browser);
    await ofBen.evaluate(`
      globalThis.heard = [];
      globalThis.call = Daily.createCallObject({ audioSource: false, videoSource: false,
        dailyConfig: { avoidEval: true, bundlePathOverride: ${JSON.stringify(standIn.bundles)} } });
      call.on('app-message', ({ data, fromId }) => heard.push([fromId, data]));
      call.join({ url: ${JSON.stringify(standIn.url('r'))}, userName: 'Ben' }).then(() => undefined)`);
    const ben = await room.member('Ben');

    expect(await one.order({ do: 'send', data: 'from one', to: '*' })).toEqual({ done: 2 });
    await anna.message((data) => data === 'from one');
    expect(await two.order({ do: 'send', data: 'from two', to: '*' })).toEqual({ done: 2 });
    await anna.message((data) => data === 'from two');
    await ofBen.evaluate(`void call.sendAppMessage('from ben')`);
    await anna.message((data) => data === 'from ben');
    anna.chat('grüß dich');
    for (const page of [one, two]) await page.event('app-message', ({ from }) => from === anna.sessionId);
    await until(ofBen, 'heard.length === 3');

    const names = new Map([bot, second, ben, anna].map(({ sessionId, userName }) => [sessionId, userName]));
    const told = (heard: readonly (readonly [string, unknown])[]) =>
      heard.map(([from, data]) => `${names.get(from)}: ${(data as { message?: string }).message ?? data}`);
    expect(told(said(one))).toEqual(['Two: from two', 'Ben: from ben', 'Anna: grüß dich']);
    expect(told(said(two))).toEqual(['Bot: from one', 'Ben: from ben', 'Anna: grüß dich']);
    expect(told(await ofBen.evaluate('heard'))).toEqual(['Bot: from one', 'Two: from two', 'Anna: grüß dich']);
    const ofAnna = anna.messages.map(({ from, data }) => [from, data] as const);
    expect(told(ofAnna)).toEqual(['Bot: from one', 'Two: from two', 'Ben: from ben']);
  });

  test('what is sent to one session reaches nobody else', async () => {
    const { room, anna, page, bot } = await openCall();
    const ben = room.enter('Ben');
    await page.order({ do: 'send', data: 'to ben', to: ben.sessionId });
    await page.order({ do: 'send', data: null, to: '*' });
    await anna.message((data) => data === null);
    expect(anna.messages).toEqual([{ from: bot.sessionId, data: null }]);
    expect(ben.messages.map(({ data }) => data)).toEqual(['to ben', null]);
  });

  test('people come, take other names and go', async () => {
    const { room, anna, page } = await openCall();
    const ben = room.enter('Ben', { userId: 'ben' });
    const known = { sessionId: ben.sessionId, userId: 'ben', local: false };
    expect((await page.event('participant-joined')).person).toEqual({ ...known, userName: 'Ben' });
    ben.rename('Benjamin');
    expect((await page.event('participant-updated')).person).toEqual({ ...known, userName: 'Benjamin' });
    ben.leave();
    expect((await page.event('participant-left')).person).toEqual({ ...known, userName: 'Benjamin' });
    anna.leave();
    await page.event('participant-left', ({ person }) => person.userId === 'anna');
  });

  test('of a flood of updates those are told that change a name', async () => {
    const { anna, page, bot } = await openCall();
    for (let i = 0; i < 2_000; i++) {
      const networkQualityState = i % 2 === 0 ? 'bad' : 'good';
      const changed = { ...participant(anna, false), networkQualityState };
      bot.hear({ action: 'participant-updated', participant: changed });
    }
    anna.rename('Anna B.');
    await page.event('participant-updated', ({ person }) => person.userName === 'Anna B.');
    expect(page.events.filter(({ action }) => action === 'participant-updated')).toHaveLength(1);
  });

  test('the active speaker, and nobody', async () => {
    const { room, anna, page } = await openCall();
    anna.speak();
    await page.event('active-speaker-change', ({ sessionId }) => sessionId === anna.sessionId);
    room.speak(undefined);
    await page.event('active-speaker-change', ({ sessionId }) => sessionId === null);
  });

  test('what was said, with its time', async () => {
    const { anna, page, bot } = await openCall();
    anna.transcribe('guten Morgen', new Date('2026-11-22T08:00:00Z'));
    expect(await page.event('transcription-message')).toEqual({
      action: 'transcription-message',
      sessionId: anna.sessionId,
      text: 'guten Morgen',
      timestamp: '2026-11-22T08:00:00.000Z',
    });
    bot.hear({ action: 'transcription-message', participantId: anna.sessionId, text: 'wann?', timestamp: 'soon' });
    const timeless = await page.event('transcription-message', ({ text }) => text === 'wann?');
    expect(timeless.timestamp).toBeNull();
  });

  test('a network that is cut and comes back: who has come and gone is told, what was said is lost', async () => {
    const { room, anna, page, bot } = await openCall();
    bot.cutNetwork();
    await page.event('network-connection', ({ kind, event }) => kind === 'signaling' && event === 'interrupted');
    anna.send('unheard');
    await page.order({ do: 'send', data: 'into nothing', to: '*' });
    const ben = room.enter('Ben');
    anna.leave();
    // On the same way as what it sends: that has arrived then.
    await page.page.evaluate(`void Daily.getCallInstance().setUserName('Bot again')`);
    await room.member('Bot again');
    bot.restoreNetwork();
    await page.event('network-connection', ({ event }) => event === 'connected');
    await page.event('participant-joined', ({ person }) => person.sessionId === ben.sessionId);
    await page.event('participant-left', ({ person }) => person.sessionId === anna.sessionId);
    ben.send('heard');
    await page.event('app-message');
    expect(said(page)).toEqual([[ben.sessionId, 'heard']]);
    expect([...anna.messages, ...ben.messages]).toEqual([]);
  });

  test('a token says who the bot is', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser());
    const token = meetingToken({ r: 'r', ud: 'roomd-1', u: 'Assistant', exp: 4_102_444_800 });
    await page.join(standIn, 'r', 'another name', token);
    const { people } = await page.event('joined-meeting');
    expect(people).toMatchObject([{ userId: 'roomd-1', userName: 'Assistant', local: true }]);
    expect((await standIn.room('r').member('Assistant')).token).toBe(token);
  });

  test('leaving, and joining again in the same page', async () => {
    const { standIn, room, anna, page, bot } = await openCall();
    expect(await page.order({ do: 'leave' })).toEqual({ done: 2 });
    expect(page.lines.slice(-2)).toEqual(['{"event":{"action":"left-meeting"}}', '{"done":2}']);
    await room.until((members) => !members.includes(bot));
    expect(await page.order({ do: 'leave' })).toEqual({ done: 3 });
    expect(await page.order({ do: 'send', data: 1, to: '*' })).toMatchObject({ failed: 4, type: null });

    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: 5 });
    const again = await room.member('Bot');
    expect(again.sessionId).not.toBe(bot.sessionId);
    anna.send('once');
    await page.event('app-message');
    await page.order({ do: 'send', data: 'here again', to: '*' });
    await anna.message();
    expect(said(page)).toEqual([[anna.sessionId, 'once']]);
    expect(page.events.filter(({ action }) => action === 'joined-meeting')).toHaveLength(2);
  });

  test('a page that is closed is a person who has left', async () => {
    const { room, page, bot } = await openCall();
    await page.page.close();
    await room.until((members) => !members.includes(bot));
  });

  test('the client counts UTF-16 units, and what has more than 4,096 bytes is lost without a word', async () => {
    const { room, anna, page } = await openCall();
    // With the two quotes: 4,096 bytes, 4,098 bytes, and 4,097 units.
    const [most, more, tooMany] = [2_047, 2_048, 4_095].map((count) => 'ü'.repeat(count));
    expect(await page.order({ do: 'send', data: most, to: '*' })).toEqual({ done: 2 });
    expect(await page.order({ do: 'send', data: more, to: '*' })).toEqual({ done: 3 });
    expect(await page.order({ do: 'send', data: tooMany, to: '*' })).toEqual({
      failed: 4,
      type: null,
      message: 'Message data too large. Max size is 4096',
    });
    await page.order({ do: 'send', data: 'end', to: '*' });
    await anna.message((data) => data === 'end');
    expect(anna.messages.map(({ data }) => data)).toEqual([most, 'end']);
    expect(room.oversize).toEqual([4_098]);
  });

  test('orders that are none are answered, or said to be none', async () => {
    const page = await openCallPage(await launchBrowser());
    const none = /^expected the order join with a url/;
    for (const [order, message] of [
      [{ do: 'dance', id: 7 }, none],
      [{ do: 'join', id: 8 }, none],
      [{ do: 'join', id: 9, url: 'https://stand-in.daily.co/r', token: 1 }, none],
      [{ do: 'send', id: 10, to: '*' }, none],
      [{ do: 'send', id: 11, data: 1, to: '*' }, /^there is no call to send to/],
      [{ do: 'join', id: 12, url: '' }, /No room URL/],
    ] as const) {
      const { id } = order;
      const answer = await page.take(JSON.stringify(order), id);
      expect(answer).toEqual({ failed: id, type: null, message: expect.stringMatching(message) });
    }
    for (const line of ['', '{', 'null', '[]', '{"do":"leave"}', '{"do":"leave","id":"1"}']) await page.give(line);
    const answer = await page.take('{"do":"leave","id":13}', 13);
    expect(answer).toEqual({ done: 13 });
    expect(page.events.map(({ action }) => action)).toEqual(Array(6).fill('nonfatal-error'));
  });

  test('one call at a time', async () => {
    const { standIn, page } = await openCall();
    const answer = await page.join(standIn, 'other', 'Bot');
    expect(answer).toEqual({ failed: 2, type: null, message: 'there is a call already: leave it first' });
    standIn.admit = () => ({ silent: true });
    await page.order({ do: 'leave' });
    const join = (id: number) => JSON.stringify({ do: 'join', id, url: standIn.url('r'), bundles: standIn.bundles });
    const answers = [50, 51, 52].map((id) => page.answer(id));
    await page.give(join(50), join(51));
    expect(await answers[1]).toEqual({ failed: 51, type: null, message: 'another order to join came first' });
    await page.give(join(52));
    expect(await answers[2]).toEqual({ failed: 52, type: null, message: 'there is a call already: leave it first' });
    expect(await page.order({ do: 'leave' })).toEqual({ done: 4 });
    expect(await answers[0]).toEqual({ failed: 50, type: null, message: 'left before the call was joined' });
  });
});
