import type { Clock } from '../../spec/runtime/clock.ts';
import { readBody } from '../base/body.ts';
import { PolicyError } from './port.ts';
import { decode, MAX_BYTES } from './read-file.ts';

export type Fetch = (url: string, init: RequestInit) => Promise<Response>;

/** What tells a server which version we have. */
export interface Validators {
  readonly etag?: string | undefined;
  readonly lastModified?: string | undefined;
}

export interface Question {
  readonly url: URL;
  readonly token: string | undefined;
  /** Of the version that we have; absent: we have none. */
  readonly have?: Validators | undefined;
  /** Milliseconds, for the whole of the answer, its redirects included. */
  readonly timeout: number;
}

export type Answer =
  | { readonly kind: 'unchanged' }
  | { readonly kind: 'version'; readonly body: string; readonly validators: Validators };

const MAX_REDIRECTS = 3;
const MAX_VALIDATOR = 1_024;

/**
 * Asks an address once. Throws a PolicyError that says what was got instead of an answer; it never has the address's
 * query, the token or the content. `signal` ends it early.
 */
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
  try {
    return await read(await follow(question, fetch, end.signal), question);
  } catch (error) {
    if (isLate) throw new PolicyError(`expected a whole answer within ${question.timeout} ms, got none`);
    throw error instanceof PolicyError ? error : new PolicyError(`no answer (${codeOf(error)})`);
  } finally {
    timer.cancel();
    signal.removeEventListener('abort', stop);
    // Whatever of an answer wasn't read is of no use: its connection goes.
    stop();
  }
}

async function follow({ url, token, have }: Question, fetch: Fetch, signal: AbortSignal): Promise<Response> {
  const headers = {
    accept: 'application/yaml, application/json, text/yaml, text/plain;q=0.9, */*;q=0.1',
    ...(token !== undefined && { authorization: `Bearer ${token}` }),
    ...(have?.etag !== undefined && { 'if-none-match': have.etag }),
    ...(have?.lastModified !== undefined && { 'if-modified-since': have.lastModified }),
  };
  let at = url;
  for (let redirects = 0; redirects <= MAX_REDIRECTS; redirects++) {
    const response = await fetch(at.href, { headers, signal, redirect: 'manual' });
    if (![301, 302, 303, 307, 308].includes(response.status)) return response;
    await response.body?.cancel();
    const location = response.headers.get('location');
    if (location === null || !URL.canParse(location, at.href)) {
      throw new PolicyError(`expected a policy layer, got HTTP ${response.status} to nowhere`);
    }
    at = new URL(location, at);
    // The token is for the origin that was configured, and so is the trust.
    if (at.origin !== url.origin || at.username !== '' || at.password !== '') {
      throw new PolicyError(
        `expected a policy layer, got HTTP ${response.status} to another origin: configure that one`,
      );
    }
  }
  throw new PolicyError(`expected a policy layer, got more than ${MAX_REDIRECTS} redirects`);
}

async function read(response: Response, { have, token }: Question): Promise<Answer> {
  const { status, headers } = response;
  if (status === 304 && (have?.etag ?? have?.lastModified) !== undefined) return { kind: 'unchanged' };
  if (status !== 200) {
    const hint = status === 401 || status === 403 ? `: check ${token === undefined ? 'tokenEnv' : 'the token'}` : '';
    throw new PolicyError(`expected HTTP 200 or 304, got ${status}${hint}`);
  }
  if (/html/i.test(headers.get('content-type') ?? '')) throw new PolicyError('expected a policy layer, got HTML');
  const bytes = await readBody(response, MAX_BYTES);
  if (bytes === undefined) throw new PolicyError('expected at most 1 MiB, got more');
  const body = decode(bytes);
  return { kind: 'version', body, validators: { etag: validator('etag'), lastModified: validator('last-modified') } };

  function validator(name: string): string | undefined {
    const value = headers.get(name) ?? undefined;
    return value !== undefined && value.length <= MAX_VALIDATOR ? value : undefined;
  }
}

function codeOf(error: unknown): string {
  const { code, cause } = error as { code?: unknown; cause?: { code?: unknown } };
  const found = cause?.code ?? code;
  return typeof found === 'string' && /^[A-Z][A-Z0-9_]{1,63}$/.test(found) ? found : 'the connection failed';
}
