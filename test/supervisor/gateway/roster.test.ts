import { setImmediate } from 'node:timers/promises';
import { describe, expect, it } from 'vitest';
import { eventOf } from '../../../supervisor/base/event.ts';
import { holdReading, idOf, openGateway, reasonOf } from './rig.ts';

const names = (people: readonly { readonly name: string }[] | undefined) => people?.map(({ name }) => name);

async function lobby() {
  const rig = openGateway();
  await rig.rooms.begin('lobby');
  return rig;
}

describe('whoever enters', () => {
  it('is told of, and is told who is there', async () => {
    const { enter, of, gateway } = await lobby();
    const ada = await enter('  Ada ');
    const bo = await enter('Bo');
    expect(ada.participantId).toMatch(/^p-[0-9a-f]{12}$/);
    expect(names(ada.participants)).toEqual(['Ada']);
    expect(names(bo.participants)).toEqual(['Ada', 'Bo']);
    expect(await gateway.participants('lobby')).toEqual(bo.participants);
    expect(await of('room.participant.joined')).toEqual([
      { participantId: ada.participantId, name: 'Ada', isBot: false },
      { participantId: bo.participantId, name: 'Bo', isBot: false },
    ]);
  });

  it('has a name that nobody has, also when all come at once, and not the bot’s', async () => {
    const { enter } = await lobby();
    const all = await Promise.all(['Ada', 'ADA', 'ａｄａ', 'bot', 'Ada'].map((name) => enter(name)));
    expect(names(all.at(-1)?.participants)).toEqual(['Ada', 'ADA 2', 'ａｄａ 3', 'bot 2', 'Ada 4']);
  });

  it.each(['', '   ', '\u200b', 'a\nb', 'a\u202eb', 'x'.repeat(65)])('is refused under the name %j', async (name) => {
    const { gateway, of } = await lobby();
    expect(reasonOf(await gateway.enter('lobby', { name }))).toBe('invalid');
    expect(await of('room.participant.joined')).toEqual([]);
  });

  it('is refused where there is no room, none for people, or one that has ended', async () => {
    const { rooms, gateway } = await lobby();
    await rooms.begin('bridge', { connector: 'external' });
    await rooms.begin('over');
    await rooms.end('over');
    for (const [roomId, reason] of [
      ['none', 'no-room'],
      ['bridge', 'not-local'],
      ['over', 'ended'],
    ] as const) {
      expect(reasonOf(await gateway.enter(roomId, { name: 'Ada' }))).toBe(reason);
      expect(await gateway.participants(roomId)).toBeUndefined();
    }
  });

  it('waits for a room that has just begun', async () => {
    const { rooms, enter } = await lobby();
    rooms.run('young');
    const entering = enter('Ada', undefined, 'young');
    await rooms.publish('young', 'supervisor.room.state.changed', { from: 'none', to: 'starting', cause: 'requested' });
    expect((await entering).kind).toBe('place');
  });

  it('is the hundredth at most; the bot is none of them', async () => {
    const { enter, gateway, rooms } = await lobby();
    await rooms.says('lobby', 'assistant.room.join.succeeded', { elapsedMs: 0 });
    const all = await Promise.all(Array.from({ length: 100 }, (_, i) => enter(`p${i}`)));
    expect(await gateway.participants('lobby')).toHaveLength(101);
    expect(reasonOf(await gateway.enter('lobby', { name: 'late' }))).toBe('full');
    expect((await enter('again', all[0]?.seat)).participantId).toBe(all[0]?.participantId);
    await all[1]?.leave();
    expect(reasonOf(await gateway.enter('lobby', { name: 'late' }))).toBe('place');
  });
});

it('nobody but the gateway says who is there', async () => {
  const { enter, rooms, gateway } = await lobby();
  const ada = await enter('Ada');
  const payload = { participantId: 'p-9', name: 'Eve', isBot: false };
  await rooms.bring('lobby', eventOf('room.participant.joined', payload, 0), 'http:partner');
  const left = eventOf('room.participant.left', { participantId: ada.participantId, isBot: false }, 0);
  await rooms.bring('lobby', left, 'http:partner');
  await ada.act({ type: 'say', text: 'x' });
  expect(names(await gateway.participants('lobby'))).toEqual(['Ada']);
});

