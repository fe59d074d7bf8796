import { cleanText } from '../base/clean-text.ts';

/** What became of a call. `detail` has neither the key nor a token. */
export type Answered<T> = { readonly ok: true; readonly value: T } | Failure;

export interface Failure {
  readonly ok: false;
  /** `key`: it isn't accepted; `missing`: there is no such room; `busy`: asked too often; `down`: nobody answers well. */
  readonly kind: 'key' | 'missing' | 'refused' | 'busy' | 'down' | 'ended';
  readonly detail: string;
  /** Whether the same may go better later. */
  readonly retryable: boolean;
  /** Milliseconds that Daily wants to be left alone. */
  readonly retryAfterMs?: number;
}

/** An answer as it came: at most so many bytes of it were read. */
export interface RawAnswer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
}

const MAX_INFO = 200;
const MAX_RETRY_AFTER_MS = 600_000;

/** The key that was sent, and the variable that it comes from. */
interface Sent {
  readonly key: string;
  readonly keyEnv: string;
}

/** What Daily says → a value, or why there is none, without the key. `now`: milliseconds since 1970. */
export function readAnswer(raw: RawAnswer, { key, keyEnv }: Sent, now: number): Answered<unknown> {
  const { status } = raw;
  const value = parse(raw.text);
  if (status >= 200 && status < 300) {
    if (value !== undefined) return { ok: true, value };
    return failure('down', `expected an answer in JSON, got HTTP ${status} with something else`);
  }
  const said = errorIn(value, key);
  if (status === 401 || status === 403) {
    return failure(
      'key',
      `the key in ${keyEnv} isn't accepted (${said}); take one from dashboard.daily.co, Developers`,
    );
  }
  if (status === 404) return failure('missing', `Daily has no such room (${said})`);
  if (status === 429) {
    const retryAfterMs = retryAfter(raw.headers.get('retry-after'), now);
    return {
      ...failure('busy', `Daily was asked too often (${said})`),
      ...(retryAfterMs !== undefined && { retryAfterMs }),
    };
  }
  if (status >= 500 || status === 408) return failure('down', `Daily is in trouble (HTTP ${status}, ${said})`);
  return failure('refused', `Daily refuses it (HTTP ${status}, ${said})`);
}

export function failure(kind: Failure['kind'], detail: string): Failure {
  return { ok: false, kind, detail, retryable: kind === 'busy' || kind === 'down' };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** `{error, info}`, as a text for people. Who echoes the key says it to nobody else. */
function errorIn(value: unknown, key: string): string {
  const { error, info } = (typeof value === 'object' && value !== null ? value : {}) as Record<string, unknown>;
  const parts = [error, info].filter((part) => typeof part === 'string' && part !== '');
  return parts.length === 0 ? 'without a reason' : cleanText(parts.join(': ').replaceAll(key, '[redacted]'), MAX_INFO);
}

/** Seconds or a date. */
function retryAfter(header: string | null, now: number): number | undefined {
  if (header === null) return undefined;
  const ms = /^\d{1,9}$/.test(header.trim()) ? Number(header) * 1_000 : Date.parse(header) - now;
  return Number.isFinite(ms) ? Math.min(MAX_RETRY_AFTER_MS, Math.max(0, ms)) : undefined;
}
