import { describe, expect, it } from 'vitest';
import { Chat } from '../../../supervisor/console/worker/chat.ts';
import { OwnPlace } from '../../../supervisor/console/worker/place.ts';
import { testBus } from '../../helpers/test-bus.ts';

function room() {
  const { bus, clock } = testBus();
  const chat = new Chat(bus, clock);
  const said = (messageId: string, participantId: string, text: string) =>
    bus.publish('room.message.received', { messageId, participantId, text, at: 0 });
  return { bus, clock, chat, said };
}

const message = { isBot: false, edited: false, moderated: [], reactions: {}, ts: 1_700_000_000_000 };

describe('a chat as its events tell it', () => {
  it('has who is there, and the names of who was', () => {
    const { bus, chat } = room();
    bus.publish('room.participant.joined', { participantId: 'p-1', name: 'Ada', isBot: false });
    bus.publish('room.participant.joined', { participantId: 'bot', isBot: true });
    bus.publish('room.participant.updated', { participantId: 'p-1', name: 'Ada L.', isBot: false });
    bus.publish('room.presence.updated', { participantId: 'p-1', presence: 'away' });
    bus.publish('room.participant.left', { participantId: 'bot', isBot: true });
    expect(chat.take()).toMatchObject({
      participants: [{ participantId: 'p-1', name: 'Ada L.', isBot: false, presence: 'away' }],
      names: { 'p-1': 'Ada L.', bot: 'bot' },
    });
    expect(chat.take()).toBeUndefined();
  });

  it('has what was said, worded anew, taken back, masked and kept out', () => {
    const { bus, chat, said } = room();
    said('m-1', 'p-1', 'one');
    said('m-2', 'p-1', 'two');
    said('m-3', 'p-1', '[card]');
    bus.publish('room.message.edited', { messageId: 'm-1', participantId: 'p-1', text: 'One', at: 0 });
    bus.publish('room.message.deleted', { messageId: 'm-2', participantId: 'p-1', at: 0 });
    const moderated = { participantId: 'p-1', at: 0, rules: ['card'] };
    bus.publish('room.message.moderated', { ...moderated, messageId: 'm-3', action: 'redacted' });
    bus.publish('room.message.moderated', { ...moderated, messageId: 'm-4', action: 'dropped' });
    // An edit that was kept out: its message stands as it was.
    bus.publish('room.message.moderated', { ...moderated, messageId: 'm-1', action: 'dropped' });
    expect(chat.take()?.messages).toEqual([
      { ...message, messageId: 'm-1', participantId: 'p-1', text: 'One', edited: true },
      { ...message, messageId: 'm-2', participantId: 'p-1', text: undefined },
      { ...message, messageId: 'm-3', participantId: 'p-1', text: '[card]', moderated: ['card'] },
      { ...message, messageId: 'm-4', participantId: 'p-1', text: undefined, moderated: ['card'] },
    ]);
  });

  it('keeps the first message of an id, whoever says another', () => {
    const { bus, chat, said } = room();
    said('m-1', 'p-1', 'one');
    bus.publish('room.message.sent', { messageId: 'm-1', participantId: 'bot', text: 'two', at: 0 });
    expect(chat.take()?.messages).toEqual([{ ...message, messageId: 'm-1', participantId: 'p-1', text: 'one' }]);
  });

  it('marks what the bot has said, whether it is in the room or not', () => {
    const { bus, chat, said } = room();
    said('m-1', 'p-1', 'one');
    bus.publish('room.message.sent', { messageId: 'm-2', participantId: 'bot', text: 'two', at: 0 });
    bus.publish('room.transcript.received', { participantId: 'ada', text: 'three', at: 0, endAt: 1, final: true });
    bus.publish('room.transcript.received', { participantId: 'ada', text: 'thr', at: 0, endAt: 1, final: false });
    const messages = chat.take()?.messages.map(({ text, isBot }) => [text, isBot]);
    expect(messages).toEqual([
      ['one', false],
      ['two', true],
      ['three', false],
    ]);
  });

  it('counts a reaction once a person, until it is taken back', () => {
    const { bus, chat, said } = room();
    said('m-1', 'p-1', 'one');
    const by = (participantId: string) => ({ messageId: 'm-1', participantId, emoji: '👍' });
    for (const id of ['p-1', 'p-2', 'p-1']) bus.publish('room.reaction.added', by(id));
    expect(chat.take()?.messages[0]?.reactions).toEqual({ '👍': ['p-1', 'p-2'] });
    bus.publish('room.reaction.removed', by('p-1'));
    expect(chat.take()?.messages[0]?.reactions).toEqual({ '👍': ['p-2'] });
    bus.publish('room.reaction.removed', by('p-2'));
    expect(chat.take()?.messages[0]?.reactions).toEqual({});
  });

  it('forgets that somebody writes when they have sent it, and after a while', () => {
    const { bus, chat, clock, said } = room();
    bus.publish('room.typing.started', { participantId: 'p-1' });
    bus.publish('room.typing.started', { participantId: 'p-2' });
    expect(chat.take()?.typing).toEqual(['p-1', 'p-2']);
    said('m-1', 'p-1', 'one');
    expect(chat.take()?.typing).toEqual(['p-2']);
    clock.advance(6_200);
    expect(chat.take()?.typing).toEqual([]);
  });

  it('takes nobody of the past for writing now', () => {
    const { bus, chat, clock } = room();
    const past = testBus();
    past.bus.publish('room.typing.started', { participantId: 'p-1' });
    clock.advance(120_000);
    for (const envelope of past.envelopes) bus.receive(envelope);
    expect(chat.take()?.typing).toEqual([]);
  });

  it('has nobody there when the room has ended, and still their names', () => {
    const { bus, chat } = room();
    const move = (from: 'none' | 'live' | 'stopping', to: 'starting' | 'stopping' | 'stopped') =>
      bus.publish('supervisor.room.state.changed', { from, to, cause: 'requested' });
    bus.publish('room.participant.joined', { participantId: 'p-1', name: 'Ada', isBot: false });
    bus.publish('room.typing.started', { participantId: 'p-1' });
    move('live', 'stopping');
    expect(chat.take()?.participants.length).toBe(1);
    move('stopping', 'stopped');
    expect(chat.take()).toMatchObject({ participants: [], typing: [], names: { 'p-1': 'Ada' } });
  });

  it('has nobody there when a guest is told of the end, until the room is started again', () => {
    const { bus, chat } = room();
    const join = () => bus.publish('room.participant.joined', { participantId: 'p-1', name: 'Ada', isBot: false });
    chat.be('p-1', [{ participantId: 'p-1', name: 'Ada', isBot: false, presence: 'here' }]);
    chat.end();
    expect(chat.take()).toMatchObject({ participants: [], self: null, ended: true });
    // Of the past, which may still be on its way.
    join();
    expect(chat.take()).toMatchObject({ participants: [], ended: true });
    bus.publish('supervisor.room.state.changed', { from: 'none', to: 'starting', cause: 'requested' });
    join();
    expect(chat.take()).toMatchObject({ participants: [{ participantId: 'p-1' }], ended: false });
  });

  it('keeps the newest 500 messages', () => {
    const { chat, said } = room();
    for (let i = 0; i < 600; i++) said(`m-${i}`, 'p-1', 'word');
    const messages = chat.take()?.messages ?? [];
    expect([messages.length, messages[0]?.messageId]).toEqual([500, 'm-100']);
  });
});

