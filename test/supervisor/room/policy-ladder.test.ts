import { describe, expect, it } from 'vitest';
import type { RoomPolicy } from '../../../supervisor/room/api.ts';
import { assertNoGaps, runDaemon } from '../../helpers/daemon.ts';
import { CONFIG, live, of, order, puppet, rung } from './policy-rig.ts';

const slip = ['violation', { severity: 'low' }];
const RESTRICT = rung('low', 'restrict', { to: { turns: { maxChars: 4 } } });
const said =
  (text: string) =>
  ({ payload }: { payload: { participantId: string } }) =>
    payload.participantId === text;

describe('the ladder', () => {
  it('records, warns, restricts, and ends with quarantine, in the order in which it is climbed', async () => {
    const roomd = await runDaemon(CONFIG);
    const enforcement = [
      rung('low', 'record'),
      rung('low', 'warn', { count: 2 }),
      rung('low', 'restrict', { count: 3, to: { turns: { maxChars: 4 } } }),
      rung('low', 'terminate', { count: 5 }),
      rung('high', 'quarantine', { for: '15m' }),
    ];
    await roomd.spawn('climb', puppet({ enforcement }, [], { keeps: true }));
    await live(roomd, 'climb');
    await order(roomd, 'climb', slip, slip, slip, slip);
    await roomd.until('climb', 'room.participant.joined', said('warned of rates'));
    await roomd.until('climb', 'room.participant.joined', said('turns {"maxChars":4}'));
    await order(roomd, 'climb', slip);
    expect(await roomd.over('climb')).toMatchObject({
      state: 'stopped',
      stop: { reason: 'policy', code: 0 },
      quarantine: null,
    });
    const events = await roomd.history('climb');
    expect(of(events, 'supervisor.policy.enforced').map(({ payload }) => payload.action)).toEqual([
      'record',
      'warn',
      'restrict',
      'warn',
      'terminate',
    ]);
    assertNoGaps(events);
  });

  it('restricts with a snapshot that the bot verifies, keeps to, and that a crash does not loosen', async () => {
    const roomd = await runDaemon(CONFIG);
    const request = puppet({ turns: { maxChars: 9, maxPerMinute: 7 }, enforcement: [RESTRICT] }, [], { keeps: true });
    const { policyVersion } = await roomd.spawn('tight', request);
    await live(roomd, 'tight');
    await order(roomd, 'tight', slip);
    const tighter = 'turns {"maxChars":4,"maxPerMinute":7}';
    await roomd.until('tight', 'room.participant.joined', said(tighter));
    const events = await roomd.history('tight');
    const [violation] = of(events, 'conversation.policy.violation');
    const [enforced] = of(events, 'supervisor.policy.enforced');
    const toVersion = enforced?.payload.toVersion;
    expect(enforced?.payload).toMatchObject({ action: 'restrict', causeId: violation?.id, policyVersion });
    expect(of(events, 'supervisor.policy.applied').map(({ payload }) => payload)).toMatchObject([
      { cause: 'started', policyVersion, layers: ['defaults', 'request'] },
      {
        cause: 'restricted',
        causeId: violation?.id,
        previousVersion: policyVersion,
        policyVersion: toVersion,
        layers: ['defaults', 'request', 'restriction'],
      },
    ]);
    // Violation, action, policy, and only then the bot's word.
    const order_ = events.map(({ envelope }) => envelope).filter(({ topic }) => topic.includes('policy'));
    expect(order_.map(({ topic }) => topic)).toEqual([
      'supervisor.policy.applied',
      'conversation.policy.loaded',
      'conversation.policy.violation',
      'supervisor.policy.enforced',
      'supervisor.policy.applied',
      'conversation.policy.loaded',
    ]);
    const inForce = {
      policyVersion: toVersion,
      acknowledged: toVersion,
      policy: { turns: { maxChars: 4, maxPerMinute: 7 } },
      restrictions: [{ rule: 'rates', causeId: violation?.id, at: expect.any(Number) }],
      provenance: { 'turns.maxChars': ['restriction'], 'turns.maxPerMinute': ['request'] },
    };
    expect(await roomd.json<RoomPolicy>('/v1/rooms/tight/policy')).toMatchObject(inForce);
    expect(await roomd.room('tight')).toMatchObject({ policyVersion: toVersion });

    await order(roomd, 'tight', ['exit', 1]);
    await live(roomd, 'tight', 2);
    const again = await roomd.until('tight', 'conversation.policy.loaded', ({ meta }) => meta?.attempt === 2);
    expect(again.payload.policyVersion).toBe(toVersion);
    expect(await roomd.json<RoomPolicy>('/v1/rooms/tight/policy')).toMatchObject(inForce);
    // What it did before counts no more, and the same restriction is none.
    await order(roomd, 'tight', slip);
    const second = await roomd.until('tight', 'supervisor.policy.enforced', ({ meta }) => meta?.attempt === 2);
    expect(second.payload).toMatchObject({ action: 'restrict', policyVersion: toVersion, toVersion });
    expect((await roomd.json<RoomPolicy>('/v1/rooms/tight/policy')).restrictions).toHaveLength(1);
    await roomd.stop('tight');
    await roomd.over('tight');
    // And it can be read when the room is over.
    expect(await roomd.json<RoomPolicy>('/v1/rooms/tight/policy')).toMatchObject({ policyVersion: toVersion });
    expect(await roomd.json('/v1/rooms/tight/policy')).toMatchObject({ restrictions: inForce.restrictions });
  });
});
