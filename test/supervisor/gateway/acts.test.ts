import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { idOf, openGateway, reasonOf } from './rig.ts';

async function lobby() {
  const rig = openGateway();
  await rig.rooms.begin('lobby');
  rig.clock.advance(5_000);
  return { ...rig, ada: await rig.enter('Ada'), bo: await rig.enter('Bo') };
}

describe('a message', () => {
  it('has the id of the event that tells of it, by whom it is, and when in the room', async () => {
    const { ada, events } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'Good morning' }));
    const told = (await events()).find(({ topic }) => topic === 'room.message.received');
    expect(told).toMatchObject({
      id: messageId,
      runtime: 'node',
      roomId: 'lobby',
      payload: { messageId, participantId: ada.participantId, text: 'Good morning', at: 5_000 },
      meta: { by: 'gateway' },
    });
    expect(told?.payload).not.toHaveProperty('mentions');
  });

  it('answers one that is known, the bot’s too', async () => {
    const { ada, bo, rooms, of } = await lobby();
    const first = idOf(await ada.act({ type: 'say', text: 'one' }));
    await rooms.says('lobby', 'room.message.sent', { messageId: 'm-1', participantId: 'bot', text: 'two', at: 0 });
    await bo.act({ type: 'say', text: 'three', replyTo: first });
    await bo.act({ type: 'say', text: 'four', replyTo: 'm-1' });
    expect(reasonOf(await bo.act({ type: 'say', text: 'five', replyTo: 'nothing' }))).toBe('no-message');
    expect((await of('room.message.received')).map(({ replyTo }) => replyTo)).toEqual([undefined, first, 'm-1']);
  });

  it('is refused when there is nothing to see, or too much', async () => {
    const { ada, of } = await lobby();
    for (const text of ['', ' \n ', '\u200b\u2060', 'x'.repeat(2_001)]) {
      expect(reasonOf(await ada.act({ type: 'say', text }))).toBe('invalid');
    }
    expect(reasonOf(await ada.act({ type: 'say', text: '🙂'.repeat(2_000) }))).toBe('done');
    expect(await of('room.message.received')).toHaveLength(1);
  });

  it('names those whom it mentions', async () => {
    const { ada, bo, of } = await lobby();
    await ada.act({ type: 'say', text: '@BO and @bot: where is @Ada?' });
    expect((await of('room.message.received'))[0]?.mentions).toEqual([bo.participantId, 'bot', ada.participantId]);
  });
});

it('an act is done when the room has seen what came of it, not when it is written', async () => {
  const { ada, log } = await lobby();
  const gate = Promise.withResolvers<void>();
  const { read } = log;
  log.read = async (query) => {
    await gate.promise;
    return await read.call(log, query);
  };
  const { last } = log;
  let answered = false;
  const saying = ada.act({ type: 'say', text: 'one' }).finally(() => {
    answered = true;
  });
  await log.changed(last, new AbortController().signal);
  await setImmediate();
  expect(answered).toBe(false);
  gate.resolve();
  expect(reasonOf(await ada.act({ type: 'edit', messageId: idOf(await saying), text: 'two' }))).toBe('done');
});

describe('editing and deleting', () => {
  it('is for the own message alone', async () => {
    const { ada, bo, rooms, of } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'tpyo' }));
    // A bot that says its message is Ada's: it isn't hers to change all the same.
    const forged = { messageId: 'm-1', participantId: ada.participantId, text: 'mine', at: 0 };
    await rooms.says('lobby', 'room.message.sent', forged);
    expect(reasonOf(await bo.act({ type: 'edit', messageId, text: 'mine' }))).toBe('not-yours');
    expect(reasonOf(await bo.act({ type: 'delete', messageId }))).toBe('not-yours');
    expect(reasonOf(await ada.act({ type: 'edit', messageId: 'm-1', text: 'x' }))).toBe('not-yours');
    expect(reasonOf(await ada.act({ type: 'edit', messageId, text: 'typo, @Bo' }))).toBe('done');
    expect(await of('room.message.edited')).toEqual([
      { messageId, participantId: ada.participantId, text: 'typo, @Bo', mentions: [bo.participantId], at: 5_000 },
    ]);
    expect(reasonOf(await ada.act({ type: 'delete', messageId }))).toBe('done');
    expect(reasonOf(await ada.act({ type: 'delete', messageId }))).toBe('no-message');
    expect(reasonOf(await ada.act({ type: 'edit', messageId, text: 'again' }))).toBe('no-message');
    expect(await of('room.message.deleted')).toEqual([{ messageId, participantId: ada.participantId, at: 5_000 }]);
  });

  it('that changes nothing is nothing', async () => {
    const { ada, of } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'same' }));
    expect(await ada.act({ type: 'edit', messageId, text: 'same' })).toEqual({ kind: 'done' });
    expect(await of('room.message.edited')).toEqual([]);
  });
});

