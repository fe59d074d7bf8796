import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../bot/environment.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import { type Connector, ConnectorError } from '../../bot/rooms/port.ts';
import { Session } from '../../bot/session.ts';
import type { RoomAccess } from '../../spec/generated/command.ts';
import { SPEC_VERSION, testBus } from '../helpers/test-bus.ts';

/** A session in a room that a test can lose. */
function setUp(change: (room: Connector) => void = () => {}, options: object = {}) {
  const parts = testBus();
  const read = readEnvironment({
    ROOMD_ROOM_ID: 'r',
    ROOMD_RUN_ID: 'run',
    BOT_POLICY_PATH: '-',
    ROOMD_OPTIONS: JSON.stringify({ greet: false, ...options }),
  });
  if (!read.ok) throw new Error(read.problems.join());
  const said: string[] = [];
  const room = new LocalRoom({ ...parts, onError: () => expect.unreachable(), say: () => {} });
  let stay = Promise.withResolvers<string>();
  let joins = 0;
  const { join, send } = room;
  let inside = false;
  Object.defineProperty(room, 'ended', { get: () => stay.promise });
  room.join = async () => {
    joins++;
    stay = Promise.withResolvers();
    await join.call(room);
    inside = true;
  };
  room.send = (text) => (inside ? send.call(room, text) : Promise.reject(new ConnectorError('not in the room', true)));
  change(room);
  const session = new Session({
    environment: read.environment,
    bus: parts.bus,
    clock: parts.clock,
    random: () => 0.5,
    loadPolicy: () => ({ policyVersion: SPEC_VERSION, layers: [], policy: {} }),
    createRoom: () => room,
    say: (line) => said.push(line),
  });
  let code: number | undefined;
  void session.run().then((value) => {
    code = value;
  });
  const lose = (retryable = true) => {
    inside = false;
    stay.reject(new ConnectorError('the network is gone', retryable));
  };
  const connections = () => parts.payloads('room.connection.changed');
  const over = (reason: string) => stay.resolve(reason);
  return { ...parts, room, session, said, lose, over, connections, code: () => code, joins: () => joins };
}

describe('a room that is lost', () => {
  test('is joined again, and the bot acts on in it', async () => {
    const { clock, lose, over, topics, connections, payloads, session, said, code } = setUp();
    await clock.pass(2_000);
    lose();
    await clock.pass(0);
    expect(topics().slice(2)).toEqual([
      'assistant.room.join.succeeded',
      'assistant.session.started',
      'room.connection.changed',
      'assistant.room.join.requested',
      'assistant.room.join.succeeded',
      'room.connection.changed',
    ]);
    expect(connections()).toEqual([
      { state: 'interrupted', at: 2_000 },
      { state: 'connected', at: 2_000 },
    ]);
    expect(said).toEqual(['the room is lost and joined again: the network is gone']);
    session.command({ type: 'app_message', text: 'back' });
    await clock.pass(0);
    expect(payloads('room.message.sent')).toMatchObject([{ text: 'back' }]);
    over('meeting_over');
    await clock.pass(0);
    expect([payloads('assistant.session.ended'), code()]).toEqual([[{ reason: 'meeting_over', durationMs: 2_000 }], 0]);
    expect(clock.waiting).toBe(0);
  });

  test('is silent for the bot while it is outside', async () => {
    let open = true;
    const { clock, lose, payloads, session, said } = setUp((room) => {
      const { join } = room;
      room.join = (signal) => (open ? join.call(room, signal) : new Promise(() => {}));
    });
    await clock.pass(0);
    open = false;
    lose();
    await clock.pass(0);
    session.command({ type: 'app_message', text: 'anybody there?' });
    await clock.pass(0);
    expect(said.at(-1)).toBe('app_message ignored: not in the room');
    expect(payloads('assistant.tool.invoked')).toEqual([]);
  });

  test('five times, without a minute in it between, is given up with 75', async () => {
    const { clock, lose, joins, payloads, connections, code } = setUp();
    await clock.pass(0);
    for (let i = 0; i < 4; i++) {
      lose();
      await clock.pass(59_999);
      expect([joins(), code()]).toEqual([i + 2, undefined]);
    }
    lose();
    await clock.pass(0);
    expect([joins(), code()]).toEqual([5, 75]);
    expect(payloads('assistant.session.failed')).toEqual([{ reason: 'the network is gone', retryable: true }]);
    expect(connections().filter(({ state }) => state === 'connected')).toHaveLength(4);
  });

  test('now and then is joined again for ever', async () => {
    const { clock, lose, joins, code } = setUp();
    for (let i = 0; i < 20; i++) {
      await clock.pass(60_000);
      lose();
    }
    await clock.pass(0);
    expect([joins(), code()]).toEqual([21, undefined]);
  });

  test('for good ends it with 78', async () => {
    const { clock, lose, joins, code } = setUp();
    await clock.pass(0);
    lose(false);
    await clock.pass(0);
    expect([joins(), code()]).toEqual([1, 78]);
  });

  test('and not to be joined again, after the usual attempts, ends it', async () => {
    let attempts = 0;
    const { clock, lose, payloads, code } = setUp((room) => {
      const { join } = room;
      room.join = (signal) =>
        attempts++ === 0 ? join.call(room, signal) : Promise.reject(new ConnectorError('still gone', true));
    });
    await clock.pass(0);
    lose();
    await clock.pass(10_000);
    expect([attempts, code()]).toEqual([4, 75]);
    expect(payloads('assistant.session.failed')).toEqual([{ reason: 'still gone', retryable: true }]);
  });

  test('may be left while it is joined again', async () => {
    let attempts = 0;
    const { clock, lose, session, payloads, code } = setUp((room) => {
      const { join } = room;
      room.join = (signal) => (attempts++ === 0 ? join.call(room, signal) : new Promise(() => {}));
    });
    await clock.pass(0);
    lose();
    await clock.pass(0);
    session.stop('requested');
    await clock.pass(0);
    expect([payloads('assistant.session.ended'), code()]).toEqual([[{ reason: 'requested', durationMs: 0 }], 0]);
  });
});

test('browsers are told from the join until the bot leaves', async () => {
  const told: unknown[] = [];
  const { clock, session, code } = setUp(
    (room) => {
      room.tell = (data) => Promise.resolve(void told.push((data as { roomd: { topic: string } }).roomd.topic));
    },
    { tell: { topics: ['assistant.**'], perSecond: 50 } },
  );
  await clock.pass(0);
  session.stop('requested');
  await clock.pass(0);
  expect(code()).toBe(0);
  expect(told).toEqual(['assistant.room.join.requested', 'assistant.room.join.succeeded', 'assistant.session.started']);
});

describe('how to get in', () => {
  const access: RoomAccess = { type: 'room.access', url: 'https://a.example', page: '/p' };

  test('is told to the room, also before there is one, the last word only', async () => {
    const told: unknown[] = [];
    const { session, clock } = setUp((room) => {
      room.access = (command) => told.push(command);
    });
    session.command({ ...access, url: 'https://b.example' });
    session.command(access);
    await clock.pass(0);
    expect(told).toEqual([access]);
    const refused = { type: 'room.refused', reason: 'no', retryable: true } as const;
    session.command(refused);
    expect(told).toEqual([access, refused]);
  });

  test('is nothing to a room that everybody may enter', async () => {
    const { session, clock, said, code } = setUp();
    session.command(access);
    await clock.pass(0);
    session.command(access);
    expect([said, code()]).toEqual([[], undefined]);
  });
});
