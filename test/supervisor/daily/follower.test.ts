import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { Follower } from '../../../supervisor/daily/follower.ts';
import type { Happening } from '../../../supervisor/daily/happening.ts';
import { Kept } from '../../../supervisor/daily/kept.ts';
import { createRules, type DailyRule } from '../../../supervisor/daily/rules.ts';
import { FakeClock } from '../../helpers/fake-clock.ts';
import { SimulatedRooms } from './rooms.ts';

/** Who joins doesn't say in which meeting. */
const began = (at: number, meetingId?: string): Happening => {
  return { kind: meetingId === undefined ? 'joined' : 'began', room: 'team-a', at, meetingId };
};
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
  readonly load = async (prefix: string) => new Map([...this.documents].filter(([key]) => key.startsWith(prefix)));
  readonly save = async (documents: Readonly<Record<string, unknown>>) => {
    for (const [key, value] of Object.entries(JSON.parse(JSON.stringify(documents)) as object)) {
      if (value === null) this.documents.delete(key);
      else this.documents.set(key, value);
    }
  };
}

async function rig({
  clock = new FakeClock(),
  rooms = new SimulatedRooms(clock),
  disk = new Disk(),
  rules = RULES,
} = {}) {
  const outcomes: string[] = [];
  const kept = new Kept(disk, (reason) => void outcomes.push(`not kept: ${reason}`));
  const telemetry = {
    meetingFollowed: (_: string, outcome: string) => void outcomes.push(outcome),
    internalError: (where: string) => void outcomes.push(`error in ${where}`),
  };
  const deps = { rooms, requestOf: createRules(rules), kept, clock, random: () => 0.5, telemetry };
  const follower = new Follower(deps, await kept.load());
  follower.begin();
  onTestFinished(() => follower.stop());
  /** Tells it, and lets what follows happen. */
  const tell = async (...happenings: Happening[]) => {
    for (const happening of happenings) follower.take(happening);
    await clock.pass(1);
  };
  return { clock, rooms, disk, outcomes, kept, follower, tell };
}

