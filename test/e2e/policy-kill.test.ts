import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import type { RoomPolicy } from '../../supervisor/room/api.ts';
import { assertNoGaps, type Client, temporaryFolder } from '../helpers/daemon.ts';
import { serve } from '../helpers/serve.ts';
import { CONFIG, live, of, order, puppet, rung } from '../supervisor/room/policy-rig.ts';

async function folder(): Promise<string> {
  const data = await temporaryFolder();
  await writeFile(join(data, 'roomd.yaml'), JSON.stringify(CONFIG));
  return data;
}

/** Each violation that the ladder answers has one answer, and each answer its violation before it. */
async function assertActedOnce(roomd: Client, roomId: string): Promise<{ violations: number; actions: number }> {
  const events = await roomd.history(roomId);
  assertNoGaps(events);
  const violations = of(events, 'conversation.policy.violation').map(({ id }) => id);
  const causes = of(events, 'supervisor.policy.enforced').map(({ payload }) => payload.causeId);
  expect(new Set(causes).size).toBe(causes.length);
  expect(causes).toEqual(violations.filter((id) => causes.includes(id)));
  return { violations: violations.length, actions: causes.length };
}

describe('kill -9 of the supervisor', { timeout: 60_000 }, () => {
  it('between a violation and what follows: the next one acts, and nobody acts twice', async () => {
    const data = await folder();
    let roomd = await serve(data);
    // The ladder answers all: no more than ten may be answered within ten seconds.
    await roomd.spawn('risky', puppet({ enforcement: [rung('high', 'record')] }));
    await live(roomd, 'risky');
    for (let attempt = 1; attempt <= 4; attempt++) {
      await order(roomd, 'risky', ['violation'], ['violation']);
      await roomd.until('risky', 'conversation.policy.violation', ({ meta }) => meta?.attempt === attempt);
      await roomd.end('SIGKILL');
      roomd = await serve(data);
      await live(roomd, 'risky', attempt + 1);
    }
    const { violations, actions } = await assertActedOnce(roomd, 'risky');
    expect(violations).toBeGreaterThanOrEqual(4);
    expect(actions).toBe(violations);
    expect(await roomd.end('SIGTERM')).toBe(0);
  });

  it('a restriction holds on, and the room comes back with the tighter snapshot', async () => {
    const data = await folder();
    const first = await serve(data);
    const enforcement = [rung('low', 'restrict', { to: { turns: { maxChars: 4 } } })];
    await first.spawn('tight', puppet({ enforcement }, [], { keeps: true }));
    await live(first, 'tight');
    await order(first, 'tight', ['violation', { severity: 'low' }]);
    const { payload } = await first.until('tight', 'supervisor.policy.enforced');
    await first.end('SIGKILL');
    const second = await serve(data);
    const said = await second.until('tight', 'room.participant.joined', ({ meta }) => meta?.attempt === 2);
    expect(said.payload.participantId).toBe('turns {"maxChars":4}');
    expect(await second.json<RoomPolicy>('/v1/rooms/tight/policy')).toMatchObject({
      policyVersion: payload.toVersion,
      acknowledged: payload.toVersion,
      restrictions: [{ rule: 'rates', causeId: payload.causeId }],
    });
    expect(of(await second.history('tight'), 'supervisor.policy.applied').at(-1)?.payload).toMatchObject({
      cause: 'resumed',
      policyVersion: payload.toVersion,
    });
    await assertActedOnce(second, 'tight');
    expect(await second.end('SIGTERM')).toBe(0);
  });

  it('quarantine holds on, also when the room had not ended yet', async () => {
    const data = await folder();
    const first = await serve(data);
    await first.spawn('bad', puppet({ enforcement: [rung('high', 'quarantine', { for: '15m' })] }, [['violation']]));
    const { payload } = await first.until('bad', 'supervisor.policy.enforced');
    await first.end('SIGKILL');
    const second = await serve(data);
    let refused = await second.post('/v1/rooms', { roomId: 'bad' });
    // Its bot may be leaving still.
    while (refused.status === 503) refused = await second.post('/v1/rooms', { roomId: 'bad' });
    expect(refused.status).toBe(423);
    const view = await second.room('bad');
    expect(view).toMatchObject({
      state: 'quarantined',
      stop: { reason: 'policy' },
      quarantine: { until: payload.until },
    });
    await assertActedOnce(second, 'bad');
    await fetch(`${second.url}/v1/rooms/bad/quarantine`, { method: 'DELETE' });
    // Nor is its bot in the way for long.
    while ((await second.post('/v1/rooms', { roomId: 'bad', ...puppet({}) })).status === 503);
    expect(await second.room('bad')).toMatchObject({ attempt: 1, quarantine: null, stop: null });
    expect(await second.end('SIGTERM')).toBe(0);
  });
});
