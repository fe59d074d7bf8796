import { setTimeout as sleep } from 'node:timers/promises';
import type { BotView } from '../../supervisor/room/api.ts';
import type { Caller } from '../bench.d/caller.ts';
import type { RoomsJudge } from './rooms-judge.ts';
import { type Left, look, nameOf } from './rooms-left.ts';

/** File descriptors that may be more at the end, of whatever is opened late. */
const SLACK = 8;
/** A process that waits for a room has three pipes. */
const PIPES = 3;
/** Looks at what is left, a tenth of a second apart. */
const LOOKS = 300;

export interface TidinessDeps {
  readonly pid: number;
  readonly data: string;
  readonly caller: Caller;
  /** So many processes wait for a room when nothing happens. */
  readonly warm: number;
}

/** Whether a supervisor without rooms has nothing left but the processes that wait for one. */
export class Tidiness {
  readonly #deps: TidinessDeps;

  constructor(deps: TidinessDeps) {
    this.#deps = deps;
  }

  /** Resolves when everything that has to wait for a room does; what there is then. */
  async begin(judge: RoomsJudge): Promise<Left> {
    const { left } = await this.#look(() => true);
    const { warm } = this.#deps;
    judge.expect(left.bots.length >= warm, `expected ${warm} processes that wait for a room, got ${left.bots.length}`);
    return left;
  }

  /** What is there now against what there was; in words. */
  async conclude(before: Left, judge: RoomsJudge): Promise<string> {
    const most = ({ children }: Left) =>
      before.descriptors + SLACK + PIPES * Math.max(0, children.length - before.children.length);
    const { left, waiting } = await this.#look((now) => now.descriptors <= most(now));
    const expected = `${waiting} that wait for a room`;
    for (const pids of [left.children, left.bots]) {
      judge.expect(pids.length === waiting, `processes: expected ${expected}, got ${pids.map(nameOf).join(', ')}`);
    }
    judge.expect(left.folders.length === waiting, `folders: expected ${expected}, got ${left.folders.join(', ')}`);
    const descriptors = `${before.descriptors} file descriptors at the start, ${left.descriptors} at the end`;
    judge.expect(left.descriptors <= most(left), descriptors);
    return `left: ${left.children.length} children, ${left.bots.length} bots, ${left.folders.length} folders (${expected}); ${descriptors}`;
  }

  /** As soon as it is as it has to be, or as it is after so many looks; with how many waited at that moment. */
  async #look(passes: (left: Left) => boolean): Promise<{ left: Left; waiting: number }> {
    for (let looks = 1; ; looks++) {
      const waiting = await this.#waiting();
      const left = look(this.#deps.pid, this.#deps.data);
      const whole = [left.children, left.bots, left.folders].every(({ length }) => length === waiting);
      if ((whole && waiting >= this.#deps.warm && passes(left)) || looks === LOOKS) return { left, waiting };
      await sleep(100);
    }
  }

  /** How many processes the pools have, those included that are on their way. */
  async #waiting(): Promise<number> {
    const { bots } = await this.#deps.caller.json<{ bots: BotView[] }>('/v1/bots');
    // Our connections would be descriptors of the supervisor's.
    this.#deps.caller.close();
    return bots.reduce((sum, { warm }) => sum + warm.ready + warm.starting, 0);
  }
}
