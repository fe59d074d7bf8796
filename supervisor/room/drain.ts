import { setImmediate } from 'node:timers/promises';
import type { Clock } from '../../spec/runtime/clock.ts';
import { within } from '../base/within.ts';
import type { StopReason } from './api.ts';
import type { Room } from './room.ts';

const STOPPED_AT_ONCE = 10;
/** How long force may take, and telling of it. */
const FORCE_MS = 2_000;

export interface Drain {
  readonly clock: Clock;
  readonly reason: StopReason;
  /** Until force is used. */
  readonly deadlineMs: number;
  /** Aborts when force is to be used at once. */
  readonly hurry: AbortSignal;
}

/** Ends rooms. Resolves when all have ended and that is on disk, or shortly after the deadline when it can't be. */
export async function endRooms(rooms: readonly Room[], { clock, reason, deadlineMs, hurry }: Drain): Promise<void> {
  for (const [i, room] of rooms.entries()) {
    // Hundreds at a stroke would stop everything else for a while, their own last words included.
    if (i % STOPPED_AT_ONCE === STOPPED_AT_ONCE - 1) await setImmediate();
    room.stop(reason);
  }
  const ended = Promise.all(rooms.map((room) => room.done));
  await within(clock, deadlineMs, ended, hurry);
  for (const room of rooms) if (!room.ended) room.kill(reason);
  await within(clock, FORCE_MS, ended);
}
