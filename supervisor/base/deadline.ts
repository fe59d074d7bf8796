import type { Clock } from '../../spec/runtime/clock.ts';

/** The work took longer than it may. */
export class DeadlineError extends Error {
  override name = 'DeadlineError';
}

/**
 * Work with a signal of its own, which aborts with the given one, after `ms`, and when the work is over: what of it goes
 * on by itself, such as an answer that wasn't read, ends then. Rejects with a DeadlineError, or as the work does.
 */
export async function withDeadline<T>(
  ms: number,
  { clock, signal }: { readonly clock: Clock; readonly signal: AbortSignal },
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const end = new AbortController();
  const stop = () => end.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let isLate = false;
  const timer = clock.after(ms, () => {
    isLate = true;
    stop();
  });
  try {
    return await work(end.signal);
  } catch (error) {
    throw isLate ? new DeadlineError(`expected an end within ${ms} ms`) : error;
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
    stop();
  }
}

/** Why a request got no answer, by its error's code: messages may hold addresses. */
export function faultOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const found = cause?.code ?? code;
  return typeof found === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(found) ? found : 'the connection failed';
}
