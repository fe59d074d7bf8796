import { describe, expect, test } from 'vitest';
import { readEnvironment } from '../../../bot/environment.ts';
import { LocalRoom } from '../../../bot/rooms/local.ts';
import { Session } from '../../../bot/session.ts';
import type { TopicId, TopicPayloads } from '../../../spec/generated/topics.ts';
import type { ConversationPolicy } from '../../../spec/policy.ts';
import { SPEC_VERSION, testBus } from '../../helpers/test-bus.ts';

type Message = TopicPayloads['room.message.received'];

/** A session in a local room, and what its supervisor tells it. */
function setUp(policy: ConversationPolicy = {}, options: object = {}, more: Record<string, string> = {}) {
  const parts = testBus();
  const read = readEnvironment({
    ROOMD_ROOM_ID: 'r',
    ROOMD_RUN_ID: 'run',
    BOT_POLICY_PATH: '-',
    ROOMD_OPTIONS: JSON.stringify(options),
    ...more,
  });
  if (!read.ok) throw new Error(read.problems.join());
  const said: string[] = [];
  const session = new Session({
    environment: read.environment,
    bus: parts.bus,
    clock: parts.clock,
    random: () => 0.5,
    loadPolicy: () => ({ policyVersion: SPEC_VERSION, layers: [], policy }),
    createRoom: () => new LocalRoom({ ...parts, onError: () => expect.unreachable(), say: () => {} }),
    say: (line) => said.push(line),
  });
  let told = 0;
  const tell = <T extends TopicId>(topic: T, payload: TopicPayloads[T], past?: true, ts = parts.clock.now()) => {
    const id = `0190b1c2-0000-7000-9000-${String(told++).padStart(12, '0')}`;
    session.command({ type: 'room.event', event: { id, ts, topic, payload }, ...(past && { past }) });
  };
  const joins = (participantId: string, past?: true, name = participantId.toUpperCase()) =>
    tell('room.participant.joined', { participantId, name, isBot: false }, past);
  const says = (participantId: string, text: string, of: Partial<Message> = {}, past?: true, ts?: number) =>
    tell('room.message.received', { messageId: `to-${text}`, participantId, text, at: 0, ...of }, past, ts);
  const begin = async () => {
    void session.run();
    await parts.clock.pass(0);
  };
  const sent = () => parts.payloads('room.message.sent').map(({ text }) => text);
  return { ...parts, session, said, tell, joins, says, begin, sent };
}

const HELP = expect.stringContaining('not a language model');

