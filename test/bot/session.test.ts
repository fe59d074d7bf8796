import { describe, expect, test } from 'vitest';
import type { Environment } from '../../bot/environment.ts';
import { OptionsError } from '../../bot/options.ts';
import { SnapshotError } from '../../bot/policy/snapshot.ts';
import { LocalRoom } from '../../bot/rooms/local.ts';
import { type Connector, ConnectorError } from '../../bot/rooms/port.ts';
import { Session } from '../../bot/session.ts';
import type { ConversationPolicy, PolicySnapshot } from '../../spec/policy.ts';
import { SPEC_VERSION, testBus } from '../helpers/test-bus.ts';

const environment: Environment = {
  roomId: 'r',
  runId: 'run',
  attempt: 1,
  specVersion: undefined,
  connector: 'local',
  options: {},
  assistantId: undefined,
  assistantName: undefined,
  tenantId: undefined,
  policyPath: '/p',
  heartbeatMs: 15_000,
  spillPath: undefined,
};

function setUp(change: (room: Connector) => void = () => {}, policy: ConversationPolicy = {}, options = {}) {
  const parts = testBus();
  const room = new LocalRoom({ ...parts, onError: () => {}, say: () => {} });
  change(room);
  const said: string[] = [];
  let left = 0;
  const leave = room.leave.bind(room);
  room.leave = () => {
    left++;
    return leave();
  };
  let file: { policyVersion: string; policy: ConversationPolicy | Error } = { policyVersion: SPEC_VERSION, policy };
  const loadPolicy = (): PolicySnapshot => {
    const { policyVersion, policy } = file;
    if (policy instanceof Error) throw policy;
    return { policyVersion, layers: ['defaults'], policy };
  };
  const put = (policyVersion: string, policy: ConversationPolicy | Error) => {
    file = { policyVersion, policy };
  };
  const session = new Session({
    environment: { ...environment, options: { greet: false, ...options } },
    bus: parts.bus,
    clock: parts.clock,
    random: () => 0.5,
    loadPolicy,
    createRoom: () => room,
    say: (line) => said.push(line),
  });
  let code: number | undefined;
  const run = () => {
    void session.run().then((value) => {
      code = value;
    });
  };
  return { ...parts, session, said, run, put, code: () => code, left: () => left };
}

const joined = [
  'conversation.policy.loaded',
  'assistant.room.join.requested',
  'assistant.room.join.succeeded',
  'assistant.session.started',
];

