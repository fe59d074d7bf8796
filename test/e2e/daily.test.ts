import { expect, it } from 'vitest';
import { describeInBrowser, launchBrowser } from '../browser/browser.ts';
import { openClient } from '../daily/client-page.ts';
import { joined, startDailyDaemon } from './daily-rig.ts';

const chatted = (data: unknown): string =>
  typeof data === 'object' && data !== null && 'message' in data ? String(data.message) : '';

/** The text of a `room.message.sent` that a bot tells. */
function saidAsTold(data: unknown): string | undefined {
  const { roomd } = data as { roomd?: { topic?: string; payload?: { text?: string } } };
  return roomd?.topic === 'room.message.sent' ? roomd.payload?.text : undefined;
}

// Daily's client is the real one, in a real browser; its call machine and servers are stand-ins.
describeInBrowser('a call', () => {
  it('has two bots and a person who hear each other', { timeout: 60_000 }, async () => {
    const { roomd, standIn, rest } = await startDailyDaemon();
    const ada = standIn.room('standup').enter('Ada');
    const options = { room: 'standup' };
    await joined(roomd, 'one', { options });
    await joined(roomd, 'two', { options });
    expect((await roomd.room('one')).call).toBe(`https://${rest.domain}.daily.co/standup`);
    const [one, two] = standIn.room('standup').members.filter(({ userId }) => userId.startsWith('roomd-'));
    for (const [roomId, other, past] of [
      ['one', two, {}],
      ['two', one, { past: true }],
    ] as const) {
      const seen = { participantId: other?.sessionId, name: 'roomd', isBot: true, ...past };
      const bot = await roomd.until(roomId, 'room.participant.joined', ({ payload }) => payload.isBot);
      expect(bot.payload).toEqual(seen);
      const person = await roomd.until(roomId, 'room.participant.joined', ({ payload }) => !payload.isBot);
      expect(person.payload).toEqual({ participantId: ada.sessionId, name: 'Ada', isBot: false, past: true });
    }

    ada.chat('good morning');
    for (const roomId of ['one', 'two']) {
      const { payload } = await roomd.until(roomId, 'room.message.received');
      expect(payload).toMatchObject({ participantId: ada.sessionId, text: 'good morning' });
    }
    await roomd.post('/v1/rooms/one/commands', { type: 'app_message', text: 'Grüße 👋' });
    const fromOne = await roomd.until('two', 'room.message.received', ({ payload }) => payload.text === 'Grüße 👋');
    expect(fromOne.payload.participantId).toBe(one?.sessionId);
    await ada.message((data) => chatted(data) === 'Grüße 👋');

    ada.speak();
    ada.transcribe('I begin');
    for (const roomId of ['one', 'two']) {
      const { payload } = await roomd.until(roomId, 'room.speaker.changed');
      expect(JSON.stringify(payload)).toContain(ada.sessionId);
      const said = await roomd.until(roomId, 'room.transcript.received');
      expect(said.payload).toMatchObject({ participantId: ada.sessionId, text: 'I begin' });
    }
    // Bots that answer each other never end.
    expect(ada.messages.filter(({ data }) => chatted(data) !== '')).toHaveLength(1);
    ada.leave();
    for (const roomId of ['one', 'two']) await roomd.until(roomId, 'room.participant.left');
    expect(rest.tokens).toHaveLength(2);
  });

  it('has a bot that answers, and a browser that asks it and hears what it tells', { timeout: 60_000 }, async () => {
    const tell = { topics: ['room.message.sent', 'conversation.**'], perSecond: 50 };
    const { roomd, standIn } = await startDailyDaemon({ tell });
    await joined(roomd, 'standup');
    const client = await openClient(await launchBrowser(), { bundles: standIn.bundles });
    await client.join({ url: standIn.url('standup'), userName: 'Ada' });
    const chat = (message: string) => ({ event: 'chat-msg', name: 'Ada', message, date: '', room: 'main-room' });
    await client.send(chat('@bot who is here'));
    await client.until('app-message', ({ data }) => chatted(data) === 'Only Ada, and I.');
    await client.until('app-message', ({ data }) => saidAsTold(data) === 'Only Ada, and I.');

    await client.send({ roomd: { command: 'summary.show', args: { minutes: 5 } } });
    const asked = await roomd.until('standup', 'room.command.received');
    expect(asked.payload).toMatchObject({ command: 'summary.show', args: '{"minutes":5}' });
    await client.send({ slide: 7 });
    expect((await roomd.until('standup', 'room.app_message.received')).payload.data).toBe('{"slide":7}');
    await client.leave();
    await roomd.until('standup', 'room.participant.left');
  });

  it('ends for a bot that is ejected, and for one whose room expires', { timeout: 60_000 }, async () => {
    const { roomd, standIn } = await startDailyDaemon();
    await joined(roomd, 'a');
    await joined(roomd, 'b');
    (await standIn.room('a').member('roomd')).eject();
    standIn.room('b').expire();
    for (const [roomId, reason] of [
      ['a', 'ejected'],
      ['b', 'bot_done'],
    ]) {
      expect(await roomd.over(roomId ?? '')).toMatchObject({ state: 'stopped', attempt: 1, stop: { reason } });
    }
    const reasons = await Promise.all(
      ['a', 'b'].map(async (roomId) => (await roomd.until(roomId, 'assistant.session.ended')).payload.reason),
    );
    expect(reasons).toEqual(['ejected', 'exp-room']);
  });
});