describe('a place', () => {
  it('that is left is free at once', async () => {
    const { enter, gateway, of } = await lobby();
    const ada = await enter('Ada');
    await ada.leave();
    await ada.leave();
    ada.lost();
    expect(await of('room.participant.left')).toEqual([
      { participantId: ada.participantId, name: 'Ada', isBot: false },
    ]);
    expect(await gateway.participants('lobby')).toEqual([]);
    expect(reasonOf(await ada.act({ type: 'say', text: 'x' }))).toBe('ended');
  });

  it('that is lost is kept for twenty seconds', async () => {
    const { enter, clock, gateway, until } = await lobby();
    const ada = await enter('Ada');
    ada.lost();
    await clock.pass(19_999);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada']);
    await clock.pass(1);
    await until('room.participant.left', 1);
  });

  it('that is lost is taken again by its seat, and nobody hears of it', async () => {
    const { enter, clock, of, gateway } = await lobby();
    const ada = await enter('Ada');
    ada.lost();
    await clock.pass(19_999);
    const again = await enter('Anybody', ada.seat);
    expect(again.participantId).toBe(ada.participantId);
    await clock.pass(60_000);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada']);
    expect(await of('room.participant.joined')).toHaveLength(1);
    expect(await of('room.participant.left')).toEqual([]);
    expect(reasonOf(await again.act({ type: 'say', text: 'back' }))).toBe('done');
  });

  it('that is taken again at the last moment is not given up', async () => {
    const { enter, clock, log, of, gateway } = await lobby();
    const ada = await enter('Ada');
    ada.lost();
    const gate = Promise.withResolvers<void>();
    const { append } = log;
    log.append = async (...what) => {
      await gate.promise;
      return await append.call(log, ...what);
    };
    // Somebody else is at the door, then Ada, and then her time is up.
    const others = enter('Bo');
    const again = enter('Ada', ada.seat);
    await setImmediate();
    clock.advance(20_000);
    gate.resolve();
    await others;
    const { act } = await again;
    expect(reasonOf(await act({ type: 'say', text: 'here' }))).toBe('done');
    expect(await of('room.participant.left')).toEqual([]);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada', 'Bo']);
  });

  it('that was given up is had again under the same id', async () => {
    const { enter, of } = await lobby();
    const ada = await enter('Ada');
    await ada.leave();
    expect((await enter('Ada L.', ada.seat)).participantId).toBe(ada.participantId);
    expect((await of('room.participant.joined')).map(({ participantId }) => participantId)).toEqual([
      ada.participantId,
      ada.participantId,
    ]);
  });

  it('in two tabs is left with the last of them', async () => {
    const { enter, clock, of, gateway } = await lobby();
    const one = await enter('Ada');
    const two = await enter('Ada', one.seat);
    await one.leave();
    expect(reasonOf(await two.act({ type: 'say', text: 'still here' }))).toBe('done');
    one.lost();
    await clock.pass(60_000);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada']);
    await two.leave();
    expect(await of('room.participant.left')).toHaveLength(1);
  });

  it('can’t be had with a seat of another room, of one before, or one that was changed', async () => {
    const { enter, rooms, clock } = await lobby();
    await rooms.begin('other');
    const ada = await enter('Ada');
    expect((await enter('Eve', ada.seat, 'other')).participantId).not.toBe(ada.participantId);
    const [text = '', signature = ''] = ada.seat.split('.');
    const bo = await enter('Bo');
    for (const seat of [
      `${bo.seat.split('.')[0]}.${signature}`,
      text,
      `${text}.`,
      `${text}.AAAA`,
      '',
      '.',
      'x'.repeat(9_000),
    ]) {
      expect((await enter('Eve', seat)).participantId).not.toBe(ada.participantId);
      expect((await enter('Eve', seat)).participantId).not.toBe(bo.participantId);
    }
    await rooms.end('lobby');
    rooms.views.delete('lobby');
    clock.advance(1_000);
    await rooms.begin('lobby');
    expect((await enter('Ada', ada.seat)).participantId).not.toBe(ada.participantId);
  });

  it('is none in a room that ends while somebody waits at its door', async () => {
    const { gateway, rooms, log } = openGateway();
    const gate = Promise.withResolvers<void>();
    const reading = holdReading(log, gate.promise);
    await rooms.begin('lobby');
    await reading;
    const waiting = [gateway.enter('lobby', { name: 'Ada' }), gateway.participants('lobby')] as const;
    await setImmediate();
    await rooms.end('lobby');
    gate.resolve();
    expect(reasonOf(await waiting[0])).toBe('ended');
    expect(await waiting[1]).toBeUndefined();
  });

  it('that is left and taken again gives nobody more to do', async () => {
    const { enter, clock } = await lobby();
    const ada = await enter('Ada');
    for (let i = 0; i < 20; i++) await ada.act({ type: 'presence', presence: i % 2 === 0 ? 'away' : 'here' });
    await ada.leave();
    const again = await enter('Ada', ada.seat);
    expect(reasonOf(await again.act({ type: 'say', text: 'x' }))).toBe('too-many');
    await again.leave();
    clock.advance(10_000);
    const later = await enter('Ada', ada.seat);
    expect(reasonOf(await later.act({ type: 'say', text: 'x' }))).toBe('done');
  });

  it('is over when the room has ended', async () => {
    const { enter, rooms } = await lobby();
    const ada = await enter('Ada');
    await rooms.end('lobby');
    await ada.over;
    expect(reasonOf(await ada.act({ type: 'say', text: 'x' }))).toBe('ended');
  });

  it('is given up later where that can’t be written down now', async () => {
    const { enter, rooms, clock, until, of } = await lobby();
    const ada = await enter('Ada');
    rooms.refusing = 'busy';
    await ada.leave();
    expect(await of('room.participant.left')).toEqual([]);
    rooms.refusing = undefined;
    await clock.pass(1_000);
    await until('room.participant.left', 1);
  });
});