describe('the bot in a local room', () => {
  test('A5: answers whoever addresses it, in reply, and publishes nothing of what it is told', async () => {
    const { clock, joins, says, tell, begin, topics, payloads } = setUp({}, { greet: false });
    await begin();
    joins('ada');
    joins('bo');
    tell('room.typing.started', { participantId: 'ada' });
    says('ada', 'hello, Bo');
    says('ada', '@bot who is here?', { mentions: ['bot'] });
    await clock.pass(1_000);
    expect(topics().slice(4)).toEqual(['assistant.tool.invoked', 'room.message.sent']);
    expect(payloads('room.message.sent')).toEqual([
      {
        messageId: expect.any(String),
        participantId: 'bot',
        text: 'ADA and BO, and I.',
        replyTo: 'to-@bot who is here?',
        at: 0,
      },
    ]);
  });

  test('A2: under its own name too, and in reply to itself, whatever it is called there', async () => {
    const { clock, says, begin, sent, payloads } = setUp({}, {}, { ROOMD_ASSISTANT_ID: 'ann' });
    await begin();
    says('ada', 'ann: help');
    await clock.pass(0);
    const [first] = payloads('room.message.sent');
    expect(first).toMatchObject({ participantId: 'ann', text: HELP });
    says('ada', 'who speaks most?', { replyTo: first?.messageId ?? '' });
    says('ada', 'hm', { replyTo: 'another' });
    await clock.pass(0);
    expect(sent()).toEqual([HELP, expect.stringMatching(/nobody has written anything/)]);
  });

  test('answers by what has happened since: names, departures, shares of five minutes', async () => {
    const { clock, joins, says, tell, begin, sent } = setUp({}, { greet: false });
    await begin();
    for (const id of ['ada', 'bo', 'cy']) joins(id);
    says('cy', 'long ago');
    await clock.pass(300_000);
    tell('room.participant.updated', { participantId: 'ada', name: 'Ada L.', isBot: false });
    tell('room.participant.left', { participantId: 'bo', isBot: false });
    for (const text of ['one', 'two', 'three']) says('ada', text);
    says('cy', 'four');
    says('cy', '@bot who is here');
    says('cy', '@bot who talks most?');
    await clock.pass(0);
    expect(sent()).toEqual([
      'Ada L. and CY, and I.',
      'In the last 5 minutes, Ada L.: 3 messages, 75 % of all. Then CY (25 %).',
    ]);
  });

  test('what is past it remembers, and does nothing about it', async () => {
    const { clock, joins, says, tell, begin, sent } = setUp();
    await begin();
    const now = clock.now();
    joins('ada', true);
    joins('bo', true);
    joins('cy', true);
    tell('room.participant.updated', { participantId: 'bo', name: 'Bob', isBot: false }, true);
    tell('room.participant.left', { participantId: 'cy', isBot: false }, true);
    tell('room.message.sent', { messageId: 'earlier', participantId: 'bot', text: 'Hi', at: 0 }, true);
    says('ada', 'too long ago', {}, true, now - 300_000);
    says('ada', 'lately', {}, true, now - 299_999);
    says('ada', '@bot help', { mentions: ['bot'] }, true);
    await clock.pass(0);
    expect(sent()).toEqual([]);
    says('bo', 'who is here?', { replyTo: 'earlier' });
    says('bo', '@bot who speaks most?');
    joins('ada');
    await clock.pass(0);
    expect(sent()).toEqual(['ADA and Bob, and I.', 'In the last 5 minutes, ADA: 1 message, 100 % of all.']);
  });

  test('what comes before it is in waits for that, as many as may', async () => {
    const { session, clock, joins, says, begin, sent, topics } = setUp();
    joins('ada', true);
    says('ada', '@bot who is here?');
    for (let i = 0; i < 1_000; i++) says('ada', 'so', {}, true);
    says('ada', '@bot help');
    await begin();
    await clock.pass(0);
    expect(sent()).toEqual(['Only ADA, and I.']);
    expect(topics().indexOf('assistant.session.started')).toBeLessThan(topics().indexOf('assistant.tool.invoked'));
    session.stop('requested');
    await clock.pass(0);
    says('ada', '@bot help');
    await clock.pass(0);
    expect(sent()).toHaveLength(1);
    expect(topics().at(-1)).toBe('assistant.session.ended');
  });

  test('what comes while it goes in is heard when it is in', async () => {
    const { bus, clock, says, begin, sent } = setUp();
    bus.subscribe('assistant.room.join.requested', () => says('ada', '@bot help'));
    await begin();
    await clock.pass(0);
    expect(sent()).toEqual([HELP]);
  });

  test('leaves out what it does not know, and what is not what it knows', async () => {
    const { session, clock, begin, topics, said, errors } = setUp({}, { minSpeech: 0 });
    await begin();
    const id = '0190b1c2-0000-7000-9000-000000000000';
    const event = { id, ts: 0, topic: 'room.message.received', payload: { text: '@bot help' } };
    session.command({ type: 'room.event', event });
    session.command({ type: 'room.event', event: { ...event, topic: 'room.weather.changed' } });
    const participants = ['ada', 'bo'].map((participantId) => ({ participantId, seconds: 9, share: 0.5 }));
    const score = { at: 0, windowMs: 1, participants, gini: 0, dominance: 1 };
    session.command({ type: 'room.event', event: { ...event, topic: 'room.dominance.score', payload: score } });
    session.command({ type: 'room.event', event, past: true });
    await clock.pass(0);
    expect([topics().length, said, errors]).toEqual([4, [], []]);
  });

  test('answers no bots, nor itself', async () => {
    const { clock, tell, says, begin, sent } = setUp();
    await begin();
    tell('room.participant.joined', { participantId: 'other', isBot: true });
    says('other', '@bot help');
    says('bot', '@bot help');
    await clock.pass(0);
    expect(sent()).toEqual([]);
  });

  test('welcomes people, each once and not a crowd, unless told otherwise', async () => {
    const { clock, joins, begin, sent } = setUp();
    await begin();
    joins('ada');
    joins('bo');
    await clock.pass(30_000);
    joins('ada');
    joins('bo');
    await clock.pass(0);
    expect(sent()).toEqual([expect.stringMatching(/^Welcome, ADA!/), expect.stringMatching(/^Welcome, BO!/)]);
    const quiet = setUp({}, { greet: false });
    await quiet.begin();
    quiet.joins('ada');
    await quiet.clock.pass(0);
    expect(quiet.sent()).toEqual([]);
  });

  test('a room in which nobody speaks aloud has no scores', async () => {
    const { session, clock, joins, begin, payloads } = setUp();
    await begin();
    joins('ada');
    await clock.pass(60_000);
    session.stop('requested');
    await clock.pass(0);
    expect(payloads('room.dominance.score')).toEqual([]);
  });
});

