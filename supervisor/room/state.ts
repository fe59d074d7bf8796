import type { RoomState } from './api.ts';

/**
 * starting     the process runs, nothing was heard of it yet
 * joining      it asked its connector to join
 * live         it is in the room
 * backing_off  it crashed and will be started again
 * stopping     it was told to leave; force follows at the deadline
 * stopped      over, in an orderly way
 * failed       over, and somebody should look at it
 * quarantined  over, and its id is refused for a time
 */
export const MOVES: Readonly<Record<RoomState, readonly RoomState[]>> = {
  starting: ['joining', 'live', 'backing_off', 'stopping', 'stopped', 'failed'],
  joining: ['live', 'backing_off', 'stopping', 'stopped', 'failed'],
  live: ['joining', 'backing_off', 'stopping', 'stopped', 'failed'],
  backing_off: ['starting', 'stopping', 'stopped', 'failed', 'quarantined'],
  stopping: ['stopped', 'failed', 'quarantined'],
  stopped: [],
  failed: [],
  quarantined: [],
};

export function isFinal(state: RoomState): boolean {
  return MOVES[state].length === 0;
}

export function canMove(from: RoomState, to: RoomState): boolean {
  return MOVES[from].includes(to);
}

/** Throws when the table doesn't have the move: that is a bug, not an event. */
export function assertMove(from: RoomState, to: RoomState): void {
  if (!canMove(from, to)) throw new Error(`illegal move of a room from ${from} to ${to}`);
}