describe('the bot', () => {
  it('is there from when it has joined until it says that it goes, or its run ends', async () => {
    const { rooms, until, of, events } = openGateway();
    await rooms.begin('lobby', { assistantId: 'helper' });
    await rooms.says('lobby', 'assistant.room.join.succeeded', { elapsedMs: 0 });
    await until('room.participant.joined', 1);
    const started = { connector: 'local', policyVersion: `sha256:${'0'.repeat(64)}` };
    await rooms.says('lobby', 'assistant.session.started', started);
    await rooms.says('lobby', 'assistant.session.ended', { reason: 'x', durationMs: 0 });
    await until('room.participant.left', 1);
    rooms.run('lobby');
    await rooms.publish('lobby', 'supervisor.bot.started', { pid: 2, warm: false });
    await rooms.says('lobby', 'assistant.session.started', started);
    await until('room.participant.joined', 2);
    const exit = { code: 1, signal: null, reason: 'crash', uptimeMs: 1, stderr: [] };
    await rooms.publish('lobby', 'supervisor.bot.exited', exit);
    await until('room.participant.left', 2);
    // What it has left behind is history.
    await rooms.says('lobby', 'assistant.session.started', started);
    await rooms.says('lobby', 'room.message.sent', { messageId: 'm', participantId: 'helper', text: 'x', at: 0 });
    const helper = { participantId: 'helper', name: 'helper', isBot: true };
    expect(await of('room.participant.joined')).toEqual([helper, helper]);
    expect((await events()).filter(({ meta }) => meta?.by === 'gateway')).toHaveLength(4);
  });

  const started = { connector: 'local', policyVersion: `sha256:${'0'.repeat(64)}` };

  it('that comes and goes without end keeps nobody from the door', async () => {
    const { rooms, of, log, enter, until } = await lobby();
    const gate = Promise.withResolvers<void>();
    const { append } = log;
    let held = 0;
    log.append = async (entries, documents) => {
      const isOfBot = entries.some(({ topic }) => topic.startsWith('room.participant.'));
      if (isOfBot && held++ === 0) await gate.promise;
      return await append.call(log, entries, documents);
    };
    for (let i = 0; i < 50; i++) {
      await rooms.says('lobby', 'assistant.session.started', started);
      await rooms.says('lobby', 'assistant.session.ended', { reason: 'x', durationMs: 0 });
    }
    const ada = enter('Ada');
    gate.resolve();
    await ada;
    await until('room.participant.left', 1);
    // One more change stood at the door before her, and it was the last.
    expect((await of('room.participant.joined')).map(({ name }) => name)).toEqual(['bot', 'Ada']);
    expect(await of('room.participant.left')).toHaveLength(1);
  });

  it('is told of later where that can’t be written down now', async () => {
    const { rooms, clock, until, gateway } = await lobby();
    rooms.refusing = 'busy';
    await rooms.says('lobby', 'assistant.session.started', started);
    expect(await gateway.participants('lobby')).toEqual([]);
    rooms.refusing = undefined;
    await clock.pass(1_000);
    await until('room.participant.joined', 1);
    rooms.refusing = 'busy';
    await rooms.says('lobby', 'assistant.session.ended', { reason: 'x', durationMs: 0 });
    expect(names(await gateway.participants('lobby'))).toEqual(['bot']);
    rooms.refusing = undefined;
    await clock.pass(1_000);
    await until('room.participant.left', 1);
  });
});

