import { createHash, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Scope } from '../base/scopes.ts';
import { type Caller, EVERYBODY, type KnownToken, NOBODY } from './caller.ts';
import { Problem, unauthorized } from './problem.ts';
import { looksLikeTicket, type Tickets } from './tickets.ts';

/**
 * What a route asks of its caller: nothing, any valid token (no ticket), or one with a scope, or with one of several;
 * `listen`: one that lets read some events at least, which are told by `Caller.reads`.
 */
export type Access = 'open' | 'any' | 'listen' | Scope | readonly Scope[];

interface Shown extends Pick<IncomingMessage, 'headers'> {
  /** From the query, where headers can't be sent: a ticket, never a token. */
  readonly ticket?: string | undefined;
}

/** `how`: the words for where the token is expected, when that isn't only the header. */
export type Authorize = (request: Shown, access: Access, how?: string) => Caller;

const LISTEN: readonly Scope[] = ['events:read', 'rooms:join'];

/**
 * Tokens → a function that tells who sent a request, or throws a Problem when its access is refused.
 * Without tokens every caller may do everything, whatever is shown. `admin` includes every scope but `events:pii` and
 * `rooms:join`, which have to be given by name. A ticket may do what it says, as far as its token still may.
 */
export function createAuth(known: readonly KnownToken[], tickets: Tickets): Authorize {
  return ({ headers, ticket }, access, how) => {
    if (known.length === 0) return EVERYBODY;
    if (access === 'open') return NOBODY;
    const caller = identify(headers.authorization, ticket, how);
    assertLet(caller, access);
    return caller;
  };

  function identify(
    header: string | undefined,
    ticket: string | undefined,
    how = 'the header Authorization: Bearer TOKEN',
  ): Caller {
    const [, bearer] = /^Bearer +(\S+)$/i.exec(header ?? '') ?? [];
    if (bearer === undefined && ticket !== undefined) return tickets.caller(ticket);
    if (bearer === undefined) throw unauthorized(`expected ${how}`, 'Bearer');
    return looksLikeTicket(bearer) ? tickets.caller(bearer) : ofToken(bearer);
  }

  function ofToken(secret: string): Caller {
    const hash = createHash('sha256').update(secret).digest();
    let found: Caller | undefined;
    // Every token is compared, each in constant time: how long it takes tells nothing.
    for (const candidate of known) {
      if (candidate.hash.length === hash.length && timingSafeEqual(candidate.hash, hash)) found = candidate.caller;
    }
    if (found === undefined) throw unauthorized('the token is none of those configured');
    return found;
  }
}

/** Refuses rooms that the caller's token isn't for, whether they exist or not. */
export function assertSees(caller: Caller, roomId: string): void {
  if (caller.sees(roomId)) return;
  throw new Problem('room-not-allowed', `the token "${caller.name}" is limited to other rooms than "${roomId}"`);
}

function assertLet(caller: Caller, access: Exclude<Access, 'open'>): void {
  if (access === 'any') {
    if (caller.issuer === undefined) return;
    throw new Problem('not-by-ticket', `expected a token, got the ticket "${caller.name}"`);
  }
  const scopes = access === 'listen' ? LISTEN : [access].flat();
  if (scopes.some((scope) => caller.can(scope))) return;
  throw new Problem(
    'scope-missing',
    `expected a token with the scope ${scopes.join(' or ')}; "${caller.name}" lacks it`,
  );
}
