import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { Judge, LADDER_TOPICS } from '../../supervisor/room/enforcement/judge.ts';
import { assertNoGaps, type Event, temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { CONFIG, live, of, order, puppet, rung } from '../supervisor/room/policy-rig.ts';

/** The same numbers each time: a linear congruential generator, below `n`. */
function dice(seed: number): (n: number) => number {
  let state = seed;
  return (n) => {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    return Math.floor((state / 2 ** 31) * n);
  };
}

const SEVERITIES = ['low', 'low', 'low', 'medium', 'high'];
const ENFORCEMENT = [
  rung('low', 'record', { within: '1s' }),
  rung('low', 'warn', { count: 3, within: '2s' }),
  rung('medium', 'restrict', { count: 2, to: { turns: { maxPerMinute: 5 } } }),
  rung('low', 'restrict', { count: 9, to: { turns: { maxChars: 9 } } }),
  rung('high', 'terminate', { count: 25 }),
  rung('high', 'quarantine', { count: 40, for: '1s' }),
];
const ROOMS = ['one', 'two', 'three'];

it('a recorded log gives the recorded actions, exactly', { timeout: 120_000 }, async () => {
  const roll = dice(5);
  const data = await temporaryFolder();
  const layer = join(data, 'policy.json');
  await writeFile(layer, JSON.stringify({ policyId: 'house', enforcement: [] }));
  const policy = { layers: [layer], reload: '100ms' };
  const restart = { attempts: 50, window: '1h', backoff: { base: '1ms', max: '2ms' } };
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify({ ...CONFIG, policy, rooms: { restart } }));
  let roomd = await serve(data);
  let attempt = 1;

  const violations = () =>
    Array.from({ length: 1 + roll(6) }, () => [
      'violation',
      { severity: SEVERITIES[roll(SEVERITIES.length)], subject: `s${roll(3)}`, count: 1 + roll(4) },
    ]);
  const everywhere = async (last: readonly unknown[]) => {
    for (const roomId of ROOMS) await order(roomd, roomId, ...violations(), ['tool', 'pay.now'], last);
  };

  const request = puppet({ tools: { deny: ['pay.**'] }, enforcement: ENFORCEMENT }, [], { keeps: true });
  for (const roomId of ROOMS) await roomd.spawn(roomId, request);
  for (let round = 0; round < 6; round++) {
    await Promise.all(ROOMS.map((roomId) => live(roomd, roomId, attempt)));
    if (round === 1) {
      // Whoever breaks anything is recorded as often as it is warned, from here on.
      await writeFile(layer, JSON.stringify({ policyId: 'house', enforcement: [rung('low', 'record', { count: 2 })] }));
      await Promise.all(
        ROOMS.map((roomId) =>
          roomd.until(roomId, 'supervisor.policy.applied', ({ payload }) => payload.cause === 'reloaded'),
        ),
      );
    }
    if (round === 3) {
      await everywhere(['heard']);
      await roomd.end('SIGKILL');
      roomd = await serve(data);
    } else await everywhere(['exit', 1]);
    attempt++;
  }
  await Promise.all(ROOMS.map((roomId) => live(roomd, roomId, attempt)));
  for (const roomId of ROOMS) await order(roomd, roomId, ...Array(90).fill(['violation', { count: 1 }]));
  await Promise.all(ROOMS.map((roomId) => roomd.over(roomId)));
  // The same id again: another life, another ladder.
  while ((await roomd.post('/v1/rooms', { roomId: 'one', ...request })).status !== 201);
  await roomd.until('one', 'supervisor.policy.applied', ({ meta }) => meta?.attempt === 1 && meta.seq === 1);
  const over = roomd.until('one', 'supervisor.bot.exited', ({ payload }) => payload.reason === 'bot_done');
  let seen = 0;
  await roomd.until(
    'one',
    'supervisor.room.state.changed',
    ({ payload }) => payload.to === 'live' && ++seen === attempt + 1,
  );
  await order(roomd, 'one', ['violation', { severity: 'low' }], ['violation', { severity: 'low' }], ['exit', 0]);
  await over;
  // What it was charged with last is judged before its place is free.
  while ((await roomd.post('/v1/rooms', { roomId: 'one', ...request })).status !== 201);

  const actions = new Set<string>();
  for (const roomId of ROOMS) {
    const events = await roomd.history(roomId);
    assertNoGaps(events);
    const enforced = of(events, 'supervisor.policy.enforced').map(({ payload }) => payload);
    for (const { action } of enforced) actions.add(action);
    expect(replay(events)).toEqual(enforced.map(({ action, rule, causeId }) => ({ action, rule, causeId })));
    expect(of(events, 'conversation.policy.violation').some(({ payload }) => payload.rule === 'unreported')).toBe(true);
  }
  expect([...actions].sort()).toEqual(['quarantine', 'record', 'restrict', 'terminate', 'warn']);
  expect(await roomd.end('SIGTERM')).toBe(0);
});

/** What a ladder that knows nothing but the log calls for. */
function replay(events: readonly Event[]) {
  const judge = new Judge({ given: () => undefined, issued: () => undefined });
  return events.flatMap(({ envelope, position }) => {
    const { id, ts, topic, roomId = '', meta } = envelope;
    if (!LADDER_TOPICS.has(topic)) return [];
    const offset = Number(position.split('.')[1]);
    const record = { roomId, topic, id, ts, receivedAt: meta?.receivedAt ?? 0, json: JSON.stringify(envelope), offset };
    const { verdict } = judge.see(record);
    if (verdict === undefined) return [];
    const { action, rule, causeId } = verdict;
    return [{ action, rule, causeId }];
  });
}
