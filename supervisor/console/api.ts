import { token, unwelcome } from './session.ts';
import type { Refusal } from './worker/protocol.ts';

/** What is wrong with a part of a request: a JSON pointer such as `/roomId`, and the words for it. */
export interface Fault {
  readonly at: string;
  readonly detail: string;
}

/** The supervisor has refused a call; its words are for people. */
export class ApiError extends Error implements Refusal {
  override name = 'ApiError';
  readonly title: string;
  readonly detail: string;
  readonly status: number;
  readonly faults: readonly Fault[];

  constructor(status: number, title: string, detail: string, faults: readonly Fault[] = []) {
    super(detail === '' ? title : detail);
    this.status = status;
    this.title = title;
    this.detail = detail;
    this.faults = faults;
  }
}

type Method = 'GET' | 'POST' | 'DELETE';

/** One call of the supervisor's API; see /openapi.json. Rejects with an ApiError; status 0: no answer. */
export async function call<T>(method: Method, path: string, body?: unknown): Promise<T> {
  return parse(await read(path, method, body)) as T;
}

/** The same, with the answer's own text: of numbers too long for JavaScript, and of what isn't JSON. */
export async function read(path: string, method: Method = 'GET', body?: unknown): Promise<string> {
  const headers: Record<string, string> = { accept: 'application/json' };
  const shown = token.peek();
  if (shown !== null) headers.authorization = `Bearer ${shown}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(path, init).catch((error: Error) => {
    throw new ApiError(0, 'No answer', `roomd doesn't answer: ${error.message}`);
  });
  const text = await response.text();
  if (response.ok) return text;
  const { title = response.statusText, detail = text, errors = [] } = (parse(text) ?? {}) as Partial<Problem>;
  const refusal = new ApiError(response.status, title, detail, errors);
  if (refusal.status === 401 && shown === token.peek()) unwelcome.value = refusal;
  throw refusal;
}

interface Problem {
  readonly title: string;
  readonly detail: string;
  readonly errors: readonly Fault[];
}

/** What was thrown, in words. */
export function refusalOf(error: unknown): Refusal {
  if (error instanceof ApiError) return error;
  if (error instanceof Error) return { title: 'Something went wrong', detail: error.message };
  return error as Refusal;
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
