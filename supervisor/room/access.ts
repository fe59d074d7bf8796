import type { Command } from '../../spec/command.ts';
import type { PlannedRequest } from './plan.ts';

/** What lets a bot into its room: `room.access`, or `room.refused`. */
export type Admission = Extract<Command, { type: 'room.access' | 'room.refused' }>;

/** A run of a room that wants to be let in. */
export interface Entrant {
  readonly request: PlannedRequest;
  /** Milliseconds until the room has lasted as long as it may. */
  readonly remainingMs: number;
}

/** Lets bots into rooms that want more than a name. */
export interface Access {
  /**
   * What a new run of that room has to be told before it can get in. Undefined: nothing, its connector needs none.
   * Doesn't reject. May be called anew for each run; `signal` aborts when the run has ended.
   */
  open(entrant: Entrant, signal: AbortSignal): Promise<Admission | undefined>;
}
