import { z } from 'zod';
import { type ConversationPolicy, policyLayer } from '../../spec/policy.ts';
import { byteSize, period } from '../../spec/quantity.ts';
import { ROOM_ID } from '../../spec/room-id.ts';
import { isPattern } from '../../spec/runtime/match.ts';
import { type BotView, ROOM_STATES, type RoomPolicy, type RoomView, STOP_REASONS } from '../room/api.ts';

/** They reach the bot as environment variables, which can't hold every character. */
const name = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u, { error: expected('no control characters') })
  .refine((text) => text.isWellFormed(), { error: expected('whole Unicode characters') });

export const roomId = z.string().regex(ROOM_ID, {
  error: expected('1 to 128 of A-Z a-z 0-9 . _ -, not starting with a dot'),
});

export const roomParams = z.strictObject({ roomId });

const limits = z.strictObject({
  idleTimeout: period.optional(),
  maxDuration: period.optional(),
  memory: byteSize.refine((bytes) => bytes > 0, { error: expected('a size above 0') }).optional(),
});

const MAX_DEPTH = 32;

/** Deeper values would exhaust the stack of whoever walks through them. */
function isShallow(value: unknown): boolean {
  let level: unknown[] = [value];
  for (let depth = 0; level.length > 0; depth++) {
    if (depth > MAX_DEPTH) return false;
    level = level.flatMap((item) => (typeof item === 'object' && item !== null ? Object.values(item) : []));
  }
  return true;
}

const ownLayer = policyLayer.refine(({ match }) => match === undefined, {
  path: ['match'],
  error: "expected no match: a request's layer is for its room alone",
});

/** Body of `POST /v1/rooms`. Durations such as `5m` come out in milliseconds, sizes in bytes. */
export const spawnBody = z.strictObject({
  roomId,
  connector: name.default('local'),
  bot: name.default('default'),
  assistantId: name.optional(),
  tenantId: name.optional(),
  policy: ownLayer.optional(),
  options: z
    .record(z.string(), z.unknown())
    .refine(isShallow, { error: expected('at most 32 levels') })
    .optional(),
  limits: limits.optional(),
});

/** Body of `POST /v1/rooms/{roomId}/commands`; the spec's own schema of commands decides on the rest. */
export const commandBody = z.looseObject({ type: z.string() }).describe('{"type": "app_message", "text": "…"}');

export const topicPattern = z
  .string()
  .max(256)
  .refine(isPattern, { error: expected('a topic or a pattern such as room.*.score or conversation.**') });

export const roomPattern = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}\*?$/, {
  error: expected('the id of a room, or the beginning of ids and *'),
});

/** A query may repeat a name. */
function repeatable<T extends z.ZodType<string>>(item: T, max: number) {
  return z.preprocess((value) => (typeof value === 'string' ? [value] : value), z.array(item).min(1).max(max));
}

export const MAX_ROOMS = 50;
export const MAX_TOPICS = 20;