/** Ends with all on disk; another begins with that. */
async function restart({ clock, rooms, disk, kept, follower }: Awaited<ReturnType<typeof rig>>, rules = RULES) {
  await follower.stop();
  await kept.settled();
  return rig({ clock, rooms, disk, rules });
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
    const lives = [began(10, 'a'), began(12), ended(20, 'a'), began(21), began(20, 'b'), ended(30, 'b')];
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
    await tell(began(10, 'a'));
    await tell(ended(20, 'a'));
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
    ['ejected', 1],
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
    const second = await restart(first);
    await second.tell(began(10, 'a'), began(11));
    expect(second.rooms.spawned).toHaveLength(1);
    const third = await restart(second);
    await third.tell(ended(20, 'a'));
    expect(third.rooms.isRunning('team-a')).toBe(false);
    // What began before that end is over, whoever tells of it.
    const fourth = await restart(third);
    await fourth.tell(began(15), began(10, 'a'));
    expect(fourth.rooms.spawned).toHaveLength(1);
    expect([...first.disk.documents.keys()]).toEqual(['daily.room/team-a']);
  });

  it.each(['requested', 'ejected'] as const)(
    'remembers after a restart that a room has ended for %s',
    async (reason) => {
      const first = await rig();
      await first.tell(began(10, 'a'));
      first.rooms.end('team-a', reason);
      const second = await restart(first);
      await second.tell(began(11), began(12));
      expect(second.rooms.spawned).toHaveLength(1);
      await second.tell(began(20, 'b'));
      expect(second.rooms.spawned).toHaveLength(2);
    },
  );

  it('knows after a restart that a meeting is a later one', async () => {
    const first = await rig();
    await first.tell(began(10, 'a'), began(30, 'b'), began(31));
    const second = await restart(first);
    await second.tell(ended(20, 'a'));
    expect(second.rooms.isRunning('team-a')).toBe(true);
  });

  it('stops at its end what a rule has started that is gone since', async () => {
    const first = await rig();
    await first.tell(began(10, 'a'));
    const second = await restart(first, []);
    await second.tell(ended(20, 'a'));
    expect(second.rooms.stopped).toEqual(['team-a']);
    await second.tell(began(30, 'b'));
    expect([second.rooms.spawned.length, second.outcomes]).toEqual([1, ['stopped', 'no_rule']]);
  });

  it('does not take for its own what somebody has asked for in the same words', async () => {
    const { rooms, tell, outcomes } = await rig();
    await rooms.spawn(REQUEST);
    await tell(began(10, 'a'), began(11));
    await tell(ended(20, 'a'));
    expect([rooms.isRunning('team-a'), outcomes]).toEqual([true, ['others']]);
  });

  it('tries again when the room fails since Daily is away, as long as the meeting goes on', async () => {
    const { rooms, tell, clock, outcomes } = await rig();
    await tell(began(10, 'a'));
    rooms.end('team-a', 'join_failed', 75);
    await clock.pass(60_000);
    expect(rooms.spawned).toHaveLength(2);
    rooms.first = 'joining';
    for (let i = 0; i < 200; i++) {
      rooms.end('team-a', 'crash_loop', 75);
      await clock.pass(60_000);
    }
    expect(outcomes.at(-1)).toBe('gave_up');
    expect(rooms.spawned.length).toBeLessThan(70);
    expect(clock.waiting).toBe(0);
    rooms.first = 'live';
    await tell(began(20));
    expect(rooms.isRunning('team-a')).toBe(true);
    rooms.end('team-a', 'join_failed', 75);
    await tell(ended(30, 'a'));
    await clock.pass(600_000);
    expect(rooms.isRunning('team-a')).toBe(false);
    expect(clock.waiting).toBe(0);
  });

  it.each([
    ['join_failed', 78],
    ['crash_loop', 1],
    ['refused', 78],
  ] as const)('does not try again by itself after %s with %i', async (reason, code) => {
    const { rooms, tell, clock } = await rig();
    await tell(began(10, 'a'));
    rooms.end('team-a', reason, code);
    await clock.pass(600_000);
    expect(rooms.spawned).toHaveLength(1);
    expect(clock.waiting).toBe(0);
  });

  it('does not take the own joining of its bot for a meeting', async () => {
    const { rooms, tell } = await rig();
    await tell(began(10, 'a'), began(11));
    await tell(began(21, 'b'));
    await tell(ended(20, 'a'));
    expect(rooms.isRunning('team-a')).toBe(false);
    await tell(began(30, 'c'));
    expect(rooms.isRunning('team-a')).toBe(true);
  });

  it.each([0, 1])('takes it for one when somebody is there, whichever is told first (%i)', async (first) => {
    const { rooms, tell } = await rig();
    await tell(began(10, 'a'), began(11));
    const told = [began(20, 'b'), began(20)];
    await tell(...(first === 0 ? told : told.reverse()));
    await tell(ended(20, 'a'));
    expect(rooms.isRunning('team-a')).toBe(true);
    await tell(ended(30, 'b'));
    expect(rooms.isRunning('team-a')).toBe(false);
  });

  it('goes on when nothing can be kept, and when rooms fail', async () => {
    const disk = new Disk();
    disk.documents.set('daily.room/team-a', ['junk']);
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
        follower.take({ kind: 'joined', room: `team-${i}`, at: 11 + j, meetingId: undefined });
    }
    await clock.pass(1);
    expect(rooms.spawned).toHaveLength(1_000);
    for (let i = 0; i < 1_000; i++) follower.take({ kind: 'ended', room: `team-${i}`, at: 99, meetingId: `m${i}` });
    await clock.pass(1);
    expect(rooms.stopped).toHaveLength(1_000);
  });
});
