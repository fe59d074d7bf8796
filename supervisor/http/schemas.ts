import { z } from 'zod';
import { type ConversationPolicy, policyLayer } from '../../spec/policy.ts';
import { duration } from '../../spec/quantity.ts';
import { isPattern } from '../../spec/runtime/match.ts';
import type { RoomPolicy, RoomView } from '../room/api.ts';

const name = z.string().min(1).max(128);

export const roomId = z.string().regex(/^[A-Za-z0-9_-][A-Za-z0-9._-]{0,127}$/, {
  error: expected('1 to 128 of A-Z a-z 0-9 . _ -, not starting with a dot'),
});

export const roomParams = z.strictObject({ roomId });

const OPTIONS_BYTES = 65_536;

/** Options reach the bot as one environment variable, and the system limits how long one may be. */
const options = z
  .record(z.string(), z.unknown())
  .refine(
    (value) => Buffer.byteLength(JSON.stringify(value)) <= OPTIONS_BYTES,
    `expected at most ${OPTIONS_BYTES} bytes`,
  );

/** Body of `POST /v1/rooms`. Durations such as `5m` come out in milliseconds. */
export const spawnBody = z.strictObject({
  roomId,
  connector: name.default('local'),
  bot: name.default('default'),
  assistantId: name.optional(),
  tenantId: name.optional(),
  policy: policyLayer.optional(),
  options: options.optional(),
  limits: z.strictObject({ idleTimeout: duration.optional(), maxDuration: duration.optional() }).optional(),
});

/** Body of `POST /v1/rooms/{roomId}/commands`; the spec's own schema of commands decides on the rest. */
export const commandBody = z.looseObject({ type: z.string() }).describe('{"type": "app_message", "text": "…"}');

export const eventsQuery = z.strictObject({
  topic: z
    .string()
    .max(256)
    .refine(isPattern, { error: expected('a topic or a pattern such as room.*.score or conversation.**') })
    .optional(),
  from: z
    .string()
    .max(128)
    .optional()
    .describe('A position EPOCH.OFFSET (exclusive), a duration such as 10m, start or end'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100).describe('For pages only'),
});

export const deadLettersQuery = z.strictObject({
  from: z.string().max(512).default('').describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
});

export const roomView = z.object({
  roomId: z.string(),
  state: z.enum(['starting', 'joining', 'live', 'backing_off', 'stopping', 'stopped', 'failed', 'quarantined']),
  runId: z.string(),
  attempt: z.number(),
  pid: z.number().nullable(),
  bot: z.string(),
  connector: z.string(),
  assistantId: z.string().nullable(),
  tenantId: z.string().nullable(),
  policyVersion: z.string(),
  specVersion: z.string(),
  startedAt: z.number().describe('Milliseconds since 1970'),
  lastEventAt: z.number().nullable().describe('Milliseconds since 1970'),
  counts: z.object({ events: z.number(), violations: z.number(), rejected: z.number(), dropped: z.number() }),
  stop: z
    .object({
      reason: z.enum([
        'requested',
        'idle',
        'max_duration',
        'policy',
        'crash_loop',
        'bot_done',
        'join_failed',
        'refused',
        'drain',
        'lost',
      ]),
      code: z.number().nullable(),
      signal: z.string().nullable(),
      stderr: z.array(z.string()).describe('Masked for readers without the scope events:pii'),
    })
    .nullable(),
}) satisfies z.ZodType<RoomView>;

export const roomList = z.object({ rooms: z.array(roomView) });

export const roomPolicy = z.object({
  policyVersion: z.string(),
  layers: z.array(z.string()),
  policy: z.custom<ConversationPolicy>(),
  provenance: z.record(z.string(), z.array(z.string())),
}) satisfies z.ZodType<RoomPolicy>;

export const commandAccepted = z.object({ roomId: z.string(), type: z.string() });

const anyObject = z.record(z.string(), z.unknown());

export const eventPage = z.object({
  events: z.array(z.object({ position: z.string(), envelope: anyObject })),
  next: z.string().describe('The last position examined: the `from` of the next page'),
  recovered: z.boolean().describe('False when events between `from` and this page are no longer kept'),
});

export const health = z.looseObject({ status: z.literal('ok'), version: z.string(), specVersion: z.string() });
export const readiness = z.object({ ready: z.boolean(), reasons: z.array(z.string()) });
export const index = z.object({
  name: z.string(),
  version: z.string(),
  specVersion: z.string(),
  links: z.record(z.string(), z.string()),
});
export const text = z.string();
export const deadLetterPage = z.object({
  deadLetters: z.array(
    z.object({
      id: z.string(),
      eventId: z.string(),
      topic: z.string(),
      roomId: z.string(),
      reason: z.string(),
      at: z.number(),
    }),
  ),
  next: z.string().describe('The last id examined: the `from` of the next page'),
});

function expected(what: string) {
  return ({ input }: { input?: unknown }) => `expected ${what}, got ${JSON.stringify(input)}`;
}
