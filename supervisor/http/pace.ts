import { type Clock, sleep } from '../../spec/runtime/clock.ts';

/** So few readers are served as events come … */
const AT_ONCE = 16;
/** … and each one more gives the others so much longer to gather what comes next, … */
const EACH_MS = 0.075;
/** … up to this. */
const MOST_MS = 40;

/**
 * Readers that have written rest until the next beat, which is one for all of them. What costs most is a write, whatever
 * is in it: so the more readers there are, the more each write carries. A reader that waits for something to happen
 * doesn't rest: after a pause it is served at once.
 */
export interface Pace {
  rest(): Promise<void> | undefined;
}

/** `readers`: how many there are. Nobody rests once the signal has aborted. */
export function createPace(clock: Clock, readers: () => number, signal: AbortSignal): Pace {
  let beat: Promise<void> | undefined;
  return {
    rest() {
      if (readers() <= AT_ONCE) return undefined;
      beat ??= sleep(clock, Math.min(MOST_MS, readers() * EACH_MS), signal).then(() => {
        beat = undefined;
      });
      return beat;
    },
  };
}
