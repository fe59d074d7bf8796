import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { Telemetry } from '../base/telemetry.ts';
import { type Answered, type Failure, failure, readAnswer } from './answer.ts';
import { type Fetch, request } from './request.ts';
import { Turnstile } from './turnstile.ts';

export type { Answered } from './answer.ts';
export type { Fetch } from './request.ts';

/** What Daily allows an account. */
const LIMIT = { count: 20, perMs: 1_000 };
/** For one answer. */
const TIMEOUT_MS = 10_000;
/** For a call, from its first request on, those that are repeated included. */
const DEADLINE_MS = 30_000;
/** And so long it waits for its first turn: then so many others are before it that it is better told. */
const MAX_WAIT_MS = 60_000;
const BACKOFF = { base: 500, max: 8_000 };

export interface DailyRestConfig {
  /** Such as https://api.daily.co/v1. */
  readonly url: string;
  readonly key: string;
  /** The variable that it comes from, for error texts. */
  readonly keyEnv: string;
  /** Milliseconds for a call with all its repetitions. */
  readonly deadline?: number;
}

export interface DailyRestDeps {
  readonly clock: Clock;
  /** 0 to 1. */
  readonly random: () => number;
  readonly telemetry: Pick<Telemetry, 'dailyAnswered' | 'dailyFailed'>;
  readonly fetch?: Fetch;
}

/** See https://docs.daily.co/reference/rest-api/meeting-tokens/config. Times in seconds since 1970. */
export interface TokenProperties {
  readonly room_name: string;
  readonly user_name: string;
  /** At most 36 characters. */
  readonly user_id: string;
  readonly exp: number;
  readonly eject_at_token_exp: boolean;
  readonly is_owner: boolean;
  readonly enable_screenshare: boolean;
  readonly start_video_off: boolean;
  readonly start_audio_off: boolean;
}

interface Call {
  readonly name: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly body?: unknown;
}

export type DailyRest = ReturnType<typeof createDailyRest>;

/**
 * Daily's REST API, as far as it is needed. No call rejects. All of one client wait in one line, so an account's limit
 * holds however many rooms start at once; what may go better later is repeated for a while.
 */
export function createDailyRest(config: DailyRestConfig, deps: DailyRestDeps) {
  const { clock, random, telemetry, fetch = globalThis.fetch } = deps;
  const { key, keyEnv, deadline = DEADLINE_MS } = config;
  const base = config.url.replace(/\/+$/, '');
  const turnstile = new Turnstile(clock, LIMIT);

  return {
    /** A meeting token. */
    token: (properties: TokenProperties, signal?: AbortSignal) =>
      call({ name: 'token', method: 'POST', path: '/meeting-tokens', body: { properties } }, text('token'), signal),
    /** The address of a room that is there; `missing` when it isn't. */
    room: (room: string, signal?: AbortSignal) =>
      call({ name: 'room', method: 'GET', path: `/rooms/${encodeURIComponent(room)}` }, text('url'), signal),
    /** Makes a room with the settings of the account; its address. */
    createRoom: (room: string, signal?: AbortSignal) =>
      call({ name: 'create_room', method: 'POST', path: '/rooms', body: { name: room } }, text('url'), signal),
    /** What the key is for: `team` of https://team.daily.co. */
    domain: (signal?: AbortSignal) => call({ name: 'domain', method: 'GET', path: '/' }, text('domain_name'), signal),
    /** The same, asked once: whether the key is accepted, and for what domain. */
    checkKey: (signal?: AbortSignal) =>
      once({ name: 'domain', method: 'GET', path: '/' }, text('domain_name'), signal ?? new AbortController().signal),
  };

  async function call<T>(asked: Call, read: Read<T>, given?: AbortSignal): Promise<Answered<T>> {
    const end = new AbortController();
    const stop = () => end.abort();
    given?.addEventListener('abort', stop, { once: true });
    if (given?.aborted) stop();
    let limit = clock.after(MAX_WAIT_MS, stop);
    try {
      let answer: Failure = failure('busy', `too many requests to Daily wait: got no turn within ${MAX_WAIT_MS} ms`);
      for (let attempt = 1; await turnstile.pass(end.signal); attempt++) {
        if (attempt === 1) {
          limit.cancel();
          limit = clock.after(deadline, stop);
        }
        const got = await once(asked, read, end.signal);
        if (got.ok || (!got.retryable && got.kind !== 'ended')) return got;
        if (got.kind !== 'ended') answer = got;
        else if (attempt === 1) answer = failure('down', `expected an answer of Daily within ${deadline} ms, got none`);
        if (end.signal.aborted) break;
        telemetry.dailyFailed(asked.name, answer.detail);
        await sleep(clock, pauseAfter(attempt, answer), end.signal);
      }
      return given?.aborted ? failure('ended', 'not needed any more') : answer;
    } finally {
      limit.cancel();
      given?.removeEventListener('abort', stop);
    }
  }

  /** Milliseconds. */
  function pauseAfter(attempt: number, { retryAfterMs = 0 }: Failure): number {
    // The limit is the account's: nobody else goes on before that either.
    if (retryAfterMs > 0) turnstile.close(retryAfterMs);
    const ceiling = Math.min(BACKOFF.max, BACKOFF.base * 2 ** (attempt - 1));
    return Math.max(retryAfterMs, ceiling * (0.5 + random() / 2));
  }

  async function once<T>(asked: Call, read: Read<T>, signal: AbortSignal): Promise<Answered<T>> {
    const { name, method, path, body } = asked;
    const from = clock.monotonic();
    const question = { method, url: base + path, key, body, timeout: Math.min(TIMEOUT_MS, deadline) };
    const raw = await request(question, { fetch, clock, signal });
    const answer = 'ok' in raw ? raw : readAnswer(raw, { key, keyEnv }, clock.now());
    const result = answer.ok ? understood(answer.value, read) : answer;
    telemetry.dailyAnswered(name, result.ok ? 'ok' : result.kind, clock.monotonic() - from);
    return result;
  }
}

type Read<T> = (value: unknown) => T | undefined;

function understood<T>(value: unknown, read: Read<T>): Answered<T> {
  const found = read(value);
  return found === undefined
    ? failure('down', 'expected an answer of Daily, got another JSON')
    : { ok: true, value: found };
}

/** A text under that name. */
function text(name: string): Read<string> {
  return (value) => {
    const found = typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[name] : undefined;
    return typeof found === 'string' && found !== '' ? found : undefined;
  };
}
