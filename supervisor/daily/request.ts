import type { Clock } from '../../spec/runtime/clock.ts';
import { readBody } from '../base/body.ts';
import { DeadlineError, faultOf, withDeadline } from '../base/deadline.ts';
import { type Failure, failure, type RawAnswer } from './answer.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

export interface Question {
  readonly method: 'GET' | 'POST';
  readonly url: string;
  readonly key: string;
  readonly body?: unknown;
  /** Milliseconds, for the whole of the answer. */
  readonly timeout: number;
}

/** Far more than any answer that is read here. */
const MAX_BYTES = 262_144;

/** Asks once. Doesn't reject. `signal` ends it early. */
export async function request(
  { method, url, key, body, timeout }: Question,
  { fetch, clock, signal }: { readonly fetch: Fetch; readonly clock: Clock; readonly signal: AbortSignal },
): Promise<RawAnswer | Failure> {
  try {
    return await withDeadline(timeout, { clock, signal }, async (signal) => {
      const response = await fetch(url, {
        method,
        headers: {
          authorization: `Bearer ${key}`,
          accept: 'application/json',
          ...(body !== undefined && { 'content-type': 'application/json' }),
        },
        ...(body !== undefined && { body: JSON.stringify(body) }),
        signal,
        // The key is for the address that was configured.
        redirect: 'manual',
      });
      const whole = await readBody(response, MAX_BYTES);
      if (whole === undefined) return failure('down', `expected an answer of at most ${MAX_BYTES} bytes, got more`);
      return { status: response.status, headers: response.headers, text: whole.toString('utf8') };
    });
  } catch (error) {
    if (signal.aborted) return failure('ended', 'not needed any more');
    if (error instanceof DeadlineError) {
      return failure('down', `expected a whole answer within ${timeout} ms, got none`);
    }
    return failure('down', `no answer from Daily (${faultOf(error)})`);
  }
}