describe('a reaction', () => {
  it('is one emoji, once a person', async () => {
    const { ada, bo, of } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'hello' }));
    const react = { type: 'react', messageId, emoji: '👍🏽' } as const;
    const unreact = { ...react, type: 'unreact' } as const;
    for (const act of [react, react]) expect(reasonOf(await bo.act(act))).toBe('done');
    await ada.act(react);
    expect(await of('room.reaction.added')).toEqual(
      [bo, ada].map(({ participantId }) => ({ participantId, messageId, emoji: '👍🏽', at: 5_000 })),
    );
    for (const act of [unreact, unreact]) expect(reasonOf(await bo.act(act))).toBe('done');
    expect(await of('room.reaction.removed')).toHaveLength(1);
    await bo.act(react);
    expect(await of('room.reaction.added')).toHaveLength(3);
    expect(reasonOf(await bo.act({ ...react, emoji: 'ok' }))).toBe('invalid');
    expect(reasonOf(await bo.act({ ...react, messageId: 'nothing' }))).toBe('no-message');
  });

  it('of two at once comes once: a person’s acts find what the one before has made', async () => {
    const { ada, of } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'hello' }));
    await Promise.all([1, 2, 3].map(() => ada.act({ type: 'react', messageId, emoji: '👍' })));
    expect(await of('room.reaction.added')).toHaveLength(1);
  });

  it('adds up to twenty different ones on a message', async () => {
    const { ada, bo, clock } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'hello' }));
    for (let i = 0; i < 20; i++) {
      clock.advance(1_000);
      const emoji = String.fromCodePoint(0x1f600 + i);
      expect(reasonOf(await ada.act({ type: 'react', messageId, emoji }))).toBe('done');
    }
    expect(reasonOf(await bo.act({ type: 'react', messageId, emoji: '👍' }))).toBe('invalid');
    await ada.act({ type: 'unreact', messageId, emoji: String.fromCodePoint(0x1f601) });
    expect(reasonOf(await bo.act({ type: 'react', messageId, emoji: '👍' }))).toBe('done');
    expect(reasonOf(await bo.act({ type: 'react', messageId, emoji: String.fromCodePoint(0x1f600) }))).toBe('done');
  });
});

