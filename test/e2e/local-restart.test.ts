import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { temporaryFolder, testBot } from '../helpers/daemon.ts';
import { guest } from '../helpers/guest.ts';
import { serve } from '../helpers/serve.ts';

const SETTINGS = {
  bots: { lobby: { command: testBot('lobby') } },
  connectors: { local: { moderation: { block: [{ name: 'words', phrases: ['plumduff'] }] } } },
};

async function begin() {
  const data = await temporaryFolder();
  const file = join(data, 'roomd.yaml');
  await writeFile(file, JSON.stringify(SETTINGS));
  const start = () => serve(data, ['--config', file]);
  const roomd = await start();
  await roomd.spawn('lobby', { bot: 'lobby', connector: 'local' });
  return { roomd, start };
}

it('when roomd was killed, whoever has a seat is who they were, and what they said is theirs', async () => {
  const { roomd, start } = await begin();
  const ada = await guest(roomd.url, 'lobby', 'Ada');
  const bo = await guest(roomd.url, 'lobby', 'Bo');
  await ada.act('rename', { name: 'Ada L.' });
  const { messageId } = await ada.act('say', { text: '@bot before' });
  await bo.act('react', { messageId, emoji: '👍' });
  await ada.until('room.message.sent');
  await roomd.end('SIGKILL');

  const again = await start();
  const back = await guest(again.url, 'lobby', 'Somebody', { seat: ada.seat });
  expect(back.id).toBe(ada.id);
  expect(back.entered.participants).toEqual(
    expect.arrayContaining([
      { participantId: ada.id, name: 'Ada L.', isBot: false, presence: 'here' },
      { participantId: bo.id, name: 'Bo', isBot: false, presence: 'here' },
    ]),
  );
  expect(await back.tried('edit', { messageId, text: 'after' })).toBe('ok');
  const other = await guest(again.url, 'lobby', 'Bo');
  expect(other.entered.participants?.map(({ name }) => name)).toContain('Bo 2');
  expect(await other.tried('delete', { messageId })).toBe('not-yours');
  // The bot of the next run joins, and answers.
  const joined = () =>
    back.seen.filter(
      ({ topic, payload }) => topic === 'room.participant.joined' && 'isBot' in payload && payload.isBot,
    );
  await back.until('room.participant.joined', () => joined().length === 2);
  await back.act('say', { text: '@bot after' });
  await back.until('room.message.sent', ({ text }) => text === 'you said: @bot after');
  // Bo has not come back.
  await back.until('room.participant.left', ({ participantId }) => participantId === bo.id);
  expect(
    back.seen.filter(({ topic, payload }) => topic === 'room.participant.left' && 'isBot' in payload && !payload.isBot),
  ).toHaveLength(1);
}, 120_000);

it('what a bot leaves behind goes through the same rules as what it says', async () => {
  const { roomd, start } = await begin();
  const ada = await guest(roomd.url, 'lobby', 'Ada');
  expect(await ada.tried('say', { text: 'Plumduff!' })).toBe('moderated');
  const said = { participantId: 'bot', at: 0 };
  const acts = [
    ['leave-behind', { messageId: 'm-1', text: 'plumduff', ...said }],
    ['leave-behind', { messageId: 'm-2', text: 'fine', ...said }],
  ];
  await roomd.post('/v1/rooms/lobby/commands', { type: 'app_message', text: JSON.stringify(acts) });
  await ada.until('room.message.sent', ({ text }) => text === 'left 2');
  await roomd.end('SIGKILL');
  const again = await start();
  const taken = await again.until('lobby', 'room.message.sent', ({ payload }) => payload.messageId === 'm-2');
  expect(taken.payload.text).toBe('fine');
  const audit = await again.until('lobby', 'room.message.moderated', ({ payload }) => payload.participantId === 'bot');
  expect(audit.payload).toMatchObject({ messageId: 'm-1', action: 'dropped', rules: ['words'] });
  expect(JSON.stringify(await again.history('lobby'))).not.toMatch(/plumduff/i);
  expect([...roomd.lines, ...again.lines].join('\n')).not.toMatch(/plumduff/i);
  expect(roomd.lines.join('\n')).toContain('message moderated');
});