describe('a session', () => {
  test('P12: joins, acts, and leaves when told to, and the first cause wins', async () => {
    const { session, clock, topics, payloads, run, code, left } = setUp();
    run();
    await clock.pass(1_000);
    expect(topics()).toEqual(joined);
    session.command({ type: 'shutdown', reason: 'requested', deadlineMs: 3_000 });
    session.stop('SIGTERM');
    expect(session.deadline).toBe(4_000);
    await clock.pass(0);
    expect(topics().slice(4)).toEqual(['assistant.session.ended']);
    expect(payloads('assistant.session.ended')).toEqual([{ reason: 'requested', durationMs: 1_000 }]);
    expect([code(), left()]).toEqual([0, 1]);
    expect(clock.waiting).toBe(0);
  });

  test('ends when the room does', async () => {
    const over = Promise.withResolvers<string>();
    const { clock, payloads, run, code } = setUp((room) => Object.assign(room, { ended: over.promise }));
    run();
    await clock.pass(500);
    over.resolve('meeting_over');
    await clock.pass(0);
    expect(payloads('assistant.session.ended')).toEqual([{ reason: 'meeting_over', durationMs: 500 }]);
    expect(code()).toBe(0);
  });

  test.each([
    ['before it runs', 0],
    ['while it joins', 1],
  ])('P12: may be stopped %s', async (_, when) => {
    const { session, clock, topics, run, code, left } = setUp((room) => {
      room.join = () => new Promise(() => {});
    });
    if (when === 0) session.stop('SIGTERM');
    run();
    await clock.pass(0);
    if (when === 1) session.stop('SIGTERM');
    await clock.pass(0);
    expect(topics()).toEqual([...joined.slice(0, 1 + when), 'assistant.session.ended']);
    expect([code(), left()]).toEqual([0, 1]);
  });

  test('a room that will not let go is left behind at half of the deadline', async () => {
    const { session, clock, topics, run, code } = setUp((room) => {
      room.leave = () => new Promise(() => {});
    });
    run();
    await clock.pass(0);
    session.command({ type: 'shutdown', reason: 'requested', deadlineMs: 1_000 });
    await clock.pass(499);
    expect(topics()).toEqual(joined);
    await clock.pass(1);
    expect(topics().at(-1)).toBe('assistant.session.ended');
    expect(code()).toBe(0);
  });

  test('a room that fails to be left is left all the same', async () => {
    const { session, clock, topics, said, run, code } = setUp((room) => {
      room.leave = () => Promise.reject(new Error('stuck'));
    });
    run();
    await clock.pass(0);
    session.stop('requested');
    await clock.pass(0);
    expect(topics().at(-1)).toBe('assistant.session.ended');
    expect(said).toEqual(['leaving the room: stuck']);
    expect(code()).toBe(0);
  });

  test.each([
    ['passes', true, 75],
    ['lasts', false, 78],
  ])('a join whose failure %s ends it with the exit code for that', async (_, retryable, expected) => {
    const { clock, payloads, run, code, said } = setUp((room) => {
      room.join = () => Promise.reject(new ConnectorError('closed', retryable));
    });
    run();
    await clock.pass(60_000);
    expect(payloads('assistant.session.failed')).toEqual([{ reason: 'closed', retryable }]);
    expect(payloads('assistant.session.started')).toEqual([]);
    expect(said).toEqual(['closed']);
    expect(code()).toBe(expected);
  });

  test('a room that is lost ends it with 75', async () => {
    const lost = Promise.withResolvers<string>();
    const { clock, payloads, run, code } = setUp((room) => Object.assign(room, { ended: lost.promise }));
    run();
    await clock.pass(0);
    lost.reject(new ConnectorError('kicked', true));
    await clock.pass(0);
    expect(payloads('assistant.session.failed')).toEqual([{ reason: 'kicked', retryable: true }]);
    expect(code()).toBe(75);
  });

  test('losing a room that is being left is no failure', async () => {
    const lost = Promise.withResolvers<string>();
    const { session, clock, payloads, run, code } = setUp((room) => Object.assign(room, { ended: lost.promise }));
    run();
    await clock.pass(0);
    session.stop('requested');
    lost.reject(new ConnectorError('kicked', true));
    await clock.pass(0);
    expect(payloads('assistant.session.failed')).toEqual([]);
    expect(code()).toBe(0);
  });

  test('P18: without a policy to trust, or with wrong options, nothing begins', async () => {
    for (const error of [new SnapshotError('bad hash'), new OptionsError('bad options')]) {
      const { bus, clock, topics } = testBus();
      const fail = () => {
        throw error;
      };
      const create = () => {
        throw new Error('unreachable');
      };
      const parts = { environment, bus, clock, random: () => 0, say: () => {} };
      expect(await new Session({ ...parts, loadPolicy: fail, createRoom: create }).run()).toBe(78);
      expect(topics()).toEqual(['assistant.session.failed']);
    }
    const { clock, topics, run, code } = setUp(undefined, {}, { scoreEvery: 'often' });
    run();
    await clock.pass(0);
    expect(topics()).toEqual(['conversation.policy.loaded', 'assistant.session.failed']);
    expect(code()).toBe(78);
  });
});

