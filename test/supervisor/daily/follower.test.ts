import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Follower } from '../../../supervisor/daily/follower.ts';
import type { Happening } from '../../../supervisor/daily/happening.ts';
import { Owned } from '../../../supervisor/daily/owned.ts';
import { createRules, type DailyRule } from '../../../supervisor/daily/rules.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { SimulatedRooms } from './rooms.ts';

const began = (at: number, meetingId?: string): Happening => ({ kind: 'began', room: 'team-a', at, meetingId });
const ended = (at: number, meetingId?: string): Happening => ({ kind: 'ended', room: 'team-a', at, meetingId });

const RULES: DailyRule[] = [
  { rooms: 'team-secret', bot: 'quiet', options: {} },
  {
    rooms: 'team-*',
    bot: 'default',
    assistantId: 'ada',
    tenantId: 'acme',
    policy: { turns: { maxChars: 9 } },
    options: { owner: true },
  },
];
const REQUEST = {
  roomId: 'team-a',
  connector: 'daily',
  bot: 'default',
  assistantId: 'ada',
  tenantId: 'acme',
  policy: { turns: { maxChars: 9 } },
  options: { owner: true, room: 'team-a' },
};

/** Where documents outlive a supervisor. */
class Disk {
  readonly documents = new Map<string, unknown>();
  readonly load = async (key: string) => this.documents.get(key);
  readonly save = async (key: string, value: unknown) => void this.documents.set(key, value);
}

async function rig({ clock = new FakeClock(), rooms = new SimulatedRooms(clock), disk = new Disk() } = {}) {
  const outcomes: string[] = [];
  const owned = await Owned.load(disk, (reason) => void outcomes.push(`not kept: ${reason}`));
  const follower = new Follower({
    rooms,
    requestOf: createRules(RULES),
    owned,
    clock,
    random: () => 0.5,
    telemetry: {
      meetingFollowed: (_, outcome) => void outcomes.push(outcome),
      internalError: (where) => void outcomes.push(`error in ${where}`),
    },
  });
  onTestFinished(() => follower.stop());
  /** Tells it, and lets what follows happen. */
  const tell = async (...happenings: Happening[]) => {
    for (const happening of happenings) follower.take(happening);
    await clock.pass(1);
  };
  return { clock, rooms, disk, outcomes, owned, follower, tell };
}

