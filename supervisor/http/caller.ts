import { isChat } from '../../spec/chat.ts';
import { globMatcher } from '../base/glob.ts';
import type { Scope } from '../base/scopes.ts';
import { isOfLocalRoom } from '../base/stamp.ts';
import type { Entry } from '../log/port.ts';

/** A token as it stands in the configuration: never the secret itself. */
export interface Token {
  readonly name: string;
  /** SHA-256 of the secret, 64 lower-case hexadecimal digits. */
  readonly sha256: string;
  readonly scopes: readonly Scope[];
  /** Patterns of room ids, `*` for any run of characters; absent: every room. */
  readonly rooms?: readonly string[] | undefined;
}

/** An event as the log has it. */
export type Kept = Pick<Entry, 'roomId' | 'topic' | 'json'>;

/** Who asks, and what they may. The empty room id stands for the supervisor itself. */
export interface Caller {
  readonly name: string;
  can(scope: Scope): boolean;
  /** Whether the room exists for this caller. Of a pattern with `*`: whether all rooms that it fits do. */
  sees(roomId: string): boolean;
  /** Whether this caller may read the event: any of the room, or what people in it see, where people can be. */
  reads(event: Kept): boolean;
  /** Whether words in it are shown: to whom that is granted, and to whoever could be in the room. */
  hears(event: Kept): boolean;
  /** Whose ticket was shown; absent: a token itself was shown, or none are configured. */
  readonly issuer?: Caller;
}

/** A configured token, and what whoever shows it may. */
export interface KnownToken {
  readonly token: Token;
  readonly hash: Buffer;
  readonly caller: Caller;
}

/** Where no tokens are configured. */
export const EVERYBODY: Caller = {
  name: 'anonymous',
  can: () => true,
  sees: () => true,
  reads: () => true,
  hears: () => true,
};

/** Who has shown nothing where nothing has to be shown. */
export const NOBODY: Caller = {
  name: 'nobody',
  can: () => false,
  sees: () => false,
  reads: () => false,
  hears: () => false,
};

/** `admin` includes every scope but those that show words: they have to be given by name. */
const NOT_IN_ADMIN: ReadonlySet<Scope> = new Set(['events:pii', 'rooms:join']);

export function knowToken(token: Token): KnownToken {
  return { token, hash: Buffer.from(token.sha256, 'hex'), caller: callerOf(token) };
}

function callerOf({ name, scopes, rooms }: Omit<Token, 'sha256'>): Caller {
  const given = new Set<Scope>(scopes);
  const can = (scope: Scope) => given.has(scope) || (!NOT_IN_ADMIN.has(scope) && given.has('admin'));
  return createCaller(name, can, roomTest(rooms));
}

/** What the caller may do, and no more than is said here too. `rooms`: patterns, one of which has to fit; absent: all. */
export function narrowed(caller: Caller, { name, scopes, rooms }: Omit<Token, 'sha256'>): Caller {
  const given = new Set<Scope>(scopes);
  const isAmong = roomTest(rooms);
  const can = (scope: Scope) => given.has(scope) && caller.can(scope);
  const sees = (roomId: string) => caller.sees(roomId) && isAmong(roomId);
  return { ...createCaller(`${caller.name}/${name}`, can, sees), issuer: caller };
}

/** No pattern fits the supervisor itself. */
function roomTest(patterns: readonly string[] | undefined): (roomId: string) => boolean {
  if (patterns === undefined) return () => true;
  const matchers = patterns.map(globMatcher);
  return (roomId) => roomId !== '' && matchers.some((matches) => matches(roomId));
}

function createCaller(name: string, can: Caller['can'], sees: Caller['sees']): Caller {
  // Asked of every event, so answered once.
  const [readsAll, hearsAll, joins] = [can('events:read'), can('events:pii'), can('rooms:join')];
  // By what the event itself says: a room's id may have been another room's before, which nobody could enter.
  const isIn = (event: Kept) =>
    joins && event.roomId !== '' && isChat(event.topic) && sees(event.roomId) && isOfLocalRoom(event);
  return {
    name,
    can,
    sees,
    reads: (event) => (readsAll && sees(event.roomId)) || isIn(event),
    hears: (event) => hearsAll || isIn(event),
  };
}