describe('commands', () => {
  test('an app_message goes into the room, within the policy', async () => {
    const { session, clock, topics, payloads, run, said } = setUp(undefined, { turns: { maxPerSession: 1 } });
    session.command({ type: 'app_message', text: 'too early' });
    expect(said).toEqual(['app_message ignored: not in the room']);
    run();
    await clock.pass(1_234);
    session.command({ type: 'app_message', text: 'hello' });
    session.command({ type: 'app_message', text: 'again' });
    await clock.pass(0);
    expect(payloads('room.message.sent')).toEqual([
      { messageId: expect.any(String), participantId: 'bot', text: 'hello', at: 1_234 },
    ]);
    expect(topics().slice(4).sort()).toEqual([
      'assistant.tool.invoked',
      'assistant.tool.invoked',
      'conversation.policy.violation',
      'room.message.sent',
    ]);
  });

  test('the last score calls for no message any more', async () => {
    const options = { minSpeech: 0, dominanceThreshold: 0.1 };
    const { session, bus, clock, payloads, run } = setUp(undefined, {}, options);
    run();
    await clock.pass(0);
    bus.publish('room.participant.joined', { participantId: 'bo', isBot: false });
    bus.publish('room.speaker.changed', { participantId: 'ada', at: 0, speaking: ['ada'] });
    await clock.pass(20_000);
    session.stop('requested');
    await clock.pass(0);
    expect(payloads('room.dominance.score')).toMatchObject([{ at: 20_000, dominance: 1 }]);
    expect(payloads('assistant.tool.invoked')).toEqual([]);
  });

  test('a warning silences the facilitator, not the commands', async () => {
    const options = { minSpeech: 0, messageEvery: 0, scoreEvery: 1_000, dominanceThreshold: 0.1 };
    const { session, bus, clock, payloads, run } = setUp(undefined, {}, options);
    run();
    await clock.pass(0);
    bus.publish('room.participant.joined', { participantId: 'ada', isBot: false });
    bus.publish('room.participant.joined', { participantId: 'bo', isBot: false });
    bus.publish('room.speaker.changed', { participantId: 'ada', at: 0, speaking: ['ada'] });
    await clock.pass(1_000);
    expect(payloads('room.message.sent')).toHaveLength(1);
    session.command({ type: 'policy.warn', rule: 'turns.maxChars', causeId: 'c' });
    session.command({ type: 'app_message', text: 'hello' });
    await clock.pass(299_999);
    expect(payloads('room.message.sent').map(({ text }) => text)).toEqual([expect.any(String), 'hello']);
    await clock.pass(1_000);
    expect(payloads('room.message.sent')).toHaveLength(3);
  });
});

