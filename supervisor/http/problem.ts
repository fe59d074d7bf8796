import type { FastifyError, FastifyReply, FastifyRequest } from 'fastify';

/** Every way a request can fail, in one place: the status and what it means in general. */
const KINDS = {
  malformed: [400, 'The request is malformed'],
  'token-missing': [401, 'A valid token is needed'],
  'not-signed': [401, 'The signature is not valid'],
  'not-fresh': [401, 'The request is too old'],
  'cross-site': [403, 'The request is made by a page of another site'],
  'scope-missing': [403, 'The token lacks a scope'],
  'not-by-ticket': [403, 'A ticket is not enough'],
  'room-not-allowed': [403, 'The token is not for this room'],
  'topic-not-allowed': [403, 'The event is not for others to tell'],
  'not-yours': [403, 'That is not yours to change'],
  'unknown-route': [404, 'There is nothing here'],
  'no-webhooks': [404, 'Webhooks are not configured'],
  'unknown-room': [404, 'There is no such room'],
  'unknown-message': [404, 'There is no such message'],
  'no-policy': [404, 'The policy is not kept'],
  'not-quarantined': [404, 'The room is not in quarantine'],
  'unknown-dead-letter': [404, 'There is no such dead letter'],
  'unknown-recording': [404, 'There is no such recording'],
  'no-redrive': [404, 'No dead letters have been sent again'],
  'room-conflict': [409, 'The room runs with another request'],
  'room-ended': [409, 'The room has ended'],
  'not-local': [409, 'The room is not a local one'],
  'not-in-room': [409, 'The connection is in no room'],
  'already-in-room': [409, 'The connection is in a room already'],
  'room-full': [409, 'The room is full'],
  'redrive-running': [409, 'Dead letters are being sent again'],
  'body-too-large': [413, 'The body is too large'],
  'media-type': [415, 'The media type is not supported'],
  'wrong-host': [421, 'The request is for another host'],
  'invalid-room': [422, 'The room cannot be started as asked'],
  'invalid-command': [422, 'The command is refused'],
  'invalid-event': [422, 'The event is refused'],
  'invalid-act': [422, 'That cannot be done in a room'],
  moderated: [422, 'The rules of the room keep that out'],
  'invalid-body': [422, 'The body does not fit its schema'],
  quarantined: [423, 'The room is quarantined'],
  'too-many-requests': [429, 'Too many requests'],
  internal: [500, 'Something went wrong inside roomd'],
  'log-behind': [503, 'The log is behind'],
  'assistant-unavailable': [503, 'Nobody says what the assistant is'],
  stopping: [503, 'roomd is stopping'],
  'rooms-full': [503, 'No room can be started at the moment'],
  'streams-full': [503, 'Too many live streams are open'],
  'recordings-full': [507, 'There is no room for the recording'],
} as const;

export type ProblemKind = keyof typeof KINDS;

interface ProblemExtra {
  readonly headers?: Readonly<Record<string, string>>;
  /** One entry a fault: a JSON pointer into the part of the request, and what was expected there. */
  readonly errors?: readonly { readonly at: string; readonly detail: string }[];
}

/** A refusal that the caller may read. `detail`: what was expected, what was got, what to do. */
export class Problem extends Error {
  override name = 'Problem';
  readonly kind: ProblemKind;
  readonly extra: ProblemExtra;

  constructor(kind: ProblemKind, detail: string, extra: ProblemExtra = {}) {
    super(detail);
    this.kind = kind;
    this.extra = extra;
  }
}

/** Neither a token nor a ticket that is valid. */
export function unauthorized(detail: string, challenge = 'Bearer error="invalid_token"'): Problem {
  return new Problem('token-missing', detail, { headers: { 'www-authenticate': challenge } });
}

/** The problem as RFC 9457 words it. */
export function problemBody({ kind, message: detail, extra: { errors } }: Problem) {
  const [status, title] = KINDS[kind];
  return { type: `urn:roomd:problem:${kind}`, title, status, detail, errors };
}

/** Whether a request is refused for who asks, from where, or how often. */
export function isAccessRefused({ kind }: Problem): boolean {
  return [401, 403, 421, 429].includes(KINDS[kind][0]);
}

/** Answers with `application/problem+json` (RFC 9457). */
export function sendProblem(reply: FastifyReply, problem: Problem): FastifyReply {
  const body = problemBody(problem);
  const headers = problem.extra.headers ?? {};
  // Sent as text: the schema of the route's success must not touch it.
  return reply.code(body.status).headers(headers).type('application/problem+json').send(JSON.stringify(body));
}

/** What Fastify or a handler threw → a Problem; undefined when it is nobody's fault but ours. */
export function asProblem(error: unknown, request: FastifyRequest): Problem | undefined {
  if (error instanceof Problem) return error;
  const { validation, validationContext, statusCode = 500, message, code } = error as FastifyError;
  if (validation !== undefined) {
    const errors = validation.map(({ instancePath, message = 'is not valid' }) => ({
      at: instancePath === '/' ? '' : instancePath,
      detail: message,
    }));
    const where = validationContext === 'querystring' ? 'query' : (validationContext ?? 'request');
    const detail = errors.map((fault) => `${where}${fault.at}: ${fault.detail}`).join('; ');
    return new Problem(where === 'body' ? 'invalid-body' : 'malformed', detail, { errors });
  }
  if (statusCode === 413) {
    return new Problem('body-too-large', `expected a body of at most ${request.routeOptions.bodyLimit ?? 0} bytes`);
  }
  if (statusCode === 415) {
    const got = request.headers['content-type'] ?? 'none';
    return new Problem('media-type', `expected Content-Type: application/json, got ${got}`);
  }
  // The library's own words quote the address, whatever stands in it.
  if (code === 'FST_ERR_BAD_URL') return new Problem('malformed', 'expected a path in valid percent-encoding');
  if (code === 'FST_ERR_CTP_INVALID_JSON_BODY') return new Problem('malformed', 'expected a body of valid JSON');
  return statusCode >= 400 && statusCode < 500 ? new Problem('malformed', message) : undefined;
}
