import { describe, expect, it } from 'vitest';
import type { RoomPolicy } from '../../../supervisor/room/api.ts';
import { assertNoGaps, runDaemon } from '../../helpers/daemon.ts';
import { type Acts, CONFIG, isUnreported, live, of, order, puppet, rung } from './policy-rig.ts';

const TERMINATE = [rung('high', 'terminate')];
const message: Acts[number] = ['message', 'hi'];
const chat = [{ id: 'chat', topic: 'room.message.sent', limit: 2, per: '10m' }];

const LIES: readonly (readonly [string, object, Acts, string | RegExp])[] = [
  ['uses a denied tool', { tools: { deny: ['pay.**'] } }, [['tool', 'pay.now']], 'tools.deny pay.now'],
  ['uses a tool that not every list allows', { tools: { allow: ['a.*'] } }, [['tool', 'b.c']], 'tools.deny b.c'],
  ['sends without the tool for it', { tools: { deny: ['message.send'] } }, [message], 'tools.deny message.send'],
  [
    'says too much a minute',
    { turns: { maxPerMinute: 2 } },
    [message, message, message],
    'turns.maxPerMinute maxPerMinute',
  ],
  [
    'says too much in a row',
    { turns: { maxConsecutive: 1 } },
    [message, message, message],
    'turns.maxConsecutive maxConsecutive',
  ],
  ['says too much at once', { turns: { maxChars: 1 } }, [message], 'turns.maxChars maxChars'],
  [
    'says too much altogether',
    { turns: { maxPerSession: 1 } },
    [message, message],
    'turns.maxPerSession maxPerSession',
  ],
  ['exceeds a rate', { rates: chat }, [message, message, message, message], 'rates chat'],
  [
    'says what it must not',
    { content: { blockedPhrases: ['HI'] } },
    [message],
    /^content\.blockedPhrases phrase:0:[0-9a-f]{16}$/,
  ],
  [
    'says that it was kept from it',
    { rates: chat },
    [['violation', { rule: 'rates', severity: 'low', subject: 'chat' }], message, message, message, message],
    'rates chat',
  ],
  ['says that it was long ago', { rates: chat }, Array(5).fill(['message', 'hi', { ts: 1 }]), 'rates chat'],
];

describe('a bot that breaks its policy and keeps silent', () => {
  it('is caught, whatever it does, and ended for it', async () => {
    const roomd = await runDaemon(CONFIG);
    const caught = async ([name, policy, acts, broken]: (typeof LIES)[number], i: number) => {
      const roomId = `liar-${i}`;
      await roomd.spawn(roomId, puppet({ ...policy, enforcement: TERMINATE }, acts));
      const { id, payload } = await roomd.until(roomId, 'conversation.policy.violation', isUnreported);
      expect(payload, name).toMatchObject({ severity: 'high', action: 'allowed', rule: 'unreported' });
      expect(payload.subject, name).toEqual(typeof broken === 'string' ? broken : expect.stringMatching(broken));
      expect(await roomd.over(roomId), name).toMatchObject({ state: 'stopped', stop: { reason: 'policy' } });
      const events = await roomd.history(roomId);
      const cause = events.find(({ envelope }) => envelope.id === payload.causeId);
      expect(cause?.envelope.topic, name).toMatch(/^(room\.message\.sent|assistant\.tool\.invoked)$/);
      expect(
        of(events, 'supervisor.policy.enforced').map((event) => event.payload),
        name,
      ).toEqual([{ action: 'terminate', rule: 'unreported', causeId: id, policyVersion: payload.policyVersion }]);
      assertNoGaps(events);
    };
    await Promise.all(LIES.map(caught));
  });

  it('and leaves at once: it is judged, and whoever asks for its room is refused', async () => {
    const roomd = await runDaemon(CONFIG);
    const policy = { tools: { deny: ['pay.**'] }, enforcement: [rung('high', 'quarantine', { for: '15m' })] };
    await roomd.spawn(
      'hasty',
      puppet(policy, [
        ['tool', 'pay.now'],
        ['exit', 0],
      ]),
    );
    await roomd.over('hasty');
    const refused = await roomd.post('/v1/rooms', { roomId: 'hasty' });
    expect(refused.status).toBe(423);
    const events = await roomd.history('hasty');
    const [violation] = of(events, 'conversation.policy.violation');
    expect(violation?.payload).toMatchObject({ rule: 'unreported', subject: 'tools.deny pay.now' });
    expect(of(events, 'supervisor.policy.enforced').map(({ payload }) => payload)).toMatchObject([
      { action: 'quarantine', causeId: violation?.id },
    ]);
  });

  it('and crashes: it is judged before the next one acts, which is not charged with it again', async () => {
    const roomd = await runDaemon(CONFIG);
    const policy = { tools: { deny: ['pay.**'] }, enforcement: [rung('high', 'record')] };
    await roomd.spawn(
      'crash',
      puppet(policy, [
        ['tool', 'pay.now'],
        ['exit', 1, 1],
      ]),
    );
    await live(roomd, 'crash', 2);
    // The second one does the same, and stays.
    let seen = 0;
    await roomd.until('crash', 'supervisor.policy.enforced', () => ++seen === 2);
    const told = of(await roomd.history('crash'), 'conversation.policy.violation');
    expect(told.map(({ payload: { subject, count } }) => [subject, count])).toEqual([
      ['tools.deny pay.now', 1],
      ['tools.deny pay.now', 1],
    ]);
  });

  it('and reports it all the same: it is charged with what it said, once', async () => {
    const roomd = await runDaemon(CONFIG);
    const report = ['violation', { rule: 'tools.deny', subject: 'pay.now', action: 'allowed', severity: 'low' }];
    const policy = { tools: { deny: ['pay.**'] }, enforcement: [rung('low', 'record')] };
    await roomd.spawn('frank', puppet(policy, [['tool', 'pay.now'], report, ['exit', 0]]));
    await roomd.over('frank');
    const events = await roomd.history('frank');
    expect(of(events, 'conversation.policy.violation').map(({ payload }) => payload.rule)).toEqual(['tools.deny']);
    expect(of(events, 'supervisor.policy.enforced')).toHaveLength(1);
  });
});

