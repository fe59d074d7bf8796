export interface Timer {
  cancel(): void;
}

/** Time as a dependency, so that a test can hold it in its hand. */
export interface Clock {
  /** Wall clock, whole milliseconds since 1970: for what people read. It may jump. */
  now(): number;
  /** Milliseconds from an arbitrary beginning: for deadlines. It never goes back. */
  monotonic(): number;
  /** Calls back once, `ms` from now. */
  after(ms: number, callback: () => void): Timer;
}

export const systemClock: Clock = {
  now: () => Date.now(),
  monotonic: () => performance.now(),
  after(ms, callback) {
    const handle = setTimeout(callback, Math.min(ms, MAX_TIMEOUT_MS));
    return { cancel: () => clearTimeout(handle) };
  },
};

/** Above this, timers fire at once. */
const MAX_TIMEOUT_MS = 2 ** 31 - 1;

/** Resolves after `ms`, or at once when the signal aborts. */
export function sleep(clock: Clock, ms: number, signal: AbortSignal): Promise<void> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve();
    const done = () => {
      timer.cancel();
      signal.removeEventListener('abort', done);
      resolve();
    };
    const timer = clock.after(ms, done);
    signal.addEventListener('abort', done, { once: true });
  });
}
