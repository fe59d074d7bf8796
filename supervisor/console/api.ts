import { token } from './session.ts';
import type { Refusal } from './worker/protocol.ts';

/** The supervisor has refused a call; its words are for people. */
export class ApiError extends Error implements Refusal {
  override name = 'ApiError';
  readonly title: string;
  readonly detail: string;
  readonly status: number;

  constructor(status: number, title: string, detail: string) {
    super(detail === '' ? title : detail);
    this.status = status;
    this.title = title;
    this.detail = detail;
  }
}

/** One call of the supervisor's API; see /openapi.json. Rejects with an ApiError; status 0: no answer. */
export async function call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
  const headers: Record<string, string> = { accept: 'application/json' };
  if (token.value !== null) headers.authorization = `Bearer ${token.value}`;
  if (body !== undefined) headers['content-type'] = 'application/json';
  const init = { method, headers, ...(body !== undefined && { body: JSON.stringify(body) }) };
  const response = await fetch(path, init).catch((error: Error) => {
    throw new ApiError(0, 'no answer', `roomd doesn't answer: ${error.message}`);
  });
  const text = await response.text();
  const value = parse(text);
  if (response.ok) return value as T;
  const { title = response.statusText, detail = text } = (value ?? {}) as { title?: string; detail?: string };
  throw new ApiError(response.status, title, detail);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}