describe('another policy', () => {
  const version = (digit: number) => `sha256:${String(digit).repeat(64)}`;
  const update = { type: 'policy.update', policyVersion: version(1) } as const;
  const restrict = {
    type: 'policy.restrict',
    policyVersion: version(1),
    rule: 'turns.maxChars',
    causeId: 'c',
  } as const;

  test('P21: an update is read, kept to and told of; what comes before and after it is under the one and the other', async () => {
    const { session, clock, topics, payloads, run, put } = setUp();
    run();
    await clock.pass(0);
    session.command({ type: 'app_message', text: 'long' });
    put(version(1), { turns: { maxChars: 3 } });
    session.command(update);
    session.command({ type: 'app_message', text: 'also long' });
    await clock.pass(0);
    expect(topics().slice(4)).toEqual([
      'assistant.tool.invoked',
      'room.message.sent',
      'conversation.policy.loaded',
      'assistant.tool.invoked',
      'conversation.policy.violation',
    ]);
    expect(payloads('conversation.policy.loaded').map(({ policyVersion }) => policyVersion)).toEqual([
      SPEC_VERSION,
      version(1),
    ]);
    expect(payloads('conversation.policy.violation')).toMatchObject([{ policyVersion: version(1) }]);
  });

  test('P21: what waits to be told is told before, as of the policy that was broken', async () => {
    const { session, clock, topics, payloads, run, put } = setUp(undefined, { turns: { maxChars: 1 } });
    run();
    await clock.pass(0);
    for (const text of ['long', 'longer']) session.command({ type: 'app_message', text });
    await clock.pass(0);
    put(version(1), {});
    session.command(update);
    expect(topics().slice(-2)).toEqual(['conversation.policy.violation', 'conversation.policy.loaded']);
    const violations = payloads('conversation.policy.violation');
    expect(violations.map(({ policyVersion, count }) => [policyVersion, count])).toEqual([
      [SPEC_VERSION, 1],
      [SPEC_VERSION, 2],
    ]);
  });

  test('P21: the same again is told again and changes nothing; what is in the file counts', async () => {
    const { session, clock, payloads, run, put } = setUp(undefined, { turns: { maxPerSession: 1 } });
    run();
    await clock.pass(0);
    session.command(update);
    put(version(2), { turns: { maxPerSession: 2 } });
    session.command(update);
    session.command(update);
    const told = payloads('conversation.policy.loaded').map(({ policyVersion }) => policyVersion);
    expect(told).toEqual([SPEC_VERSION, SPEC_VERSION, version(2), version(2)]);
  });

  test.each(['policy.update', 'policy.restrict'] as const)(
    'P21: %s may come before the room is joined',
    async (type) => {
      const joining = Promise.withResolvers<void>();
      const { session, clock, topics, payloads, run, put, said } = setUp((room) => {
        const join = room.join.bind(room);
        room.join = async (signal) => {
          await joining.promise;
          await join(signal);
        };
      });
      run();
      put(version(1), { turns: { maxPerSession: 0 } });
      // At once, when nothing is made yet, and again while it joins.
      session.command(type === 'policy.update' ? update : restrict);
      await clock.pass(0);
      session.command(type === 'policy.update' ? update : restrict);
      session.command({ type: 'app_message', text: 'too early' });
      expect(said.at(-1)).toBe('app_message ignored: not in the room');
      joining.resolve();
      await clock.pass(0);
      expect(topics()).toEqual([joined[0], joined[0], joined[1], joined[0], joined[2], joined[3]]);
      expect(payloads('assistant.session.started')).toMatchObject([{ policyVersion: version(1) }]);
      session.command({ type: 'app_message', text: 'hello' });
      await clock.pass(0);
      expect(payloads('conversation.policy.violation')).toMatchObject([{ rule: 'turns.maxPerSession' }]);
    },
  );

  test('one that comes before anything has been read is found by the first reading', async () => {
    const { session, clock, topics, run } = setUp();
    session.command(update);
    expect(topics()).toEqual([]);
    run();
    await clock.pass(0);
    expect(topics()).toEqual(joined);
  });

  test('P21: the cooldown is that of the new one, and a restriction holds the facilitator back like a warning', async () => {
    const options = { minSpeech: 0, messageEvery: 0, scoreEvery: 1_000, dominanceThreshold: 0.1 };
    const { session, bus, clock, payloads, run, put, said } = setUp(undefined, {}, options);
    const sent = () => payloads('room.message.sent').length;
    run();
    await clock.pass(0);
    bus.publish('room.participant.joined', { participantId: 'ada', isBot: false });
    bus.publish('room.participant.joined', { participantId: 'bo', isBot: false });
    bus.publish('room.speaker.changed', { participantId: 'ada', at: 0, speaking: ['ada'] });
    await clock.pass(2_000);
    expect(sent()).toBe(2);
    put(version(1), { attention: { cooldown: 10_000 } });
    session.command(update);
    await clock.pass(9_000);
    expect(sent()).toBe(2);
    await clock.pass(1_000);
    expect(sent()).toBe(3);
    put(version(2), {});
    session.command(restrict);
    expect(said).toEqual(['restricted: turns.maxChars, because of c']);
    await clock.pass(299_000);
    expect(sent()).toBe(3);
    await clock.pass(1_000);
    expect(sent()).toBe(4);
  });

  test.each([
    ['in the room', false],
    ['while it joins', true],
  ])('P18: one that cannot be trusted ends it %s: not a word more, the room is left, 78', async (_, joins) => {
    const { session, clock, topics, payloads, run, put, code, left, said } = setUp((room) => {
      if (joins) room.join = () => new Promise(() => {});
    });
    run();
    await clock.pass(0);
    put(version(1), new SnapshotError('bad hash'));
    session.command(update);
    session.command({ type: 'app_message', text: 'hello' });
    session.command({ type: 'shutdown', reason: 'requested', deadlineMs: 1_000 });
    await clock.pass(0);
    expect(topics()).toEqual([...joined.slice(0, joins ? 2 : 4), 'assistant.session.failed']);
    expect(payloads('assistant.session.failed')).toEqual([{ reason: 'bad hash', retryable: false }]);
    expect([code(), left(), said.at(-1)]).toEqual([78, 1, 'bad hash']);
    const before = [...said];
    session.command(update);
    expect([topics().at(-1), said]).toEqual(['assistant.session.failed', before]);
  });

  test('one that cannot be trusted changes nothing for a session that leaves anyway', async () => {
    const { session, clock, topics, run, put, code, said } = setUp();
    run();
    await clock.pass(0);
    session.stop('requested');
    put(version(1), new SnapshotError('bad hash'));
    session.command(update);
    await clock.pass(0);
    expect([topics().at(-1), code(), said]).toEqual(['assistant.session.ended', 0, ['bad hash']]);
    put(version(2), {});
    session.command(update);
    expect(topics().at(-1)).toBe('assistant.session.ended');
  });

  test('P21: what waits to be told is told before the end, also when the room is lost', async () => {
    const lost = Promise.withResolvers<string>();
    const lose = (room: Connector) => Object.assign(room, { ended: lost.promise });
    const { session, clock, payloads, run } = setUp(lose, { turns: { maxChars: 1 } });
    run();
    await clock.pass(0);
    for (const text of ['long', 'longer']) session.command({ type: 'app_message', text });
    await clock.pass(0);
    lost.reject(new ConnectorError('kicked', true));
    await clock.pass(0);
    expect(payloads('conversation.policy.violation').map(({ count }) => count)).toEqual([1, 2]);
  });
});
