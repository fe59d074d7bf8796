import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import type { Happening } from '../../../supervisor/daily/happening.ts';
import { Meeting } from '../../../supervisor/daily/meeting.ts';

const began = (at: number, meetingId?: string): Happening => ({ kind: 'began', room: 'r', at, meetingId });
const joined = (at: number): Happening => ({ kind: 'joined', room: 'r', at, meetingId: undefined });
const ended = (at: number, meetingId?: string): Happening => ({ kind: 'ended', room: 'r', at, meetingId });

function isOnAfter(...happenings: Happening[]): boolean {
  const meeting = new Meeting();
  for (const happening of happenings) meeting.take(happening);
  return meeting.isOn;
}

interface Life {
  readonly pause: number;
  /** When others join, from its start on. */
  readonly joins: readonly number[];
  readonly lasts: number;
}

/** What Daily tells of meetings, one after another in one room, in whole seconds as it may. */
function told(lives: readonly Life[], isOver: boolean): Happening[] {
  let at = 1_000;
  return lives.flatMap(({ pause, joins, lasts }, i) => {
    const start = at + pause;
    at = start + lasts;
    const id = `m${i}`;
    const people = joins.map((join) => joined(start + (join % lasts)));
    return [began(start, id), ...people, ...(i < lives.length - 1 || isOver ? [ended(at, id)] : [])];
  });
}

describe('a meeting', () => {
  it('is what it is at last, in whatever order and however often that is told', () => {
    const life = fc.record({
      // A meeting may begin in the second in which the last one ended.
      pause: fc.integer({ min: 0, max: 3 }),
      joins: fc.array(fc.nat(100), { maxLength: 4 }),
      lasts: fc.integer({ min: 1, max: 50 }),
    });
    const lives = fc.array(life, { minLength: 1, maxLength: 5 });
    const cases = fc.tuple(lives, fc.boolean()).chain(([some, isOver]) => {
      const happenings = told(some, isOver);
      const all = [...happenings, ...happenings.slice(0, 3)];
      return fc.record({ order: fc.shuffledSubarray(all, { minLength: all.length }), isOn: fc.constant(!isOver) });
    });
    fc.assert(
      fc.property(cases, ({ order, isOn }) => {
        expect(isOnAfter(...order)).toBe(isOn);
      }),
      { numRuns: 2_000 },
    );
  });

  it.each<[string, boolean, Happening[]]>([
    ['nothing', false, []],
    ['somebody joins', true, [began(10)]],
    ['an end that is told before its start', false, [ended(20, 'a'), began(10, 'a')]],
    ['the end of an older one', true, [began(30, 'b'), ended(20, 'a')]],
    ['one without times of its own, by its id', false, [began(21, 'a'), ended(20, 'a')]],
    ['another that begins as the last one ends', true, [began(10, 'a'), ended(20, 'a'), began(20, 'b')]],
    ['who joined as it ended', false, [began(10, 'a'), began(20), ended(20, 'a')]],
  ])('%s: %s', (_, isOn, happenings) => {
    expect(isOnAfter(...happenings)).toBe(isOn);
  });
});
