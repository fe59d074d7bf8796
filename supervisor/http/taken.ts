import type { Clock } from '../../spec/runtime/clock.ts';

/** Who takes nothing of what was written for so long is too slow. */
const STALL_MS = 30_000;

/**
 * Waits for a reader: true when it has taken what was written (`listen` is given what to call then), or when the signal
 * aborts; false when it has taken too long.
 */
export function taken(clock: Clock, signal: AbortSignal, listen: (done: () => void) => void): Promise<boolean> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve(true);
    const settle = (took: boolean) => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve(took);
    };
    const done = () => settle(true);
    const timer = clock.after(STALL_MS, () => settle(false));
    signal.addEventListener('abort', done, { once: true });
    listen(done);
  });
}
