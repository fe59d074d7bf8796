import type { RoomView } from '../room/api.ts';
import type { Caller } from './auth.ts';
import { Problem } from './problem.ts';

/** What bots write to stderr may hold anything: it takes the scope to read it. */
export function forCaller(room: RoomView, caller: Caller): RoomView {
  if (room.stop === null || caller.can('events:pii')) return room;
  return { ...room, stop: { ...room.stop, stderr: room.stop.stderr.map(() => '[redacted]') } };
}

/** The value, or the refusal that there is no such room. */
export function found<T>(value: T | undefined, roomId: string): T {
  if (value === undefined) throw unknownRoom(roomId);
  return value;
}

export function unknownRoom(roomId: string): Problem {
  return new Problem('unknown-room', `no room "${roomId}" runs or has events; GET /v1/rooms lists those that do`);
}

/** The room is known, and what its policy was is not. */
export function noPolicy(roomId: string): Problem {
  return new Problem(
    'no-policy',
    `the policy of "${roomId}" is no longer kept; GET /v1/rooms/${roomId} has its version`,
  );
}

/** When to ask again, as a header: whole seconds, at least one. */
export function retryAfter(seconds: number): { headers: Record<string, string> } {
  return { headers: { 'retry-after': String(Math.max(1, Math.ceil(seconds))) } };
}