describe('its policy in a local room', () => {
  test('P19: a blocked phrase that it is to say stays out; it tells of the breach, and why nothing comes', async () => {
    const { clock, says, begin, sent, payloads } = setUp({ content: { blockedPhrases: ['rhubarb'] } });
    await begin();
    says('ada', '@bot say hello');
    says('ada', '@bot say RHUBARB');
    await clock.pass(0);
    expect(sent()).toEqual(['hello', 'I may not say that: the policy of this room keeps it out.']);
    expect(payloads('room.message.sent').at(-1)).toMatchObject({ replyTo: 'to-@bot say RHUBARB' });
    expect(payloads('conversation.policy.violation')).toMatchObject([
      { rule: 'content.blockedPhrases', action: 'blocked' },
    ]);
  });

  test.each<[string, ConversationPolicy]>([
    ['its turns are used up', { turns: { maxPerSession: 0 } }],
    ['its rates are', { rates: [{ id: 'r', topic: 'room.message.sent', limit: 0, per: 1 }] }],
    ['it may send nothing', { rates: [{ id: 'r', topic: 'assistant.tool.*', limit: 0, per: 1 }] }],
  ])('P19: where %s it makes no excuse, which would be one breach more', async (_, policy) => {
    const { clock, says, begin, payloads } = setUp({ ...policy, content: { blockedPhrases: ['rhubarb'] } });
    await begin();
    says('ada', '@bot say rhubarb');
    await clock.pass(0);
    expect(payloads('assistant.tool.invoked')).toHaveLength(1);
  });

  test('P19: a message of somebody lets it speak again, before it answers; a past one does not', async () => {
    const { session, clock, says, begin, sent, payloads } = setUp({ turns: { maxConsecutive: 1 } });
    await begin();
    session.command({ type: 'app_message', text: 'one' });
    says('ada', 'past', {}, true);
    session.command({ type: 'app_message', text: 'two' });
    await clock.pass(0);
    expect(sent()).toEqual(['one']);
    says('ada', '@bot help');
    await clock.pass(0);
    expect(sent()).toEqual(['one', HELP]);
    expect(payloads('conversation.policy.violation')).toMatchObject([{ rule: 'turns.maxConsecutive', count: 1 }]);
  });

  test.each([true, false])('A3: greetings keep the cooldown; answers bypass it: %s', async (mentionsBypassCooldown) => {
    const { session, clock, joins, says, begin, sent } = setUp({
      attention: { cooldown: 60_000, mentionsBypassCooldown },
    });
    await begin();
    joins('ada');
    await clock.pass(40_000);
    joins('bo');
    says('ada', '@bot help');
    says('ada', '@bot who is here?');
    await clock.pass(0);
    const welcome = expect.stringMatching(/^Welcome, ADA/);
    expect(sent()).toEqual(mentionsBypassCooldown ? [welcome, HELP, 'ADA and BO, and I.'] : [welcome]);
    joins('cy');
    await clock.pass(20_000);
    expect(sent().slice(1)).toEqual(mentionsBypassCooldown ? [HELP, 'ADA and BO, and I.'] : ['ADA, BO and CY, and I.']);
    says('ada', '@bot help');
    session.stop('requested');
    await clock.pass(0);
    expect(clock.waiting).toBe(0);
  });
});
