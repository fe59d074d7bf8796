import type { Command } from '../../spec/command.ts';
import type { RoomRequest } from './api.ts';

/** Lets bots into rooms that want more than a name. */
export interface Access {
  /**
   * What a new run of that room has to be told before it can get in: `room.access` or `room.refused`. Undefined: nothing,
   * its connector needs none. Doesn't reject. May be called anew for each run; `signal` aborts when the run has ended.
   */
  open(request: RoomRequest, signal: AbortSignal): Promise<Command | undefined>;
}
