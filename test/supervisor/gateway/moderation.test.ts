import { expect, it } from 'vitest';
import { newId } from '../../../supervisor/base/ids.ts';
import { idOf, openGateway, reasonOf } from './rig.ts';

const RULES = {
  block: [{ name: 'words', phrases: ['plumduff'] }],
  redact: [{ name: 'mail', pattern: '\\S+@example\\.org' }],
};

async function lobby() {
  const rig = openGateway(RULES);
  await rig.rooms.begin('lobby');
  return { ...rig, ada: await rig.enter('Ada') };
}

it('a message that is kept out leaves nothing but that it was', async () => {
  const { ada, of, events } = await lobby();
  const dropped = { kind: 'dropped', rules: ['words'] };
  expect(await ada.act({ type: 'say', text: 'what a plumduff!' })).toEqual(dropped);
  const messageId = idOf(await ada.act({ type: 'say', text: 'fine' }));
  expect(await ada.act({ type: 'edit', messageId, text: 'PLUMDUFF' })).toEqual(dropped);
  expect(await ada.act({ type: 'rename', name: 'Plumduff' })).toEqual(dropped);
  const audit = { participantId: ada.participantId, action: 'dropped', rules: ['words'], at: 0 };
  expect(await of('room.message.moderated')).toMatchObject([audit, { ...audit, messageId }, audit]);
  expect(JSON.stringify(await events())).not.toMatch(/plumduff/i);
  expect(await of('room.message.received')).toHaveLength(1);
});

it('a message that is masked is there masked, and right behind it stands why', async () => {
  const { ada, events } = await lobby();
  const messageId = idOf(await ada.act({ type: 'say', text: 'write to ada@example.org, @Ada' }));
  await ada.act({ type: 'edit', messageId, text: 'or to bo@example.org' });
  await ada.act({ type: 'rename', name: 'ada@example.org' });
  const tail = (await events()).slice(-6).map(({ topic, payload }) => [topic, payload]);
  const audit = { participantId: ada.participantId, action: 'redacted', rules: ['mail'] };
  expect(tail).toMatchObject([
    ['room.message.received', { text: 'write to [mail] @Ada'.replace('] ', '], '), mentions: [ada.participantId] }],
    ['room.message.moderated', { ...audit, messageId }],
    ['room.message.edited', { text: 'or to [mail]' }],
    ['room.message.moderated', { ...audit, messageId }],
    ['room.participant.updated', { name: '[mail]' }],
    ['room.message.moderated', audit],
  ]);
  expect(JSON.stringify(await events())).not.toContain('example.org');
});

it('nobody enters under a name that is kept out', async () => {
  const { gateway, enter, of } = await lobby();
  expect(reasonOf(await gateway.enter('lobby', { name: 'plum\u200bduff' }))).toBe('dropped');
  expect((await enter('me@example.org')).participants.map(({ name }) => name)).toEqual(['Ada', '[mail]']);
  expect((await of('room.message.moderated')).map(({ action }) => action)).toEqual(['dropped', 'redacted']);
});

it('what the bot says goes through the same rules, under its own id', async () => {
  const { rooms, events } = await lobby();
  const say = (text: string, id?: string) =>
    rooms.says('lobby', 'room.message.sent', { messageId: newId(), participantId: 'bot', text, at: 7 }, id);
  const dropped = await say('plumduff');
  const masked = await say('hello@example.org');
  const clean = await say('hello');
  const audit = { participantId: 'bot', rules: expect.any(Array), at: 7 };
  expect((await events()).slice(-4)).toMatchObject([
    { id: dropped, topic: 'room.message.moderated', payload: { ...audit, action: 'dropped' }, meta: { by: 'gateway' } },
    { id: masked, topic: 'room.message.sent', payload: { text: '[mail]' } },
    { topic: 'room.message.moderated', payload: { ...audit, action: 'redacted' }, meta: { by: 'gateway' } },
    { id: clean, topic: 'room.message.sent', payload: { text: 'hello' } },
  ]);
  expect((await events()).find(({ id }) => id === masked)?.meta).not.toHaveProperty('by');
  expect(JSON.stringify(await events())).not.toMatch(/plumduff|example\.org/);
  // A second one of that id is refused as ever.
  const { length } = await events();
  await say('plumduff', dropped);
  expect((await events()).slice(length).map(({ topic }) => topic)).toEqual(['events.envelope.rejected']);
});

