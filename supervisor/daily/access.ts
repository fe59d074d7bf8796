import { BOT_USER } from '../../spec/call.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { newId } from '../base/ids.ts';
import { BrowserError, type Browsers } from '../browser/api.ts';
import type { Access, Admission, Entrant } from '../room/access.ts';
import { type Answered, type Failure, failure } from './answer.ts';
import type { DailyRest } from './rest.ts';

/** Beyond the time that the room has left: it is the room that ends a stay, not its token. */
const SLACK_MS = 300_000;
const MAX_USER_ID = 36;
const MAX_USER_NAME = 128;
const MAX_REASON = 1_024;

export interface DailyAccessConfig {
  /** `team` of https://team.daily.co; absent: Daily is asked. */
  readonly domain?: string | undefined;
  readonly createRooms: boolean;
  readonly userName: string;
  readonly bundles?: string | undefined;
  /** Where the key would come from. */
  readonly apiKeyEnv: string;
}

export interface DailyAccessDeps {
  readonly rest: DailyRest;
  readonly browsers: Pick<Browsers, 'socket' | 'ready'>;
  readonly clock: Clock;
  /** Aborts at the end of all runs. */
  readonly ended: AbortSignal;
}

/** Meeting tokens for bots, one a run. What is not a Daily room needs none. Without `deps` there is no key. */
export function createDailyAccess(config: DailyAccessConfig, deps: DailyAccessDeps | undefined): Access {
  /** Asked once; what failed is asked anew. */
  let domain: Promise<Answered<string>> | undefined;

  return {
    async open(entrant, signal) {
      if (entrant.request.connector !== 'daily') return undefined;
      if (deps === undefined) return refused(failure('key', `expected an API key in ${config.apiKeyEnv}, got none`));
      const { rest, browsers, clock } = deps;
      const expiresAt = clock.now() + entrant.remainingMs + SLACK_MS;
      const [browser, url, token] = await Promise.all([
        readyBrowser(browsers),
        addressOf(entrant, deps, signal),
        rest.token(properties(entrant, expiresAt), signal),
      ]);
      for (const part of [url, token, browser]) if (!part.ok) return refused(part);
      if (!url.ok || !token.ok) return undefined;
      return {
        type: 'room.access',
        url: url.value,
        token: token.value,
        expiresAt,
        userName: nameOf(entrant),
        page: browsers.socket,
        ...(config.bundles !== undefined && { bundles: config.bundles }),
      };
    },
  };

  function properties(entrant: Entrant, expiresAt: number) {
    return {
      room_name: roomOf(entrant),
      user_name: nameOf(entrant),
      // A new one for each run.
      user_id: `${BOT_USER}${newId().replaceAll('-', '')}`.slice(0, MAX_USER_ID),
      exp: Math.ceil(expiresAt / 1_000),
      eject_at_token_exp: true,
      is_owner: entrant.request.options?.owner === true,
      enable_screenshare: false,
      start_video_off: true,
      start_audio_off: true,
    };
  }

  function nameOf({ request: { assistant } }: Entrant): string {
    const name = assistant?.name?.trim() ?? '';
    return [...(name === '' ? config.userName : name)].slice(0, MAX_USER_NAME).join('');
  }

  async function addressOf(entrant: Entrant, deps: DailyAccessDeps, signal: AbortSignal): Promise<Answered<string>> {
    const room = roomOf(entrant);
    if (config.createRooms) {
      const made = await madeRoom(room, deps.rest, signal);
      if (!made.ok) return made;
    }
    const { url } = entrant.request.options ?? {};
    if (typeof url === 'string') return { ok: true, value: url };
    const found = await domainName(deps);
    return found.ok ? { ok: true, value: `https://${found.value}.daily.co/${room}` } : found;
  }

  async function domainName({ rest, ended }: DailyAccessDeps): Promise<Answered<string>> {
    if (config.domain !== undefined) return { ok: true, value: config.domain };
    // Of many runs that begin at once: none may end it for the others.
    domain ??= rest.domain(ended);
    const asked = domain;
    const answer = await asked;
    if (!answer.ok && domain === asked) domain = undefined;
    return answer;
  }
}

async function readyBrowser(browsers: Pick<Browsers, 'ready'>): Promise<Answered<true>> {
  try {
    await browsers.ready();
    return { ok: true, value: true };
  } catch (error) {
    // Its words are for people; those of other errors may be anything.
    const detail = error instanceof BrowserError ? error.message : 'the browser could not be started';
    return failure('down', detail);
  }
}

/** A room that is there, or is made. */
async function madeRoom(room: string, rest: DailyRest, signal: AbortSignal): Promise<Answered<string>> {
  const there = await rest.room(room, signal);
  if (there.ok || there.kind !== 'missing') return there;
  const made = await rest.createRoom(room, signal);
  // Another may have made it meanwhile.
  return made.ok || made.kind !== 'refused' ? made : await rest.room(room, signal);
}

function roomOf({ request: { roomId, options } }: Entrant): string {
  return typeof options?.room === 'string' ? options.room : roomId;
}

function refused({ detail, retryable }: Failure): Admission {
  return { type: 'room.refused', reason: detail.slice(0, MAX_REASON), retryable };
}