describe('after a supervisor', () => {
  async function twoLives() {
    const before = await lobby();
    const places = [await before.enter('Ada'), await before.enter('Bo')] as const;
    await before.rooms.says('lobby', 'assistant.session.started', {
      connector: 'local',
      policyVersion: `sha256:${'0'.repeat(64)}`,
    });
    await before.until('room.participant.joined', 3);
    await places[1].act({ type: 'rename', name: 'Bob' });
    const messageId = idOf(await places[0].act({ type: 'say', text: 'before' }));
    await before.gateway.stop();
    before.rooms.run('lobby');
    before.rooms.told.length = 0;
    return { ...openGateway({}, before), places, messageId };
  }

  it('people are known, have time to come back, and keep the room from idling', async () => {
    const { gateway, rooms, enter, clock, until, of, places, messageId } = await twoLives();
    const ada = await enter('Whoever', places[0].seat);
    expect(ada.participantId).toBe(places[0].participantId);
    expect(rooms.people.get('lobby')).toEqual(places.map(({ participantId }) => participantId));
    await until('room.participant.left', 1);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada', 'Bob']);
    // No run of this supervisor's has begun.
    expect(rooms.told).toEqual([]);
    expect(reasonOf(await ada.act({ type: 'edit', messageId, text: 'after' }))).toBe('done');
    await clock.pass(20_000);
    await until('room.participant.left', 2);
    // The bot went with the supervisor, and Bob didn't come back.
    expect((await of('room.participant.left')).map(({ name }) => name)).toEqual(['bot', 'Bob']);
    expect(await of('room.participant.joined')).toHaveLength(3);
  });

  it('whoever comes before its rooms are known waits for that, and people’s time begins then', async () => {
    const before = await lobby();
    const places = [await before.enter('Ada'), await before.enter('Bo')] as const;
    await before.gateway.stop();
    const gate = Promise.withResolvers<void>();
    void holdReading(before.log, gate.promise);
    const { gateway, enter, clock, until } = openGateway({}, before);
    const [cy, people] = [enter('Cy'), gateway.participants('lobby')];
    clock.advance(60_000);
    gate.resolve();
    await cy;
    expect(names(await people)).toEqual(expect.arrayContaining(['Ada', 'Bo']));
    clock.advance(19_999);
    expect((await enter('Whoever', places[0].seat)).participantId).toBe(places[0].participantId);
    await clock.pass(1);
    await until('room.participant.left', 1);
    expect(names(await gateway.participants('lobby'))).toEqual(['Ada', 'Cy']);
  });

  it('a room of the same id before that is forgotten', async () => {
    const { rooms, gateway, log, clock, ...before } = await lobby();
    const ada = await before.enter('Ada');
    const messageId = idOf(await ada.act({ type: 'say', text: 'long ago' }));
    await rooms.end('lobby');
    rooms.views.delete('lobby');
    await rooms.begin('lobby');
    await before.enter('Cy');
    await gateway.stop();
    const after = openGateway({}, { log, rooms, clock });
    const bo = await after.enter('Bo');
    expect(names(bo.participants)).toEqual(['Cy', 'Bo']);
    expect(reasonOf(await bo.act({ type: 'say', text: 'x', replyTo: messageId }))).toBe('no-message');
  });
});