it('what people do is not for the bot to tell, and what it says elsewhere is nobody’s to moderate', async () => {
  const { rooms, events, ada } = await lobby();
  await rooms.begin('bridge', { connector: 'external' });
  const { participantId } = ada;
  const forged = { messageId: newId(), participantId, text: 'I resign', at: 0 };
  const spoken = { participantId, text: 'plumduff', at: 0, endAt: 0, final: true };
  for (const roomId of ['lobby', 'bridge']) {
    await rooms.says(roomId, 'room.message.received', forged);
    await rooms.says(roomId, 'room.participant.left', { participantId, isBot: false });
    await rooms.says(roomId, 'room.speaker.changed', { participantId, at: 0 });
    await rooms.says(roomId, 'room.transcript.received', spoken);
    await rooms.says(roomId, 'room.message.sent', { ...forged, text: 'plumduff' });
  }
  const inLobby = (await events()).map(({ topic }) => topic).filter((topic) => topic.startsWith('room.'));
  expect(inLobby).toEqual(['room.participant.joined', 'room.message.moderated']);
  expect((await events('bridge')).slice(-5).map(({ topic }) => topic)).toEqual([
    'room.message.received',
    'room.participant.left',
    'room.speaker.changed',
    'room.transcript.received',
    'room.message.sent',
  ]);
  const rejected = (await events()).find(({ topic }) => topic === 'events.envelope.rejected');
  expect(rejected?.payload).toMatchObject({ reason: 'reserved_topic' });
});

it('what the bot says is said by the bot, and takes nobody’s place', async () => {
  const { rooms, of, ada } = await lobby();
  const known = idOf(await ada.act({ type: 'say', text: 'hi' }));
  const say = (messageId: string, text: string, more: object = {}) =>
    rooms.says('lobby', 'room.message.sent', { messageId, participantId: ada.participantId, text, at: 0, ...more });
  await say('m:1', 'in her name');
  await say('m:1', 'again');
  await say(known, 'in its place');
  await say('words in an id', 'x');
  await say('m.2', 'x', { replyTo: 'Wörter' });
  await say('m.3', 'an answer', { replyTo: known });
  expect(await of('room.message.sent')).toEqual([
    { messageId: 'm:1', participantId: 'bot', text: 'in her name', at: 0 },
    { messageId: 'm.3', participantId: 'bot', text: 'an answer', replyTo: known, at: 0 },
  ]);
  expect(await of('events.envelope.rejected')).toMatchObject([{ reason: 'repeated_id' }]);
});

it('whatever happens to a room’s events, an id that the bot is told of is settled', async () => {
  const { Intake } = await import('../../../supervisor/intake/intake.ts');
  const { Moderation } = await import('../../../supervisor/base/moderation.ts');
  const { log, clock, telemetry } = await lobby();
  const settled: string[] = [];
  const listener = { onEnvelope() {}, onPressure() {}, onCommitted: (through: string) => settled.push(through) };
  const intake = new Intake(
    { log, clock, telemetry, house: new Moderation(RULES) },
    { roomId: 'x', runId: 'r', local: true },
    listener,
  );
  const id = newId();
  const payload = { messageId: 'm', participantId: 'bot', text: 'plumduff', at: 0 };
  const specVersion = `sha256:${'0'.repeat(64)}`;
  intake.line(JSON.stringify({ id, ts: 1, topic: 'room.message.sent', specVersion, runtime: 'bot', payload }));
  await intake.settled();
  expect(settled).toEqual([id]);
});
