import { expect, it } from 'vitest';
import type { Command } from '../../../spec/command.ts';
import { Tidings } from '../../../supervisor/room/tidings.ts';
import { idOf, openGateway } from './rig.ts';

const bot = { participantId: 'bot', name: 'bot', isBot: true };

it('a bot is told what others do, in order, and of its own acts only what the rules made of them', async () => {
  const { rooms, enter, until } = openGateway({ block: [{ name: 'words', phrases: ['darn'] }] });
  const runId = await rooms.begin('lobby');
  await rooms.says('lobby', 'assistant.room.join.succeeded', { elapsedMs: 0 });
  await until('room.participant.joined', 1);
  const ada = await enter('Ada');
  const messageId = idOf(await ada.act({ type: 'say', text: 'hi' }));
  await rooms.says('lobby', 'room.message.sent', { messageId: 'm-1', participantId: 'bot', text: 'hello', at: 0 });
  await rooms.says('lobby', 'room.message.sent', { messageId: 'm-2', participantId: 'bot', text: 'darn', at: 0 });
  await ada.act({ type: 'react', messageId: 'm-1', emoji: '👍' });
  await ada.act({ type: 'edit', messageId, text: 'hey' });
  await ada.leave();
  expect(rooms.told.map(({ topic, past, runId }) => [topic, past, runId])).toEqual(
    [
      'room.participant.joined',
      'room.message.received',
      'room.message.moderated',
      'room.reaction.added',
      'room.message.edited',
      'room.participant.left',
    ].map((topic) => [topic, undefined, runId]),
  );
  expect(rooms.told[1]).toMatchObject({ id: messageId, payload: { text: 'hi', participantId: ada.participantId } });
});

it('a bot that begins is told who is there and the newest messages, as they are by now, as past', async () => {
  const { rooms, enter, until } = openGateway();
  await rooms.begin('lobby');
  await rooms.says('lobby', 'assistant.room.join.succeeded', { elapsedMs: 0 });
  await until('room.participant.joined', 1);
  const ada = await enter('Ada');
  const bo = await enter('Bo');
  await bo.leave();
  await ada.act({ type: 'rename', name: 'Ada L.' });
  const one = idOf(await ada.act({ type: 'say', text: 'one' }));
  const two = idOf(await ada.act({ type: 'say', text: 'two' }));
  await rooms.says('lobby', 'room.message.sent', { messageId: 'm-1', participantId: 'bot', text: 'three', at: 0 });
  await ada.act({ type: 'edit', messageId: one, text: 'ONE' });
  await ada.act({ type: 'delete', messageId: two });
  rooms.told.length = 0;
  const next = rooms.run('lobby');
  await rooms.publish('lobby', 'supervisor.bot.started', { pid: 2, warm: false });
  await ada.act({ type: 'say', text: 'now' });
  expect(rooms.told.map(({ topic, past, runId, payload }) => [topic, past, runId, payload])).toMatchObject([
    ['room.participant.joined', true, next, { participantId: ada.participantId, name: 'Ada L.', isBot: false }],
    ['room.message.received', true, next, { messageId: one, text: 'ONE' }],
    ['room.message.sent', true, next, { messageId: 'm-1', text: 'three' }],
    ['room.message.received', undefined, next, { text: 'now' }],
  ]);
  expect(rooms.told).not.toContainEqual(expect.objectContaining({ payload: bot }));
});

it('what is past is the newest fifty messages, and no more than fits', async () => {
  const { rooms, enter, clock } = openGateway();
  await rooms.begin('lobby');
  const ada = await enter('Ada');
  const past = async () => {
    rooms.told.length = 0;
    rooms.run('lobby');
    await rooms.publish('lobby', 'supervisor.bot.started', { pid: 2, warm: false });
    await ada.act({ type: 'say', text: 'sync' });
    return rooms.told.filter(({ past, topic }) => past && topic === 'room.message.received');
  };
  const say = async (text: string) => {
    clock.advance(1_000);
    return idOf(await ada.act({ type: 'say', text }));
  };
  const said: string[] = [];
  for (let i = 0; i < 60; i++) said.push(await say(`${i}`));
  expect((await past()).map(({ id }) => id)).toEqual(said.slice(-50));
  for (let i = 0; i < 50; i++) await say('x'.repeat(2_000));
  const large = await past();
  expect(large.length).toBeGreaterThan(20);
  expect(large.length).toBeLessThan(40);
  expect(large.at(-1)?.payload).toMatchObject({ text: 'x'.repeat(2_000) });
});

it('a run of another room, or one that is over, is told nothing', async () => {
  const { rooms, enter } = openGateway();
  await rooms.begin('lobby');
  await rooms.begin('other');
  const ada = await enter('Ada');
  expect(rooms.told.every(({ roomId }) => roomId === 'lobby')).toBe(true);
  await rooms.publish('lobby', 'supervisor.bot.exited', {
    code: 1,
    signal: null,
    reason: 'crash',
    uptimeMs: 1,
    stderr: [],
  });
  rooms.told.length = 0;
  await ada.act({ type: 'say', text: 'anybody there?' });
  expect(rooms.told).toEqual([]);
});

it('what a bot does not read is left out, telemetry first, and counted in what it is told next', () => {
  const sent: Command[] = [];
  const child = { unread: 0, send: (command: Command) => sent.push(command) > 0 };
  const tidings = new Tidings();
  const event = (topic: string) => ({ id: 'x', ts: 0, topic, payload: {} });
  const tell = (unread: number, topic: string) => tidings.tell(Object.assign(child, { unread }), event(topic));
  expect(tell(131_071, 'room.typing.started')).toBe(true);
  expect(tell(131_072, 'room.typing.started')).toBe(false);
  expect(tell(262_143, 'room.message.received')).toBe(true);
  expect(tell(262_144, 'room.message.received')).toBe(false);
  expect(tell(262_144, 'room.reaction.added')).toBe(false);
  expect(tell(0, 'room.message.edited')).toBe(true);
  expect(tell(0, 'room.message.edited')).toBe(true);
  expect(sent.map((command) => 'missed' in command && command.missed)).toEqual([false, 1, 2, false]);
});
