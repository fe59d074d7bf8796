import type { Clock } from '../../spec/runtime/clock.ts';
import { readBody } from '../base/body.ts';

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
  const end = new AbortController();
  const stop = () => end.abort();
  signal.addEventListener('abort', stop, { once: true });
  if (signal.aborted) stop();
  let isLate = false;
  const timer = clock.after(question.timeout, () => {
    isLate = true;
    stop();
  });
  const { url, init, token, timeout } = question;
  const headers = {
    accept: 'application/json',
    ...(init.headers as Record<string, string>),
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
  };
  try {
    return await read(await fetch(url, { ...init, headers, redirect: 'manual', signal: end.signal }), token);
  } catch (error) {
    if (isLate) throw new NoAnswer(`expected a whole answer within ${timeout} ms, got none`);
    throw error instanceof NoAnswer ? error : new NoAnswer(`no answer (${codeOf(error)})`);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
    // Whatever of an answer wasn't read is of no use: its connection goes.
    stop();
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

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const found = cause?.code ?? code;
  return typeof found === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(found) ? found : 'the connection failed';
}
