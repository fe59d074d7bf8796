import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { ConfigInput } from '../../supervisor/config-schema.ts';
import { runDaemon, temporaryFolder, testBot } from '../helpers/daemon.ts';
import { guest } from '../helpers/guest.ts';

const CONFIG = {
  bots: { lobby: { command: testBot('lobby') } },
  rooms: { restart: { attempts: 5, window: '10m', backoff: { base: '1ms', max: '2ms' } } },
  connectors: {
    local: {
      moderation: {
        block: [{ name: 'words', phrases: ['plumduff'] }],
        redact: [{ name: 'mail', pattern: '\\S+@example\\.org' }],
      },
    },
  },
} satisfies ConfigInput;

async function lobby(change: Record<string, unknown> = {}) {
  const roomd = await runDaemon(CONFIG);
  const journal = join(await temporaryFolder(), 'journal');
  await roomd.spawn('lobby', { bot: 'lobby', connector: 'local', options: { journal }, ...change });
  const order = (...acts: (readonly [string, object?])[]) =>
    roomd.post('/v1/rooms/lobby/commands', { type: 'app_message', text: JSON.stringify(acts) });
  const told = async () =>
    (await readFile(journal, 'utf8'))
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as { topic: string; payload: { text?: string }; past?: boolean });
  return { ...roomd, order, told };
}

describe('two people and a bot', () => {
  it('talk, and all see the same, in the same order', async () => {
    const { url, history, json, told } = await lobby();
    const ada = await guest(url, 'lobby', 'Ada');
    const bo = await guest(url, 'lobby', 'Bo');
    await bo.until('room.participant.joined', ({ isBot }) => isBot);
    expect(bo.entered.participants?.map(({ name }) => name).toSorted()).toEqual(expect.arrayContaining(['Ada', 'Bo']));
    const { messageId = '' } = await ada.act('say', { text: 'hello @bot and @bo' });
    const answer = await bo.until('room.message.sent');
    expect(answer.payload).toMatchObject({ text: 'you said: hello @bot and @bo', replyTo: messageId });
    const reply = await bo.act('say', { text: 'yes', replyTo: answer.payload.messageId });
    const steps = [
      await ada.tried('edit', { messageId, text: 'hello all' }),
      await bo.tried('edit', { messageId, text: 'mine' }),
      await bo.tried('delete', { messageId }),
      await bo.tried('react', { messageId, emoji: '👍' }),
      await bo.tried('unreact', { messageId, emoji: '👍' }),
      await bo.tried('react', { messageId, emoji: 'thumb' }),
      await bo.tried('typing'),
      await bo.tried('presence', { presence: 'away' }),
      await bo.tried('rename', { name: 'Robert' }),
      await bo.tried('delete', { messageId: reply.messageId }),
      await bo.tried('say', { text: 'x', replyTo: 'nothing' }),
      await bo.tried('say', { text: ' ' }),
      await bo.tried('say', { words: 'x' }),
    ];
    expect(steps).toEqual([
      ...['ok', 'not-yours', 'not-yours', 'ok', 'ok', 'invalid-act', 'ok', 'ok', 'ok', 'ok'],
      ...['unknown-message', 'invalid-act', 'malformed'],
    ]);
    expect(await json('/v1/rooms/lobby/participants')).toEqual({
      participants: expect.arrayContaining([
        { participantId: bo.id, name: 'Robert', isBot: false, presence: 'away' },
        { participantId: 'bot', name: 'bot', isBot: true, presence: 'here' },
      ]),
    });
    expect(await bo.tried('leave')).toBe('ok');
    await ada.until('room.participant.left');
    // When this is answered the bot has read all that was before.
    await ada.act('say', { text: '@bot that is all' });
    for (const { until } of [ada, bo]) await until('room.message.sent', ({ text }) => text.endsWith('that is all'));
    const chat = (await history('lobby'))
      .map(({ envelope }) => envelope)
      .filter(({ topic }) => /^room\.(message|participant|reaction|typing|presence)/.test(topic));
    for (const { seen } of [ada, bo]) {
      expect(seen.filter(({ topic }) => chat.some((event) => event.topic === topic))).toEqual(chat);
    }
    // The bot was told of all that others did, and of nothing else.
    const others = chat.filter(({ meta, payload }) => meta?.by === 'gateway' && !('isBot' in payload && payload.isBot));
    expect((await told()).map(({ topic }) => topic)).toEqual(others.map(({ topic }) => topic));
  });

  it('one of them in two tabs, which are one person', async () => {
    const { url, until, json } = await lobby();
    const one = await guest(url, 'lobby', 'Ada');
    await one.until('room.participant.joined', ({ isBot }) => isBot);
    const two = await guest(url, 'lobby', 'Ada', { seat: one.seat });
    expect(two.id).toBe(one.id);
    one.socket.disconnect();
    await two.act('say', { text: 'still here' });
    expect(await two.tried('leave')).toBe('ok');
    await until('lobby', 'room.participant.left');
    expect(await json('/v1/rooms/lobby/participants')).toMatchObject({ participants: [{ isBot: true }] });
  });

  it('until the room ends, and then nobody is in it', async () => {
    const { url, stop, over } = await lobby();
    const ada = await guest(url, 'lobby', 'Ada');
    await stop('lobby');
    expect(await ada.left).toEqual({ room: 'lobby', reason: 'ended' });
    await over('lobby');
    expect(await ada.tried('say', { text: 'anybody?' })).toBe('not-in-room');
    expect(await ada.tried('enter', { room: 'lobby', name: 'Ada' })).toBe('room-ended');
    expect(await ada.tried('enter', { room: 'other', name: 'Ada' })).toBe('unknown-room');
  });

  it('the bot comes back after a crash, and knows who is there and what was said', async () => {
    const { url, order, told } = await lobby();
    const ada = await guest(url, 'lobby', 'Ada');
    await ada.until('room.participant.joined', ({ isBot }) => isBot);
    await ada.act('say', { text: 'before' });
    await order(['crash']);
    await ada.until('room.participant.left', ({ isBot }) => isBot);
    const joined = () =>
      ada.seen.filter(
        ({ topic, payload }) => topic === 'room.participant.joined' && 'isBot' in payload && payload.isBot,
      );
    await ada.until('room.participant.joined', () => joined().length === 2);
    await ada.act('say', { text: '@bot after' });
    await ada.until('room.message.sent');
    const past = (await told()).filter(({ past }) => past);
    expect(past.map(({ topic, payload }) => [topic, payload.text])).toEqual([
      ['room.participant.joined', undefined],
      ['room.message.received', 'before'],
    ]);
  });
});