export const eventsQuery = z.strictObject({
  topic: repeatable(topicPattern, MAX_TOPICS).optional().describe('May be repeated: what fits one of them'),
  from: z
    .string()
    .max(128)
    .optional()
    .describe('A position EPOCH.OFFSET (exclusive), a duration such as 10m, a time in ISO 8601, start or end'),
  until: z
    .string()
    .max(128)
    .optional()
    .describe('For pages only: a position (inclusive), or the age or time that events are to be older than'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('For pages only'),
});

/** What `EventSource` can't say in a header. */
const ticket = z
  .string()
  .max(8_192, 'expected a ticket')
  .optional()
  .describe('For Server-Sent Events only, where Authorization cannot be sent: a ticket from POST /v1/tickets');

export const roomEventsQuery = eventsQuery.extend({ ticket });

export const allEventsQuery = roomEventsQuery.extend({
  room: repeatable(roomPattern, MAX_ROOMS).optional().describe('May be repeated; `lobby-*` for all that begin so'),
});

export const roomView = z.object({
  roomId: z.string(),
  state: z.enum(ROOM_STATES),
  runId: z.string(),
  attempt: z.number(),
  pid: z.number().nullable(),
  bot: z.string(),
  connector: z.string(),
  call: z.string().nullable().describe('Address or name of the call that the bot is in, null where it is in none'),
  assistantId: z.string().nullable(),
  tenantId: z.string().nullable(),
  policyVersion: z.string(),
  specVersion: z.string(),
  startedAt: z.number().describe('Milliseconds since 1970'),
  lastEventAt: z.number().nullable().describe('Milliseconds since 1970'),
  counts: z.object({ events: z.number(), violations: z.number(), rejected: z.number(), dropped: z.number() }),
  usage: z
    .object({
      pssBytes: z.number().describe('Proportional set size of the bot and all it has started'),
      cpuShare: z.number().describe('Of one processor, since the last look'),
    })
    .nullable()
    .describe("Null while there is no process, before the first look, and where the system can't tell"),
  quarantine: z
    .object({ until: z.number().describe('Milliseconds since 1970') })
    .nullable()
    .describe("Null while the room's id may be used"),
  stop: z
    .object({
      reason: z.enum(STOP_REASONS),
      code: z.number().nullable(),
      signal: z.string().nullable(),
      stderr: z.array(z.string()).describe('Masked for readers without the scope events:pii'),
    })
    .nullable(),
}) satisfies z.ZodType<RoomView>;

const MAX_LISTED = 1_000;

/** A query says yes or no in words. */
const flag = z.enum(['true', 'false']).transform((text) => text === 'true');

export const roomsQuery = z.strictObject({
  state: repeatable(z.enum(ROOM_STATES), ROOM_STATES.length).optional().describe('May be repeated: one of them'),
  running: flag.optional().describe('Whether there is a bot, or one will come'),
  from: roomId.optional().describe('List rooms behind this one: the `next` of the page before'),
  limit: z.coerce.number().int().min(1).max(MAX_LISTED).default(MAX_LISTED),
});

export const roomList = z.object({
  rooms: z.array(roomView).describe('In the order of their ids'),
  next: z.string().optional().describe('The `from` of the next page; absent at the end'),
});

export const botList = z.object({
  bots: z.array(
    z.object({
      bot: z.string(),
      warm: z
        .object({
          floor: z.number().describe('From the configuration'),
          target: z.number().describe('As many as the recent demand asks for'),
          ready: z.number(),
          starting: z.number(),
        })
        .describe('Processes that wait for a room'),
      assignments: z
        .object({
          warm: z.number().describe('Rooms that got a waiting process'),
          cold: z.number().describe('Rooms that had to start one'),
          unanswered: z.number().describe("Waiting processes that were given a room and didn't answer"),
        })
        .describe('Since roomd began'),
      problem: z.string().nullable().describe('Why no process is made ready at the moment'),
    }),
  ) satisfies z.ZodType<BotView[]>,
});

export const roomPolicy = z.object({
  policyVersion: z.string(),
  layers: z.array(z.string()),
  policy: z.custom<ConversationPolicy>(),
  provenance: z.record(z.string(), z.array(z.string())),
  acknowledged: z.string().nullable().describe('The version that the bot says it keeps to'),
  restrictions: z
    .array(
      z.object({
        rule: z.string().describe('What was broken'),
        causeId: z.string().describe("The id of the violation's event"),
        at: z.number().describe('Milliseconds since 1970'),
      }),
    )
    .describe('What the ladder has added'),
}) satisfies z.ZodType<RoomPolicy>;

export const released = z.object({ roomId: z.string(), quarantine: z.null() });

export const commandAccepted = z.object({ roomId: z.string(), type: z.string() });

const anyObject = z.record(z.string(), z.unknown());

export const eventPage = z.object({
  events: z.array(z.object({ position: z.string(), envelope: anyObject })),
  next: z.string().describe('The last position examined: the `from` of the next page'),
  recovered: z.boolean().describe('False when events between `from` and this page are no longer kept'),
});

export const health = z.object({
  status: z.literal('ok'),
  version: z.string(),
  specVersion: z.string(),
  uptimeMs: z.number().describe('Milliseconds since roomd began to answer'),
});
export const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });
export const index = z.object({
  name: z.string(),
  version: z.string(),
  specVersion: z.string(),
  links: z.record(z.string(), z.string()),
});
export const text = z.string();

export function expected(what: string) {
  return ({ input }: { input?: unknown }) => `expected ${what}, got ${JSON.stringify(input)}`;
}