describe('who follows meetings', () => {
  it('starts the room of one that begins, as the first rule that fits says, and stops it at its end', async () => {
    const { rooms, tell, outcomes, follower } = await rig();
    await tell(began(10, 'a'), began(11), began(12));
    expect(rooms.spawned).toEqual([REQUEST]);
    await tell(ended(20, 'a'));
    expect(rooms.stopped).toEqual(['team-a']);
    await tell(began(30, 'b'));
    expect(rooms.spawned).toHaveLength(2);
    await tell({ ...began(1), room: 'team-secret' }, { ...began(1), room: 'elsewhere' });
    expect(rooms.spawned[2]).toMatchObject({ roomId: 'team-secret', bot: 'quiet' });
    expect(rooms.spawned).toHaveLength(3);
    expect(outcomes).toEqual(['started', 'stopped', 'started', 'no_rule', 'started']);
    await follower.stop();
    await tell(ended(40));
    expect(rooms.stopped).toHaveLength(1);
  });

  it('starts a room with whoever is the first to join', async () => {
    const { rooms, tell } = await rig();
    await tell(began(10));
    expect(rooms.isRunning('team-a')).toBe(true);
  });

  it('ends in the right state, whatever comes in between, in any order', async () => {
    const lives = [began(10, 'a'), began(12), ended(20, 'a'), began(20, 'b'), began(25), ended(30, 'b')];
    const cases = fc.record({
      count: fc.integer({ min: 1, max: lives.length }),
      seeds: fc.array(fc.nat(), { minLength: lives.length, maxLength: lives.length }),
      pauses: fc.array(fc.constantFrom(0, 1, 500, 20_000), { minLength: lives.length, maxLength: lives.length }),
      leavesAtOnce: fc.boolean(),
      full: fc.boolean(),
    });
    await fc.assert(
      fc.asyncProperty(cases, async ({ count, seeds, pauses, leavesAtOnce, full }) => {
        const { rooms, tell, clock, follower } = await rig();
        rooms.leavesAtOnce = leavesAtOnce;
        if (full) rooms.answers.push({ kind: 'full', detail: 'full', retryAfterSeconds: 1 });
        const some = lives.slice(0, count);
        const order = some.map((happening, i) => ({ happening, seed: seeds[i] ?? 0 })).sort((a, b) => a.seed - b.seed);
        for (const [i, { happening }] of order.entries()) {
          await tell(happening);
          await clock.pass(pauses[i] ?? 0);
        }
        // One that stops slowly has stopped at last.
        for (let i = 0; i < 3; i++) {
          if ((await rooms.get('team-a'))?.state === 'stopping') rooms.end('team-a', 'requested');
          await clock.pass(60_000);
        }
        expect(rooms.isRunning('team-a')).toBe([true, true, false, true, true, false][count - 1]);
        await follower.stop();
      }),
      { numRuns: 200 },
    );
  });

  it('waits for a room that is still leaving when the next meeting begins, and not for ever', async () => {
    const { rooms, tell, clock, outcomes } = await rig();
    rooms.leavesAtOnce = false;
    await tell(began(10, 'a'));
    await tell(ended(20, 'a'));
    await tell(began(30, 'b'));
    await clock.pass(20_000);
    expect(rooms.spawned).toHaveLength(1);
    rooms.end('team-a', 'requested');
    await clock.pass(30_000);
    expect(rooms.spawned).toHaveLength(2);
    await tell(ended(40, 'b'));
    await tell(began(50, 'c'));
    await clock.pass(200_000);
    expect(outcomes).toEqual(['started', 'stopped', 'started', 'stopped', 'gave_up']);
    expect(clock.waiting).toBe(0);
    // Who joins later finds it gone.
    rooms.end('team-a', 'requested');
    await tell(began(60));
    expect(rooms.spawned).toHaveLength(3);
  });

  it.each(['full', 'unavailable'] as const)(
    'tries again while there is no place (%s), as long as it goes on',
    async (kind) => {
      const { rooms, tell, clock } = await rig();
      const answer = { kind, detail: 'no', retryAfterSeconds: 5 };
      rooms.answers.push(answer, answer, answer);
      await tell(began(10, 'a'));
      await clock.pass(4_000);
      expect(rooms.answers).toHaveLength(2);
      await clock.pass(20_000);
      expect(rooms.spawned).toHaveLength(1);

      rooms.answers.push(answer);
      await tell(ended(20, 'a'), began(30, 'b'));
      await tell(ended(40, 'b'));
      await clock.pass(600_000);
      expect(rooms.spawned).toHaveLength(1);
      expect(clock.waiting).toBe(0);
    },
  );

  it('does not wait any longer when another meeting begins', async () => {
    const { rooms, tell, clock } = await rig();
    rooms.answers.push({ kind: 'full', detail: 'no', retryAfterSeconds: 600 });
    await tell(began(10, 'a'));
    await tell(began(11));
    await clock.pass(1_000);
    expect(rooms.spawned).toHaveLength(0);
    await tell(ended(20, 'a'));
    await tell(began(30, 'b'));
    expect(rooms.spawned).toHaveLength(1);
  });

  it('brings back a room that is leaving by itself when somebody joins', async () => {
    const { rooms, tell, clock } = await rig();
    await tell(began(10, 'a'));
    rooms.leave('team-a');
    await tell(began(11));
    rooms.end('team-a', 'idle');
    await clock.pass(5_000);
    expect(rooms.isRunning('team-a')).toBe(true);
  });

  it('gives up an hour after the last sign of the meeting', async () => {
    const { rooms, tell, clock, outcomes } = await rig();
    for (let i = 0; i < 1_000; i++) rooms.answers.push({ kind: 'full', detail: 'no', retryAfterSeconds: 1 });
    await tell(began(10, 'a'));
    await clock.pass(3_700_000);
    expect(outcomes.at(-1)).toBe('gave_up');
    expect(clock.waiting).toBe(0);
  });

  it('says once what can not be met, and tries again when somebody joins only if the room is gone', async () => {
    const { rooms, tell, outcomes, clock } = await rig();
    rooms.answers.push({ kind: 'invalid', detail: 'no such bot' });
    await tell(began(10, 'a'));
    await clock.pass(600_000);
    rooms.answers.push({ kind: 'quarantined', detail: 'in quarantine', retryAfterSeconds: 1 });
    await tell(began(11));
    await clock.pass(600_000);
    expect(outcomes).toEqual(['invalid', 'quarantined']);
    expect(rooms.spawned).toEqual([]);
  });

  it('leaves alone what somebody else has started', async () => {
    const { rooms, tell, outcomes, clock } = await rig();
    await rooms.spawn({ roomId: 'team-a', connector: 'daily', bot: 'mine' });
    await tell(began(10, 'a'), ended(20, 'a'));
    await tell(began(30, 'b'));
    await tell(ended(40, 'b'));
    expect([rooms.isRunning('team-a'), outcomes]).toEqual([true, ['others', 'others']]);

    rooms.end('team-a', 'requested');
    await tell(began(50, 'c'));
    rooms.end('team-a', 'idle');
    await clock.pass(1_000);
    await rooms.spawn({ roomId: 'team-a', connector: 'daily', bot: 'mine' });
    await tell(ended(60, 'c'));
    expect(rooms.isRunning('team-a')).toBe(true);
    expect(rooms.stopped).toEqual([]);
  });

  it.each([
    ['idle', 2],
    ['bot_done', 2],
    ['crash_loop', 2],
    ['requested', 1],
    ['policy', 1],
    ['refused', 1],
  ] as const)('after an end for %s, somebody who joins makes it %i', async (reason, starts) => {
    const { rooms, tell } = await rig();
    await tell(began(10, 'a'));
    rooms.end('team-a', reason);
    await tell(began(11));
    expect(rooms.spawned).toHaveLength(starts);
    await tell(ended(20, 'a'));
    await tell(began(30, 'b'));
    expect(rooms.isRunning('team-a')).toBe(true);
  });

  it('knows its rooms again after a restart, and what is told twice does no harm', async () => {
    const first = await rig();
    await first.tell(began(10, 'a'));
    await first.follower.stop();
    await first.owned.settled();

    const second = await rig({ clock: first.clock, rooms: first.rooms, disk: first.disk });
    await second.tell(began(10, 'a'), began(11));
    expect(second.rooms.spawned).toHaveLength(1);
    await second.follower.stop();

    const third = await rig({ clock: first.clock, rooms: first.rooms, disk: first.disk });
    await third.tell(ended(20, 'a'));
    expect(third.rooms.isRunning('team-a')).toBe(false);
    await third.owned.settled();
    expect([...first.disk.documents.values()]).toEqual([{}]);
  });

  it('goes on when nothing can be kept, and when rooms fail', async () => {
    const disk = new Disk();
    disk.documents.set('daily.rooms', ['junk']);
    const { rooms, tell, outcomes, clock } = await rig({
      disk: Object.assign(disk, { save: () => Promise.reject(new Error('x')) }),
    });
    const get = rooms.get.bind(rooms);
    rooms.get = () => Promise.reject(new Error('no log'));
    await tell(began(10, 'a'));
    await tell(ended(20, 'a'));
    rooms.get = get;
    await clock.pass(60_000);
    expect(rooms.isRunning('team-a')).toBe(false);
    expect(outcomes.filter((outcome) => /not kept|error/.test(outcome)).length).toBeGreaterThanOrEqual(2);
  });

  it('takes thousands of signs at once, and does one thing for each room', async () => {
    const { rooms, follower, clock } = await rig();
    for (let i = 0; i < 1_000; i++) {
      follower.take({ kind: 'began', room: `team-${i}`, at: 10, meetingId: `m${i}` });
      for (let j = 0; j < 10; j++)
        follower.take({ kind: 'began', room: `team-${i}`, at: 11 + j, meetingId: undefined });
    }
    await clock.pass(1);
    expect(rooms.spawned).toHaveLength(1_000);
    for (let i = 0; i < 1_000; i++) follower.take({ kind: 'ended', room: `team-${i}`, at: 99, meetingId: `m${i}` });
    await clock.pass(1);
    expect(rooms.stopped).toHaveLength(1_000);
  });
});
