import { ConnectorError } from '../port.ts';
import { cut } from './texts.ts';

/** What Daily says → what it means. Another attempt, or another run of the bot, can't help against these. */
const FINAL: ReadonlyMap<string, string> = new Map([
  ['ejected', 'the bot was ejected from the call'],
  ['exp-room', 'the room has expired: give it a later exp, or make another'],
  ['no-room', 'there is no room of that name: make it, or set connectors.daily.createRooms'],
  ['meeting-full', 'the room has as many participants as it may: raise its max_participants'],
  ['not-allowed', 'the bot may not come in: the room is private, or the token is for another room'],
  ['end-of-life', 'Daily takes this version of its client no more: update roomd'],
]);

/** What passes, with time or with the token of the next run. */
const PASSING: ReadonlyMap<string, string> = new Map([
  ['nbf-room', 'the room is not open yet'],
  ['nbf-token', 'the token is not valid yet: compare the clocks'],
  ['exp-token', 'the token has expired: the next run gets another'],
  ['connection-error', 'the call does not answer'],
]);

const MAX_TYPE = 64;
const MAX_SHOWN = 200;
/** Tokens are that long, and words aren't. */
const SECRETS = /[\w.=-]{40,}/g;

/** What Daily says no to, by Daily's name for that, where there is one. */
class CallError extends ConnectorError {
  readonly type: string | null;

  constructor(message: string, retryable: boolean, type: string | null) {
    super(message, retryable);
    this.type = type;
  }
}

/** Whether the call is over for the bot, and not only interrupted. */
export function isFinal(type: string | null): type is string {
  return type !== null && FINAL.has(type);
}

/** Why a bot that was in the call before doesn't get in: what it has left there may still hold the last place. */
export function afterStay(error: unknown): unknown {
  const isFull = error instanceof CallError && error.type === 'meeting-full';
  return isFull ? new CallError(error.message, true, error.type) : error;
}

/** The same, should the token be in it: nothing that people read may hold it. */
export function withoutToken(error: ConnectorError, token: string | undefined): ConnectorError {
  if (!token || !error.message.includes(token)) return error;
  const type = error instanceof CallError ? error.type : null;
  return new CallError(error.message.replaceAll(token, '[token]'), error.retryable, type);
}

/** An error of the Daily client: `type` is Daily's name of it, where it has one; `message` its own words. */
export function callError(type: string | null, message: string): ConnectorError {
  const words = cut(message.replace(SECRETS, '…'), MAX_SHOWN);
  if (type === null) return new CallError(words || 'the call failed without a word', true, type);
  const meaning = FINAL.get(type) ?? PASSING.get(type);
  const text = meaning === undefined ? words || 'the call failed' : `${meaning}${words && ` (${words})`}`;
  return new CallError(`${cut(type, MAX_TYPE)}: ${text}`, !isFinal(type), type);
}