describe('what must not happen', () => {
  it('words that are kept out, or masked, are nowhere: not in the log’s files, not in what roomd says', async () => {
    const { url, data, order, until } = await lobby();
    const ada = await guest(url, 'lobby', 'Ada');
    const dropped = await ada.act('say', { text: 'a plumduff' });
    expect(dropped).toMatchObject({ ok: false, rules: ['words'], problem: { type: 'urn:roomd:problem:moderated' } });
    expect(JSON.stringify(dropped)).not.toContain('plumduff');
    await ada.act('say', { text: 'to carol@example.org' });
    expect(await ada.tried('rename', { name: 'Plumduff' })).toBe('moderated');
    const say = (text: string) =>
      ['room.message.sent', { messageId: text.length.toString(), participantId: 'bot', text, at: 0 }] as const;
    await order(say('plumduff!'), say('or to dave@example.org'));
    await until(
      'lobby',
      'room.message.moderated',
      ({ payload }) => payload.participantId === 'bot' && payload.action === 'redacted',
    );
    expect((await ada.until('room.message.sent')).payload.text).toBe('or to [mail]');
    expect((await ada.until('room.message.received')).payload.text).toBe('to [mail]');
    for (const file of ['events.db', 'events.db-wal']) {
      const text = await readFile(join(data, file), 'latin1');
      expect(text).not.toMatch(/plumduff|carol|dave/i);
    }
  });

  it('a bot tells nothing that people do', async () => {
    const { url, order, until, json } = await lobby();
    const ada = await guest(url, 'lobby', 'Ada');
    const forged = { messageId: 'm', participantId: ada.id, text: 'I resign', at: 0 };
    await order(
      ['room.message.received', forged],
      ['room.message.edited', forged],
      ['room.participant.left', { participantId: ada.id, isBot: false }],
      ['room.typing.started', { participantId: ada.id }],
    );
    const summed = await until('lobby', 'events.envelope.rejected');
    expect(summed.payload.reason).toBe('reserved_topic');
    await ada.act('say', { text: 'I am here' });
    await ada.until('room.message.received', ({ text }) => text === 'I am here');
    expect(ada.seen.filter(({ topic }) => /edited|left|typing/.test(topic))).toEqual([]);
    expect(JSON.stringify(ada.seen)).not.toContain('I resign');
    expect(await json('/v1/rooms/lobby/participants')).toMatchObject({
      participants: expect.arrayContaining([expect.objectContaining({ name: 'Ada' })]),
    });
  });

  it('one connection is in one room, and in one that people can enter', async () => {
    const { url, spawn } = await lobby();
    await spawn('bridge', { bot: 'lobby' });
    const ada = await guest(url, 'lobby', 'Ada');
    expect(await ada.tried('enter', { room: 'lobby', name: 'Ada' })).toBe('already-in-room');
    expect(await ada.tried('leave')).toBe('ok');
    expect(await ada.tried('leave')).toBe('not-in-room');
    expect(await ada.tried('enter', { room: 'bridge', name: 'Ada' })).toBe('not-local');
    expect(await ada.tried('enter', { room: '../x', name: 'Ada' })).toBe('malformed');
    expect(await ada.tried('enter', { room: 'lobby', name: 'Ada' })).toBe('ok');
    const people = await fetch(`${url}/v1/rooms/bridge/participants`);
    expect(people.status).toBe(409);
  });

  it('people who are silent are no reason to end a room, an empty one is', async () => {
    const limits = { idleTimeout: '3s' };
    const { url, over, spawn } = await lobby({ limits });
    const ada = await guest(url, 'lobby', 'Ada');
    await spawn('empty', { bot: 'lobby', connector: 'local', limits });
    expect((await over('empty')).stop?.reason).toBe('idle');
    expect(await ada.tried('say', { text: 'still here' })).toBe('ok');
    await ada.act('leave');
    expect((await over('lobby')).stop?.reason).toBe('idle');
  });
});