describe('the own place in a room', () => {
  const entered = { ok: true, participantId: 'p-1', seat: 's', participants: [] };

  it('is taken again with its seat when the connection is back', async () => {
    const { chat } = room();
    const asked: unknown[] = [];
    const request = async (...wanted: unknown[]) => {
      asked.push(wanted);
      return entered;
    };
    const place = new OwnPlace({ request }, chat);
    await place.enter('lobby', 'Ada');
    await place.again();
    expect(asked).toEqual([
      ['enter', { room: 'lobby', name: 'Ada' }],
      ['enter', { room: 'lobby', name: 'Ada', seat: 's' }],
    ]);
    expect(chat.take()?.self).toBe('p-1');
  });

  it('is given up when it is refused, and after leaving', async () => {
    const { chat } = room();
    let answer: () => Promise<unknown> = async () => entered;
    const place = new OwnPlace({ request: () => answer() }, chat);
    await place.enter('lobby', 'Ada');
    answer = () => Promise.reject({ title: 'ended', detail: '', status: 409 });
    await place.again();
    expect(chat.take()?.self).toBeNull();
    answer = async () => entered;
    await place.enter('lobby', 'Ada');
    await place.leave();
    answer = () => Promise.reject(new Error('expected nothing to be asked'));
    await place.again();
    expect(chat.take()?.self).toBeNull();
  });

  it('says that the room has ended when it is refused for that', async () => {
    const { chat } = room();
    const type = 'urn:roomd:problem:room-ended';
    const place = new OwnPlace({ request: () => Promise.reject({ title: '', detail: '', status: 409, type }) }, chat);
    await expect(place.enter('lobby', 'Ada')).rejects.toMatchObject({ status: 409 });
    expect(chat.take()).toMatchObject({ self: null, ended: true });
  });

  it('is left when the answer comes after leaving', async () => {
    const { chat } = room();
    const asked: string[] = [];
    const answers: (() => void)[] = [];
    const request = (name: string) => {
      asked.push(name);
      return new Promise((resolve) => answers.push(() => resolve(entered)));
    };
    const place = new OwnPlace({ request }, chat);
    const first = place.enter('lobby', 'Ada');
    answers.shift()?.();
    await first;
    const again = place.again();
    const leaving = place.leave();
    for (const answer of answers.splice(0)) answer();
    await leaving;
    for (const answer of answers.splice(0)) answer();
    await again;
    expect(chat.take()?.self).toBeNull();
    // What the supervisor has heard last, whichever of the others it took first.
    expect(asked).toEqual(['enter', 'enter', 'leave', 'leave']);
  });

  it('says again whether anybody looks, when it is taken again', async () => {
    const { chat } = room();
    const asked: unknown[] = [];
    const request = async (...wanted: unknown[]) => {
      asked.push(wanted);
      return entered;
    };
    const place = new OwnPlace({ request }, chat);
    await place.enter('lobby', 'Ada');
    await place.act({ type: 'presence', presence: 'away' });
    asked.length = 0;
    await place.again();
    expect(asked).toEqual([
      ['enter', { room: 'lobby', name: 'Ada', seat: 's' }],
      ['presence', { presence: 'away' }],
    ]);
  });
});
