import { expect, test } from 'vitest';
import { describeInBrowser, launchBrowser } from '../browser/browser.ts';
import { type CallPage, openCallPage, openStandIn } from './call-page.ts';
import { FATAL, meetingToken } from './stand-in/stand-in.ts';

const endings = (page: CallPage) => page.events.filter(({ action }) => action === 'error' || action === 'left-meeting');
/** The client waits 3 s between its rounds; a test doesn't. */
const NO_PAUSES = 'const real = setTimeout; setTimeout = (f, ms) => real(f, ms === 3000 ? 0 : ms);';
/** Nor 20 s for each script that doesn't come. */
const NO_PATIENCE = 'const real = setTimeout; setTimeout = (f, ms) => real(f, ms >= 3000 ? 0 : ms);';

describeInBrowser('what goes wrong in the page of a call', () => {
  test('every fatal error at join fails the order, by its type, and the next order joins', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser());
    for (const [i, type] of FATAL.entries()) {
      standIn.admit = () => ({ refused: type, message: `no: ${type}` });
      const failed = i + 1;
      expect(await page.join(standIn, 'r', 'Bot')).toEqual({ failed, type, message: `no: ${type}` });
    }
    // It is the order's answer, and no event.
    expect(page.events).toEqual([]);
    standIn.admit = () => ({ userName: 'Bot' });
    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: FATAL.length + 1 });
  });

  test('every fatal error in the call ends it, by its type, and the next order joins', async () => {
    const standIn = await openStandIn();
    const room = standIn.room('r');
    const page = await openCallPage(await launchBrowser());
    for (const [i, type] of FATAL.entries()) {
      expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: i + 1 });
      const bot = await room.member('Bot');
      bot.fail(type, `out: ${type}`);
      await page.event('error', (event) => event.type === type);
      expect(room.members).toEqual([]);
    }
    await page.order({ do: 'leave' });
    const errors = page.events.filter(({ action }) => action === 'error');
    expect(errors).toEqual(FATAL.map((type) => ({ action: 'error', type, message: `out: ${type}` })));
  });

  test('ejection and the end of a room: the error comes first, and that the call was left', async () => {
    const standIn = await openStandIn();
    const room = standIn.room('r');
    const anna = room.enter('Anna');
    const page = await openCallPage(await launchBrowser());
    await page.join(standIn, 'r', 'Bot');
    const bot = await room.member('Bot');
    bot.eject();
    await page.event('left-meeting');
    expect(endings(page)).toMatchObject([{ action: 'error', type: 'ejected' }, { action: 'left-meeting' }]);
    expect(anna.heard.at(-2)).toMatchObject({ action: 'participant-left', participant: { session_id: bot.sessionId } });
    expect(await page.order({ do: 'send', data: 1, to: '*' })).toMatchObject({ failed: 2, type: null });

    page.events.length = 0;
    await page.join(standIn, 'r', 'Bot');
    room.expire();
    await page.event('left-meeting');
    expect(endings(page)).toMatchObject([{ action: 'error', type: 'exp-room' }, { action: 'left-meeting' }]);
  });

  test('an error that ends nothing is told as such', async () => {
    const standIn = await openStandIn();
    const room = standIn.room('r');
    const page = await openCallPage(await launchBrowser());
    await page.join(standIn, 'r', 'Bot');
    (await room.member('Bot')).nonfatal('remote-media-player-error', 'it stutters');
    const type = 'remote-media-player-error';
    expect(await page.event('nonfatal-error')).toEqual({ action: 'nonfatal-error', type, message: 'it stutters' });
    room.enter('Anna').send('still here');
    await page.event('app-message');
  });

  test('a refusal in the answer to the order has no type', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser());
    standIn.admit = () => ({ rejected: 'not today' });
    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ failed: 1, type: null, message: 'not today' });
    standIn.admit = () => ({ userName: 'Bot' });
    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: 2 });
  });

  test('tokens of another room, of another time, and none at all', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser());
    for (const [token, type] of [
      [meetingToken({ r: 'other' }), 'not-allowed'],
      [meetingToken({ r: 'r', exp: 1 }), 'exp-token'],
      [meetingToken({ r: 'r', nbf: 4_102_444_800 }), 'nbf-token'],
      ['nonsense', 'not-allowed'],
    ] as const) {
      expect(await page.join(standIn, 'r', 'Bot', token)).toMatchObject({ type });
    }
  });

  test('a token is in no message', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser());
    standIn.admit = ({ token }) => ({ refused: 'not-allowed', message: `${token} isn't valid, I mean ${token}` });
    const answer = await page.join(standIn, 'r', 'Bot', 'secret');
    expect(answer).toMatchObject({ message: "[token] isn't valid, I mean [token]" });
  });

  test.each([404, 500] as const)('a machine that is answered by %d is asked for three times', async (status) => {
    const standIn = await openStandIn();
    standIn.bundle = status;
    const page = await openCallPage(await launchBrowser(), NO_PAUSES);
    const answer = await page.join(standIn, 'r', 'Bot');
    expect(answer).toMatchObject({ failed: 1, type: 'connection-error' });
    expect(answer).toHaveProperty('message', expect.stringMatching(/^Failed to load call object bundle http/));
    expect(standIn.bundleRequests).toBe(3);
    expect(page.events).toEqual([]);
    standIn.bundle = 'served';
    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: 2 });
  });

  test('a machine that never comes is given up in the end', async () => {
    const standIn = await openStandIn();
    standIn.bundle = 'hang';
    const page = await openCallPage(await launchBrowser(), NO_PATIENCE);
    const answer = await page.join(standIn, 'r', 'Bot');
    expect(answer).toMatchObject({ failed: 1, type: 'connection-error' });
    expect(answer).toHaveProperty('message', expect.stringMatching(/^Timed out \(>20000 ms\)/));
  });

  test('leaving while the machine is on its way', async () => {
    const standIn = await openStandIn();
    standIn.bundle = 'hang';
    const page = await openCallPage(await launchBrowser(), NO_PAUSES);
    const joining = page.join(standIn, 'r', 'Bot');
    await standIn.bundleAsked(1);
    expect(await page.order({ do: 'leave' })).toEqual({ done: 2 });
    expect(await joining).toMatchObject({ failed: 1, type: null });
    standIn.bundle = 'served';
    expect(await page.join(standIn, 'r', 'Bot')).toEqual({ done: 3 });
  });

  test('a service that goes away is an error of the connection', async () => {
    const standIn = await openStandIn();
    const page = await openCallPage(await launchBrowser(), NO_PAUSES);
    await page.join(standIn, 'r', 'Bot');
    await standIn.close();
    await page.event('left-meeting');
    expect(endings(page)).toMatchObject([{ action: 'error', type: 'connection-error' }, { action: 'left-meeting' }]);
    expect(await page.join(standIn, 'r', 'Bot')).toMatchObject({ failed: 2, type: 'connection-error' });
    expect(page.elsewhere.length).toBeGreaterThan(0);
  });
});
