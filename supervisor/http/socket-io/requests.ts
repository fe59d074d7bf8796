import { z } from 'zod';
import { Problem } from '../problem.ts';
import { MAX_ROOMS, MAX_TOPICS, roomPattern, topicPattern } from '../schemas.ts';

const selection = {
  rooms: z.array(roomPattern).min(1).max(MAX_ROOMS).optional(),
  topics: z.array(topicPattern).min(1).max(MAX_TOPICS).optional(),
  /** A position, a duration, `start` or `end`. */
  from: z.string().min(1).max(128).optional(),
};

/** `auth` of the handshake. Libraries may put something of their own beside it. */
const handshake = z.object({ ...selection, token: z.string().optional() });
const subscribe = z.strictObject(selection);
const replay = z.strictObject({ count: z.int().min(1).max(1_000) });

export type Subscription = z.output<typeof subscribe>;

export type Request =
  | { readonly name: 'subscribe'; readonly wanted: Subscription }
  | { readonly name: 'replay'; readonly count: number };

/** Throws a Problem. */
export function readHandshake(auth: unknown): z.output<typeof handshake> {
  return readAs(handshake, auth, 'auth');
}

/** An event that a client sent. Throws a Problem that says what was expected. */
export function readRequest(name: unknown, value: unknown): Request {
  if (name === 'subscribe') return { name, wanted: readAs(subscribe, value ?? {}, name) };
  if (name === 'replay') return { name, count: readAs(replay, value, name).count };
  throw new Problem(
    'malformed',
    'expected the event subscribe or replay, or what is done in local rooms: enter, say …',
  );
}

/** What is expected to fit the schema. Throws a Problem that says where it doesn't. */
export function readAs<T extends z.ZodType>(schema: T, value: unknown, what: string): z.output<T> {
  const result = schema.safeParse(value);
  if (result.success) return result.data;
  const errors = result.error.issues.map(({ path, message }) => ({
    at: path.map((key) => `/${String(key)}`).join(''),
    detail: message,
  }));
  const detail = errors.map((fault) => `${what}${fault.at}: ${fault.detail}`).join('; ');
  throw new Problem('malformed', detail.slice(0, 1_024), { errors: errors.slice(0, 10) });
}
