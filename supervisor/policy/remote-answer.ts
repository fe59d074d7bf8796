import type { Clock } from '../../spec/runtime/clock.ts';
import { readBody } from '../base/body.ts';
import { DeadlineError, faultOf, withDeadline } from '../base/deadline.ts';
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
  try {
    return await withDeadline(question.timeout, { clock, signal }, async (signal) =>
      read(await follow(question, fetch, signal), question),
    );
  } catch (error) {
    if (error instanceof DeadlineError)
      throw new PolicyError(`expected a whole answer within ${question.timeout} ms, got none`);
    throw error instanceof PolicyError ? error : new PolicyError(`no answer (${faultOf(error)})`);
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
