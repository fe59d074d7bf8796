import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { namesLoopback } from '../base/loopback.ts';
import { Problem } from './problem.ts';

/** `rooms:join`: to be in a room, seeing and saying what people there see and say. */
export type Scope =
  | 'rooms:read'
  | 'rooms:write'
  | 'rooms:join'
  | 'events:read'
  | 'events:write'
  | 'events:pii'
  | 'admin';

/** What a route asks of its caller: nothing, any valid token, or one with a scope. */
export type Access = 'open' | 'any' | Scope;

/** A token as it stands in the configuration: never the secret itself. */
export interface Token {
  readonly name: string;
  /** SHA-256 of the secret, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** Patterns of room ids, `*` for any run of characters; absent: every room. */
  readonly rooms?: readonly string[] | undefined;
}

/** Who asks, and what they may. */
export interface Caller {
  readonly name: string;
  can(scope: Scope): boolean;
  /** Whether the room exists for this caller. The empty room id stands for the supervisor's own events. */
  sees(roomId: string): boolean;
}

type Headed = Pick<IncomingMessage, 'headers'>;

/** `how`: the words for where the token is expected, when that isn't only the header. */
export type Authorize = (request: Headed, access: Access, how?: string) => Caller;

const EVERYBODY: Caller = { name: 'anonymous', can: () => true, sees: () => true };
const NOBODY: Caller = { name: 'nobody', can: () => false, sees: () => false };

/**
 * Tokens → a function that tells who sent a request, or throws a Problem when its access is refused.
 * Without tokens every caller may do everything. `admin` includes every scope but `events:pii`,
 * which has to be given by name.
 */
export function createAuth(tokens: readonly Token[]): Authorize {
  const known = tokens.map((token) => ({ hash: Buffer.from(token.sha256, 'hex'), caller: callerOf(token) }));
  return ({ headers }, access, how) => {
    if (known.length === 0) return EVERYBODY;
    if (access === 'open') return NOBODY;
    const caller = identify(headers.authorization, how);
    if (access !== 'any' && !caller.can(access)) {
      throw new Problem('scope-missing', `expected a token with the scope ${access}; "${caller.name}" lacks it`);
    }
    return caller;
  };

  function identify(header: string | undefined, how = 'the header Authorization: Bearer TOKEN'): Caller {
    const [, secret] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
    if (secret === undefined) throw unauthorized(`expected ${how}`, 'Bearer');
    const hash = createHash('sha256').update(secret).digest();
    let found: Caller | undefined;
    // Every token is compared, each in constant time: how long it takes tells nothing.
    for (const candidate of known) {
      if (candidate.hash.length === hash.length && timingSafeEqual(candidate.hash, hash)) found = candidate.caller;
    }
    if (found === undefined) {
      throw unauthorized('the token is none of those configured', 'Bearer error="invalid_token"');
    }
    return found;
  }
}

/** Refuses rooms that the caller's token isn't for, whether they exist or not. */
export function assertSees(caller: Caller, roomId: string): void {
  if (caller.sees(roomId)) return;
  throw new Problem('room-not-allowed', `the token "${caller.name}" is limited to other rooms than "${roomId}"`);
}

/**
 * Refuses requests that name another host than this machine's own: a web page that had its name point here
 * would otherwise talk to roomd with the rights of whoever reads the page. Where tokens are asked for it has none.
 */
export function assertLocalHost(request: Headed): void {
  const host = request.headers.host ?? '';
  if (namesLoopback(host)) return;
  throw new Problem(
    'wrong-host',
    `expected Host: localhost, 127.0.0.1 or [::1], got "${host.slice(0, 256)}"; other names need http.tokens`,
  );
}

/**
 * Refuses what a page of another site asks for. Browsers let any page open a WebSocket to this machine, and say only
 * by Origin whose it is.
 */
export function assertOwnPage({ headers: { origin, host } }: Headed): void {
  if (origin === undefined || (URL.canParse(origin) && new URL(origin).host === host?.toLowerCase())) return;
  throw new Problem(
    'cross-site',
    `expected a page of roomd's own, got Origin "${origin.slice(0, 256)}"; pages of other sites need http.tokens`,
  );
}

function callerOf(token: Token): Caller {
  const scopes = new Set<Scope>(token.scopes);
  const patterns = token.rooms?.map(globMatcher);
  return {
    name: token.name,
    can: (scope) => scopes.has(scope) || (scope !== 'events:pii' && scopes.has('admin')),
    sees: (roomId) => patterns === undefined || (roomId !== '' && patterns.some((matches) => matches(roomId))),
  };
}

function globMatcher(pattern: string): (text: string) => boolean {
  const source = pattern.split(/\*+/).map((part) => part.replaceAll(/[^A-Za-z0-9_-]/g, '\\$&'));
  const regex = new RegExp(`^${source.join('.*')}$`);
  return (text) => regex.test(text);
}

function unauthorized(detail: string, challenge: string): Problem {
  return new Problem('token-missing', detail, { headers: { 'www-authenticate': challenge } });
}
