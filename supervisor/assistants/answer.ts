import type { Clock } from '../../spec/runtime/clock.ts';
import { readBody } from '../base/body.ts';
import { DeadlineError, faultOf, withDeadline } from '../base/deadline.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** One question about one assistant. */
export interface Question {
  readonly url: string;
  readonly init: RequestInit;
  readonly token: string | undefined;
  /** Milliseconds, for the whole of the answer. */
  readonly timeout: number;
}

/** A whole answer in JSON, or a status that has none to be read. */
export type Answer = { readonly status: 200; readonly value: unknown } | { readonly status: 404 | 410 };

/** There is no answer that says anything; the message holds neither the token nor what was answered. */
export class NoAnswer extends Error {
  override name = 'NoAnswer';
}

const MAX_BYTES = 262_144;

/** Asks once, and follows nobody elsewhere: the token is for that address. Throws a NoAnswer. */
export async function ask(
  question: Question,
  { fetch, clock, signal }: { fetch: Fetch; clock: Clock; signal: AbortSignal },
): Promise<Answer> {
  const { url, init, token, timeout } = question;
  const headers = {
    accept: 'application/json',
    ...(init.headers as Record<string, string>),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  try {
    return await withDeadline(timeout, { clock, signal }, async (signal) =>
      read(await fetch(url, { ...init, headers, redirect: 'manual', signal }), token),
    );
  } catch (error) {
    if (error instanceof DeadlineError) throw new NoAnswer(`expected a whole answer within ${timeout} ms, got none`);
    throw error instanceof NoAnswer ? error : new NoAnswer(`no answer (${faultOf(error)})`);
  }
}

async function read(response: Response, token: string | undefined): Promise<Answer> {
  const { status } = response;
  if (status === 404 || status === 410) return { status };
  if (status >= 300 && status < 400) {
    throw new NoAnswer(`expected HTTP 200, got ${status}: configure the address that it leads to`);
  }
  if (status !== 200) {
    const hint = status === 401 || status === 403 ? `: check ${token === undefined ? 'tokenEnv' : 'the token'}` : '';
    throw new NoAnswer(`expected HTTP 200, got ${status}${hint}`);
  }
  const bytes = await readBody(response, MAX_BYTES);
  if (bytes === undefined) throw new NoAnswer('expected at most 256 KiB, got more');
  try {
    return { status, value: JSON.parse(new TextDecoder('utf-8', { fatal: true }).decode(bytes)) as unknown };
  } catch {
    throw new NoAnswer('expected JSON, got something else');
  }
}
