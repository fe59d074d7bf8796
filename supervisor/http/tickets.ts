import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Clock } from '../../spec/runtime/clock.ts';
import type { Scope } from '../base/scopes.ts';
import { type Caller, type KnownToken, narrowed } from './caller.ts';
import { Problem, unauthorized } from './problem.ts';

/** What a ticket lets its bearer do, as far as the token still may that made it. */
export interface Grant {
  readonly name: string;
  readonly scopes: readonly Scope[];
  /** Patterns of room ids; absent: all rooms of the token. */
  readonly rooms?: readonly string[] | undefined;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

export interface TicketRequest {
  /** Absent: what it takes to read events, of what the caller may. */
  readonly scopes?: readonly Scope[] | undefined;
  readonly rooms?: readonly string[] | undefined;
  readonly seconds: number;
  readonly name: string;
}

export interface Tickets {
  /** A ticket that grants no more than the caller may. Throws a Problem when that would be nothing, or for too long. */
  issue(caller: Caller, request: TicketRequest): Grant & { readonly ticket: string };
  /** Whose ticket it is; the same object while it is remembered. Throws a Problem for one that isn't valid. */
  caller(ticket: string): Caller;
}

const PREFIX = 'roomd-ticket-1.';
const SHAPE = /^roomd-ticket-1\.([A-Za-z0-9_-]{1,4096})\.([A-Za-z0-9_-]{43})$/;
const READING: readonly Scope[] = ['events:read', 'events:pii'];
export const MAX_TICKET_SECONDS = 3_600;
/** Of a ticket that does nothing but let people into rooms that it names. */
export const MAX_INVITATION_SECONDS = 7 * 86_400;
const REMEMBERED = 1_000;

export function looksLikeTicket(bearer: string): boolean {
  return bearer.startsWith(PREFIX);
}

/**
 * Tickets: short-lived bearers for those who can't keep a secret. They are stored nowhere: what they grant stands in them,
 * signed with a key that the local one and the hash of the token give. So they survive a restart, and not their token.
 */
export function createTickets(issuers: readonly KnownToken[], key: Buffer, clock: Clock): Tickets {
  const ownKey = createHmac('sha256', key).update('tickets').digest();
  const remembered = new Map<string, { readonly caller: Caller; readonly expiresAt: number }>();

  return {
    issue(caller, { name, seconds, rooms, scopes = READING }) {
      const granted = scopes.filter((scope, i) => caller.can(scope) && scopes.indexOf(scope) === i);
      if (granted.length === 0) {
        throw new Problem(
          'scope-missing',
          `expected one scope at least that "${caller.name}" has, of ${scopes.join(', ')}`,
        );
      }
      assertShort(seconds, granted, rooms);
      const grant: Grant = { name, scopes: granted, ...(rooms && { rooms }), expiresAt: clock.now() + seconds * 1_000 };
      const body = Buffer.from(JSON.stringify(grant)).toString('base64url');
      const issuer = issuers.find((known) => known.caller === caller);
      return { ...grant, ticket: `${PREFIX}${body}.${sign(body, issuer).toString('base64url')}` };
    },

    caller(ticket) {
      const found = remembered.get(ticket) ?? open(ticket);
      if (found.expiresAt <= clock.now()) throw unauthorized('the ticket has expired: ask for another');
      // The one that was used last is forgotten last.
      remembered.delete(ticket);
      remembered.set(ticket, found);
      const [oldest] = remembered.keys();
      if (remembered.size > REMEMBERED && oldest !== undefined) remembered.delete(oldest);
      return found.caller;
    },
  };

  function open(ticket: string): { caller: Caller; expiresAt: number } {
    const [, body = '', signature = ''] = SHAPE.exec(ticket) ?? [];
    const shown = Buffer.from(signature, 'base64url');
    let issuer: KnownToken | undefined;
    // Every token is tried: how long it takes tells nothing.
    for (const known of issuers) {
      const expected = sign(body, known);
      if (expected.length === shown.length && timingSafeEqual(expected, shown)) issuer = known;
    }
    if (issuer === undefined) throw unauthorized('the ticket is not valid: ask for another');
    const grant = JSON.parse(Buffer.from(body, 'base64url').toString()) as Grant;
    return { caller: narrowed(issuer.caller, grant), expiresAt: grant.expiresAt };
  }

  /** `issuer`: absent where no tokens are configured. */
  function sign(body: string, issuer: KnownToken | undefined): Buffer {
    return createHmac('sha256', ownKey).update(`${issuer?.token.name} ${issuer?.token.sha256} ${body}`).digest();
  }
}

function assertShort(seconds: number, scopes: readonly Scope[], rooms: readonly string[] | undefined): void {
  const isExact = rooms?.every((room) => !room.includes('*')) ?? false;
  const isInvitation = isExact && scopes.every((scope) => scope === 'rooms:join');
  const max = isInvitation ? MAX_INVITATION_SECONDS : MAX_TICKET_SECONDS;
  if (seconds <= max) return;
  throw new Problem(
    'invalid-body',
    `expected at most ${max} seconds, got ${seconds}; with rooms:join alone and rooms without * up to ${MAX_INVITATION_SECONDS}`,
    { errors: [{ at: '/seconds', detail: `expected at most ${max}` }] },
  );
}
