import fc from 'fast-check';

/**
 * calm      roomd's own bot, with nothing to do
 * crash, again, suicide   ends a few times by an exception, exit code 75, SIGKILL, and is good from then on
 * family    crashes and leaves children behind, one of them in a session of its own
 * deaf      hears no order to leave
 * loop      crashes for ever
 * done, refused           ends the room by exit code 0, 78
 */
export const LIVES = ['calm', 'crash', 'again', 'suicide', 'family', 'deaf', 'loop', 'done', 'refused'] as const;
export type Life = (typeof LIVES)[number];

export interface RoomPlan {
  readonly roomId: string;
  readonly life: Life;
  /** In so many attempts the bot misbehaves. */
  readonly times: number;
  /** Each time after so long. */
  readonly afterMs: number;
  /** It is stopped in the midst of it all, and spawned again. */
  readonly stopped: boolean;
}

const often = fc.record({
  life: fc.oneof(
    { weight: 12, arbitrary: fc.constant<Life>('calm') },
    { weight: 8, arbitrary: fc.constantFrom(...LIVES) },
  ),
  times: fc.integer({ min: 1, max: 2 }),
  afterMs: fc.integer({ min: 0, max: 2_000 }),
  stopped: fc.oneof({ weight: 4, arbitrary: fc.constant(false) }, { weight: 1, arbitrary: fc.constant(true) }),
});

/** So many rooms, the same for the same seed; each way of life is among the first of them. */
export function planRooms(count: number, seed: number): RoomPlan[] {
  return fc.sample(fc.noBias(often), { seed, numRuns: count }).map((plan, i) => {
    const life = LIVES[i] ?? plan.life;
    return { ...plan, life, roomId: `room-${i}`, times: timesOf(life, plan.times) };
  });
}

function timesOf(life: Life, times: number): number {
  if (life === 'calm' || life === 'deaf') return 0;
  if (life === 'loop' || life === 'done' || life === 'refused') return 1_000;
  return times;
}

/** Why the room has to end when nobody stops it; undefined: it stays. */
export function endOf(life: Life): string | undefined {
  if (life === 'loop') return 'crash_loop';
  if (life === 'done') return 'bot_done';
  return life === 'refused' ? 'refused' : undefined;
}

/** What to ask the daemon for. */
export function requestOf({ life, times, afterMs }: RoomPlan): Record<string, unknown> {
  if (life === 'calm') return {};
  // In a loop it is a crash like any other.
  return { bot: 'soak', options: { life: life === 'loop' ? 'crash' : life, times, afterMs } };
}