describe('that somebody', () => {
  it('is writing is told at most every three seconds, a person', async () => {
    const { ada, bo, clock, of } = await lobby();
    for (const ms of [0, 2_999, 1, 0]) {
      clock.advance(ms);
      await ada.act({ type: 'typing' });
    }
    await bo.act({ type: 'typing' });
    expect((await of('room.typing.started')).map(({ participantId, at }) => [participantId, at])).toEqual([
      [ada.participantId, 5_000],
      [ada.participantId, 8_000],
      [bo.participantId, 8_000],
    ]);
  });

  it('turns away is told when it changes', async () => {
    const { ada, gateway, of } = await lobby();
    for (const presence of ['here', 'away', 'away', 'here'] as const) await ada.act({ type: 'presence', presence });
    expect((await of('room.presence.updated')).map(({ presence }) => presence)).toEqual(['away', 'here']);
    await ada.act({ type: 'presence', presence: 'away' });
    expect((await gateway.participants('lobby'))?.map(({ presence }) => presence)).toEqual(['away', 'here']);
  });

  it('has another name is told, and of two who want it at once one gets another', async () => {
    const { ada, bo, gateway } = await lobby();
    await Promise.all([ada, bo].map(({ act }) => act({ type: 'rename', name: 'Cy' })));
    expect((await gateway.participants('lobby'))?.map(({ name }) => name)).toEqual(['Cy', 'Cy 2']);
  });

  it('has another name is told, and nobody else has it', async () => {
    const { ada, bo, gateway, of } = await lobby();
    await ada.act({ type: 'rename', name: ' bo ' });
    await bo.act({ type: 'rename', name: 'Bo' });
    await bo.act({ type: 'rename', name: 'BOT' });
    expect(reasonOf(await bo.act({ type: 'rename', name: 'a\u0000b' }))).toBe('invalid');
    expect(await of('room.participant.updated')).toEqual([
      { participantId: ada.participantId, name: 'bo 2', isBot: false },
      { participantId: bo.participantId, name: 'BOT 2', isBot: false },
    ]);
    expect((await gateway.participants('lobby'))?.map(({ name }) => name)).toEqual(['bo 2', 'BOT 2']);
  });
});

describe('whoever does too much', () => {
  it('is refused, alone, until some time has passed', async () => {
    const { ada, bo, clock, of } = await lobby();
    const said = await Promise.all(Array.from({ length: 25 }, (_, i) => ada.act({ type: 'say', text: `${i}` })));
    expect(said.map(reasonOf).filter((reason) => reason === 'too-many')).toHaveLength(5);
    expect(reasonOf(await bo.act({ type: 'say', text: 'hi' }))).toBe('done');
    clock.advance(499);
    expect(reasonOf(await ada.act({ type: 'say', text: 'x' }))).toBe('too-many');
    clock.advance(1);
    expect(reasonOf(await ada.act({ type: 'say', text: 'x' }))).toBe('done');
    expect(await of('room.message.received')).toHaveLength(22);
  });
});

describe('reactions', () => {
  it('by the same emoji are of a hundred people at most, whether they are there still or not', async () => {
    const { ada, enter } = await lobby();
    const messageId = idOf(await ada.act({ type: 'say', text: 'hi' }));
    const react = { type: 'react', messageId, emoji: '👍' } as const;
    for (let i = 0; i < 100; i++) {
      const guest = await enter(`guest ${i}`);
      expect(reasonOf(await guest.act(react))).toBe('done');
      await guest.leave();
    }
    expect(reasonOf(await ada.act(react))).toBe('invalid');
    expect(reasonOf(await ada.act({ ...react, emoji: '🎉' }))).toBe('done');
  });
});

describe('where the log', () => {
  it('lags behind, nothing is done, and that is said', async () => {
    const { ada, bo, rooms, gateway, of } = await lobby();
    rooms.refusing = 'busy';
    expect(reasonOf(await ada.act({ type: 'say', text: 'x' }))).toBe('busy');
    expect(reasonOf(await gateway.enter('lobby', { name: 'Cy' }))).toBe('busy');
    rooms.refusing = undefined;
    expect(reasonOf(await bo.act({ type: 'say', text: 'y' }))).toBe('done');
    expect(await of('room.message.received')).toHaveLength(1);
  });
});

describe('of messages', () => {
  it('the newest five hundred are known', async () => {
    const { ada, rooms } = await lobby();
    const first = idOf(await ada.act({ type: 'say', text: 'first' }));
    const say = (i: number) =>
      rooms.says('lobby', 'room.message.sent', { messageId: `m-${i}`, participantId: 'bot', text: `${i}`, at: 0 });
    for (let i = 0; i < 499; i++) await say(i);
    expect(reasonOf(await ada.act({ type: 'react', messageId: first, emoji: '👍' }))).toBe('done');
    await say(499);
    expect(reasonOf(await ada.act({ type: 'react', messageId: first, emoji: '🎉' }))).toBe('no-message');
    expect(reasonOf(await ada.act({ type: 'react', messageId: 'm-0', emoji: '🎉' }))).toBe('done');
  });
});
