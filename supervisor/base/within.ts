import { type Clock, sleep } from '../../spec/runtime/clock.ts';

/** Waits for the work at most so long, or until the signal aborts. */
export async function within(clock: Clock, ms: number, work: Promise<unknown>, signal?: AbortSignal): Promise<void> {
  const over = new AbortController();
  void work.then(() => over.abort());
  await sleep(clock, ms, signal === undefined ? over.signal : AbortSignal.any([over.signal, signal]));
}
