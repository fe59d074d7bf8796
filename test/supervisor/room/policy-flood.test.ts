import { expect, it } from 'vitest';
import { assertNoGaps, runDaemon } from '../../helpers/daemon.ts';
import { CONFIG, live, of, order, puppet, rung } from './policy-rig.ts';

const FLOOD = 30_000;

it('a flood of violations keeps no other room waiting, becomes no flood of actions, and is ended by its ladder', async () => {
  // Nothing of it is trimmed while it is looked at.
  const roomd = await runDaemon({ ...CONFIG, log: { maxEventsPerRoom: 10 * FLOOD } });
  const enforcement = [rung('high', 'record'), rung('high', 'terminate', { count: FLOOD })];
  await roomd.spawn('flood', puppet({ enforcement }));
  await roomd.spawn(
    'quiet',
    puppet({ enforcement: [rung('low', 'restrict', { to: { turns: { maxChars: 4 } } })] }, [], { keeps: true }),
  );
  await Promise.all([live(roomd, 'flood'), live(roomd, 'quiet')]);
  await order(roomd, 'flood', ['flood', FLOOD - 1, { count: 1 }]);
  await roomd.until('flood', 'conversation.policy.violation');
  // All the way through the ladder and back, while the other one writes.
  await order(roomd, 'quiet', ['violation', { severity: 'low' }], ['message', 'hi']);
  await roomd.until('quiet', 'supervisor.policy.enforced', ({ payload }) => payload.action === 'restrict');
  await roomd.until('quiet', 'room.message.sent');
  await roomd.until(
    'quiet',
    'room.participant.joined',
    ({ payload }) => payload.participantId === 'turns {"maxChars":4}',
  );
  await order(roomd, 'flood', ['violation']);
  expect(await roomd.over('flood')).toMatchObject({
    state: 'stopped',
    stop: { reason: 'policy' },
    counts: { violations: FLOOD },
  });
  expect((await roomd.room('quiet')).state).toBe('live');

  const events = await roomd.history();
  assertNoGaps(events);
  const flood = events.filter(({ envelope }) => envelope.roomId === 'flood');
  const actions = of(flood, 'supervisor.policy.enforced');
  const violations = of(flood, 'conversation.policy.violation');
  expect(actions.at(-1)?.payload).toMatchObject({ action: 'terminate', causeId: violations.at(-1)?.id });
  const first = violations[0]?.meta?.receivedAt ?? 0;
  const last = violations.at(-1)?.meta?.receivedAt ?? 0;
  // Ten within ten seconds.
  expect(actions.length).toBeLessThanOrEqual(1 + 10 * Math.ceil((last - first + 1) / 10_000));
});