describe('what only the supervisor may say', () => {
  it.each(['unreported', 'unacknowledged'])('%s is rejected from a bot, and settles nothing', async (rule) => {
    const roomd = await runDaemon(CONFIG);
    const policy = { tools: { deny: ['pay.**'] }, enforcement: [rung('high', 'record')] };
    const forged = ['violation', { rule, subject: 'tools.deny pay.now', action: 'allowed' }];
    await roomd.spawn('forger', puppet(policy, [forged, ['tool', 'pay.now'], forged, ['exit', 0]]));
    await roomd.over('forger');
    const events = await roomd.history('forger');
    expect(of(events, 'events.envelope.rejected').map(({ payload }) => payload.reasons)).toContainEqual({
      reserved_topic: 1,
    });
    expect(of(events, 'conversation.policy.violation').map(({ payload }) => payload.subject)).toEqual([
      'tools.deny pay.now',
    ]);
  });
});

describe('a bot that is restricted', () => {
  const restrict = rung('low', 'restrict', { to: { tools: { deny: ['**'] } } });
  const slip = ['violation', { severity: 'low' }];

  it('and says that it keeps to versions that it was never given, or to the last one again, is judged by what it has', async () => {
    const roomd = await runDaemon(CONFIG);
    const first = await roomd.spawn(
      'pretender',
      puppet({ enforcement: [restrict, ...TERMINATE] }, [], { keeps: true }),
    );
    await live(roomd, 'pretender');
    await order(roomd, 'pretender', slip);
    await roomd.until(
      'pretender',
      'conversation.policy.loaded',
      ({ payload }) => payload.policyVersion !== first.policyVersion,
    );
    await order(
      roomd,
      'pretender',
      ['loaded', first.policyVersion],
      ['loaded', `sha256:${'e'.repeat(64)}`],
      ['tool', 'pay.now'],
    );
    const { payload } = await roomd.until('pretender', 'conversation.policy.violation', isUnreported);
    expect(payload.subject).toBe('tools.deny pay.now');
    expect(await roomd.over('pretender')).toMatchObject({ stop: { reason: 'policy' } });
  });

  it('and never says that it keeps to it is found out', async () => {
    const roomd = await runDaemon(CONFIG);
    const { policyVersion } = await roomd.spawn('mute', puppet({ enforcement: [restrict, ...TERMINATE] }, [slip]));
    await live(roomd, 'mute');
    await order(roomd, 'mute', ['loaded', policyVersion], ['loaded', `sha256:${'e'.repeat(64)}`]);
    const missing = await roomd.until(
      'mute',
      'conversation.policy.violation',
      ({ payload }) => payload.rule === 'unacknowledged',
    );
    const { policyVersion: tighter } = await roomd.json<RoomPolicy>('/v1/rooms/mute/policy');
    expect(tighter).not.toBe(policyVersion);
    expect(missing.payload).toMatchObject({ subject: tighter, severity: 'high', action: 'allowed', count: 1 });
    expect(await roomd.over('mute')).toMatchObject({ stop: { reason: 'policy' } });
  });
});

describe('an honest bot', () => {
  it("roomd's own, talkative under tight limits, is accused of nothing", async () => {
    const roomd = await runDaemon();
    const policy = {
      tools: { deny: ['pay.**'] },
      turns: { maxPerMinute: 7, maxConsecutive: 5, maxChars: 12, maxPerSession: 9 },
      rates: [
        { id: 'chat', topic: 'room.message.sent', limit: 4, per: '1s' },
        { id: 'all', topic: '**', limit: 30, per: '2s' },
      ],
      content: { blockedPhrases: ['forbidden'], mode: 'report' },
      enforcement: [rung('high', 'record'), rung('low', 'restrict', { count: 40, to: { turns: { maxChars: 5 } } })],
    };
    await roomd.spawn('talk', { policy });
    await roomd.until('talk', 'assistant.session.started');
    const texts = ['hi', 'forbidden', 'far too long for that', 'yes', 'no'];
    for (let burst = 0; burst < 10; burst++) {
      const all = Array.from({ length: 20 }, (_, i) => texts[(burst + i) % texts.length]);
      await Promise.all(all.map((text) => roomd.post('/v1/rooms/talk/commands', { type: 'app_message', text })));
      await roomd.until('talk', 'assistant.tool.invoked');
    }
    await roomd.stop('talk');
    expect(await roomd.over('talk')).toMatchObject({ stop: { reason: 'requested', code: 0 } });
    const events = await roomd.history('talk');
    const rules = new Set(of(events, 'conversation.policy.violation').map(({ payload }) => payload.rule));
    expect([...rules].sort()).toEqual(expect.arrayContaining(['rates']));
    expect(of(events, 'conversation.policy.violation').filter(isUnreported)).toEqual([]);
    expect(of(events, 'room.message.sent').length).toBeGreaterThan(0);
  });
});
