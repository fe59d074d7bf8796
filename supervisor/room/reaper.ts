import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { RunMembers } from './run-members.ts';

/** So long after the last look, the next one: who was killed needs a moment to end. */
const POLL_MS = 10;
/** What hasn't ended by then hangs in the kernel. */
const PATIENCE_MS = 5_000;

export interface Reaped {
  /** How many processes had to be killed. */
  readonly killed: number;
  /** How many are there still: they will end when the kernel lets them. */
  readonly left: number;
}

/** Sees to it that nothing of a run outlives it. */
export class Reaper {
  readonly #members: RunMembers;
  readonly #clock: Clock;

  constructor(members: RunMembers, clock: Clock) {
    this.#members = members;
    this.#clock = clock;
  }

  /**
   * After the leader of a run has ended: kills whatever of the run lives elsewhere, and resolves when nothing is left,
   * or after five seconds. Any number of runs that end together share the looks. Never rejects.
   */
  async reap(runId: string): Promise<Reaped> {
    const begun = this.#clock.monotonic();
    const killed = new Set<string>();
    for (;;) {
      const look = await this.#members.look();
      if (look === undefined) return { killed: 0, left: 0 };
      // It may have started others before it was killed: only a look that finds none is the end.
      const living = this.#members.kill(look, runId);
      for (const { pid, startTime } of living) killed.add(`${pid} ${startTime}`);
      const over = this.#clock.monotonic() - begun >= PATIENCE_MS;
      if (over || (living.length === 0 && look.complete)) return { killed: killed.size, left: living.length };
      await sleep(this.#clock, POLL_MS, NEVER);
    }
  }
}

const NEVER = new AbortController().signal;
