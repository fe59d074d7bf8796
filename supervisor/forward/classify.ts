import type { Outcome, Presence } from './port.ts';

/** Their messages name the principal, the action and the resource. */
const EXPLAINED = new Set([
  // Permission.
  'AccessDenied',
  'AccessDeniedException',
  'NotAuthorizedForSourceException',
  'NotAuthorizedForDetailTypeException',
  'NotAuthorized',
  'OptInRequired',
  // Account and bus.
  'InvalidAccountIdException',
  'ResourceNotFoundException',
  'UnknownOperationException',
]);
/** Their messages may quote what was signed, session token and all, or what a credential process has written. */
const UNQUOTED = [
  // Credentials.
  'CredentialsProviderError',
  'ExpiredToken',
  'ExpiredTokenException',
  'InvalidClientTokenId',
  'UnrecognizedClientException',
  'MissingAuthenticationToken',
  'MissingAuthenticationTokenException',
  'IncompleteSignature',
  'IncompleteSignatureException',
  'SignatureDoesNotMatch',
  // Clock, or a wrong secret.
  'InvalidSignatureException',
  'RequestExpired',
  'RequestInTheFuture',
  'RequestTimeTooSkewed',
];
const HOLD = new Set([...EXPLAINED, ...UNQUOTED]);
const POISON = new Set(['MalformedDetail', 'InvalidArgument', 'RedactionFailure']);
const REFUSED = new Set([
  'ValidationException',
  'ValidationError',
  'SerializationException',
  'RequestEntityTooLargeException',
  'InvalidParameterException',
]);
const TRANSIENT = new Set([
  'ThrottlingException',
  'Throttling',
  'TooManyRequestsException',
  'RequestLimitExceeded',
  'LimitExceededException',
  'InternalFailure',
  'InternalException',
  'InternalError',
  'ServiceUnavailable',
  'ServiceUnavailableException',
  'RequestTimeout',
  'RequestTimeoutException',
]);
/** Whoever answers so isn't one, or lets nobody in: 401, 403, 404, 405 and 501. */
const NO_EVENTBRIDGE = new Set([401, 403, 404, 405, 501]);
const MAX_REASON = 300;
const MAX_MESSAGE = 2_000;
/** Whoever answers could write anything there. */
const CODE = /^[A-Za-z][\w.:#-]{0,127}$/;
/** Who, what and where: all that is quoted of a message. */
const NAMED = /\barn:aws[\w-]*:[\w-]+:[\w-]*:\d*:[\w+=,.@/:*-]+|\bevents:[A-Z][A-Za-z]+|\b[Ee]vent bus [\w./-]{1,256}/g;

/** What the target answered to a request of `count` entries, in whatever shape it has → one outcome an entry. */
export function classifyResponse(response: unknown, count: number): Outcome[] {
  const results = field(response, 'Entries');
  if (!Array.isArray(results) || results.length !== count) {
    const got = Array.isArray(results) ? results.length : 'none';
    // Whose result is whose cannot be told: everything goes again, with the same ids.
    return all(count, { kind: 'unavailable', reason: `InvalidResponse: expected ${count} results, got ${got}` });
  }
  return results.map(classifyEntry);
}

function classifyEntry(result: unknown): Outcome {
  const code = field(result, 'ErrorCode');
  const eventId = field(result, 'EventId');
  if (typeof code === 'string' && code !== '') {
    if (HOLD.has(code)) return { kind: 'hold', reason: withNames(code, field(result, 'ErrorMessage')) };
    return { kind: POISON.has(code) ? 'poison' : 'transient', reason: nameOf(code) };
  }
  if (typeof eventId === 'string' && eventId !== '') return { kind: 'delivered', eventId };
  return { kind: 'transient', reason: 'InvalidResponse: neither EventId nor ErrorCode' };
}

/**
 * What the client threw instead of an answer → one outcome an entry. Messages are left out of the reason,
 * because they can quote the events, or what was signed; but for the names of who may not do what.
 */
export function classifyError(error: unknown, count: number): Outcome[] {
  const status = field(field(error, '$metadata'), 'httpStatusCode');
  const code = errorCode(error, status);
  if (HOLD.has(code)) return all(count, { kind: 'hold', reason: withNames(code, field(error, 'message')) });
  if (status === 413 || REFUSED.has(code) || POISON.has(code)) return refused(code, count, 'poison');
  if (TRANSIENT.has(code) || status === undefined) return all(count, { kind: 'unavailable', reason: code });
  if (NO_EVENTBRIDGE.has(Number(status))) return all(count, { kind: 'hold', reason: code });
  // A refusal of no known kind: the others must get through, but one alone isn't given up for what nobody knows.
  if (status === 400) return refused(code, count, 'transient');
  return all(count, { kind: 'unavailable', reason: code });
}

/** What the client threw when it was asked whether the bus is there. */
export function classifyPresence(error: unknown, bus: string): Presence {
  const code = errorCode(error, field(field(error, '$metadata'), 'httpStatusCode'));
  if (code === 'ResourceNotFoundException') return { kind: 'missing', reason: `BusNotFound: there is no bus "${bus}"` };
  const denied = code.startsWith('AccessDenied') || code === 'NotAuthorized' || code === 'UnknownOperationException';
  return { kind: 'unknown', reason: code, denied };
}

function refused(reason: string, count: number, alone: 'poison' | 'transient'): Outcome[] {
  return all(count, { kind: count > 1 ? 'refused' : alone, reason });
}

/** The service's own code, or the system's (ECONNRESET), or the HTTP status where the body was no answer. */
function errorCode(error: unknown, status: unknown): string {
  const name = field(error, 'name');
  const code = field(error, 'code');
  if (typeof code === 'string' && code !== '') return nameOf(code);
  const nameless = typeof name !== 'string' || ['', 'Error', 'SyntaxError', 'TypeError', 'Unknown'].includes(name);
  if (!nameless) return nameOf(name);
  return typeof status === 'number' ? `HTTP ${status}` : 'UnknownError';
}

function nameOf(code: string): string {
  return CODE.test(code) ? code : 'UnknownError';
}

function withNames(code: string, message: unknown): string {
  if (!EXPLAINED.has(code) || typeof message !== 'string') return code;
  const named = [...new Set(message.slice(0, MAX_MESSAGE).match(NAMED))];
  return named.length === 0 ? code : `${code}: ${named.join(' ')}`.slice(0, MAX_REASON);
}

function all(count: number, outcome: Outcome): Outcome[] {
  return Array.from({ length: count }, () => outcome);
}

function field(value: unknown, key: string): unknown {
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>)[key] : undefined;
}
