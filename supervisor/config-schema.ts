import { z } from 'zod';
import { fold } from '../spec/phrases.ts';
import { byteSize, duration, period } from '../spec/quantity.ts';
import { addressProblem, isAddress } from './base/addresses.ts';
import { isLoopback } from './base/loopback.ts';
import { MAX_RULES, patternProblem } from './base/moderation.ts';
import { SCOPES } from './base/scopes.ts';

const MIB = 2 ** 20;

const name = z.string().regex(/^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, 'expected a name of letters, digits, _ and -');

const scope = z.enum(SCOPES);

const token = z.strictObject({
  name,
  sha256: z.string().regex(/^[0-9a-f]{64}$/, 'expected the SHA-256 of the token as 64 lower-case hexadecimal digits'),
  scopes: z.array(scope).min(1),
  /** Patterns of room ids with `*`; absent: every room. */
  rooms: z.array(z.string().regex(/^[A-Za-z0-9._*-]{1,128}$/)).optional(),
});

const origin = z
  .string()
  .refine(
    (text) =>
      !text.includes('*') &&
      URL.canParse(text) &&
      /^https?:$/.test(new URL(text).protocol) &&
      new URL(text).origin === text,
    'expected an origin such as https://console.example: scheme, host and port, nothing behind',
  );

const address = z.url({ protocol: /^https?$/, error: 'expected an address such as https://api.example' });

const http = z
  .strictObject({
    host: z.string().min(1).default('127.0.0.1'),
    port: z.int().min(0).max(65535).default(7070),
    tokens: z.array(token).default([]),
    /** Origins of other sites whose pages may use the API, with a token or a ticket. */
    cors: z.array(origin).max(100).default([]),
    /** Open at once, of whatever kind: each takes an open file. */
    maxConnections: z.int().min(1).default(10_000),
    /** That a consumer may bring into rooms from outside. */
    eventsPerMinute: z.int().min(1).default(6_000),
    streams: z
      .strictObject({
        /** Open at once, of all kinds. */
        max: z.int().min(1).default(1_000),
        /** Streams that a consumer may open, and requests that it may make of open ones. */
        requestsPerMinute: z.int().min(1).default(600),
      })
      .prefault({}),
  })
  .refine(({ host, tokens }) => isLoopback(host) || tokens.length > 0, {
    message: 'expected tokens, since the host is reachable from outside: add http.tokens or listen on 127.0.0.1',
  })
  .refine(({ cors, tokens }) => cors.length === 0 || tokens.length > 0, {
    message: 'expected tokens, since pages of other sites may do what everybody may: add http.tokens',
    path: ['cors'],
  });

const bot = z.strictObject({
  /** Program and arguments; absent only for `default`, which is roomd's own bot. */
  command: z.array(z.string().min(1)).min(1).optional(),
  /** Names of the supervisor's environment variables that this bot may see. */
  env: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/)).default([]),
  /** So many processes wait for a room, whatever the demand. */
  warm: z.int().min(0).default(0),
  /** And so many at most while rooms come in fast; absent: four times `warm`. */
  warmMax: z.int().min(0).optional(),
});

const restart = z.strictObject({
  attempts: z.int().min(0).default(5),
  window: period.default(600_000),
  backoff: z.strictObject({ base: duration.default(500), max: duration.default(30_000) }).prefault({}),
});

const rooms = z.strictObject({
  max: z.int().min(1).default(200),
  resume: z.boolean().default(true),
  idleTimeout: period.default(300_000),
  maxDuration: period.default(14_400_000),
  heartbeatTimeout: period.default(45_000),
  shutdownGrace: duration.default(10_000),
  drain: duration.default(10_000),
  restart: restart.prefault({}),
  /** Of a bot and all it has started (proportional set size); above it, it is killed and started again. */
  memory: byteSize.refine((bytes) => bytes >= MIB, 'expected at least 1MiB').default(512 * MIB),
  admission: z
    .strictObject({
      /** Below so much memory that is free, no room is started. */
      freeMemory: byteSize.default(256 * MIB),
      /** Nor while a new bot would have to wait longer for its turn to start. */
      wait: duration.default(10_000),
    })
    .prefault({}),
});

/** Secrets are in variables: the file names them, and never holds them. */
const variable = z
  .string()
  .regex(/^[A-Za-z_][A-Za-z0-9_]*$/, 'expected the name of an environment variable')
  .refine((name) => !name.startsWith('ROOMD_'), 'expected a name without ROOMD_ at its beginning: those are settings');

const remoteLayer = z
  .strictObject({
    url: z.string(),
    /** The name of the environment variable that holds the bearer token: the file never does. */
    tokenEnv: variable.optional(),
  })
  .check(({ value: { url, tokenEnv }, issues }) => {
    const message = addressProblem(url, { hasToken: tokenEnv !== undefined });
    if (message !== undefined) issues.push({ code: 'custom', message, path: ['url'], input: undefined });
  });

/** A file, a folder, or an address that wants no token. */
const plainLayer = z
  .string()
  .min(1)
  .check(({ value, issues }) => {
    const message = isAddress(value) ? addressProblem(value, { hasToken: false }) : undefined;
    if (message !== undefined) issues.push({ code: 'custom', message, input: undefined });
  });

const policy = z.strictObject({
  /** Files, folders and addresses of layers, weakest claim first. */
  layers: z.array(z.union([plainLayer, remoteLayer])).default([]),
  /** How often files are looked at for changes. */
  reload: period.default(2_000),
  remote: z
    .strictObject({
      /** How often to ask whether something has changed. */
      refresh: period.default(30_000),
      /** An answer may take so long, its last byte included. */
      timeout: period.default(5_000),
      /** So long the last good version serves when no answer comes; then rooms are refused. */
      maxAge: period.default(3_600_000),
    })
    .prefault({}),
});

const forward = z
  .strictObject({
    target: z.enum(['dry-run', 'eventbridge']).default('dry-run'),
    bus: z.string().min(1).max(256).default('default'),
    region: z
      .string()
      .regex(/^[a-z0-9-]{1,64}$/, 'expected a region such as eu-central-1')
      .optional(),
    endpoint: address.optional(),
    source: z
      .string()
      .min(1)
      .max(256)
      .refine((source) => !source.startsWith('aws.'), 'expected a source that does not begin with aws.')
      .default('roomd'),
    batch: z
      .strictObject({
        entries: z.int().min(1).max(10).default(10),
        wait: duration.default(1_000),
        bytes: z.int().min(1_000).max(1_048_576).default(1_000_000),
      })
      .prefault({}),
    /** Sent at most, retries included: the quota is the account's, and others use it too. Absent: no limit. */
    entriesPerSecond: z.int().min(1).optional(),
    /** How often to see whether the bus is still there. */
    busCheck: duration.refine((ms) => ms >= 100, 'expected at least 100ms').default(60_000),
    /** Dead letters may take so much of the disk; beyond it the oldest of the room that has most go. */
    deadLetters: byteSize.default(64 * 2 ** 20),
    refuseOnSpecMismatch: z.boolean().default(false),
  })
  .refine(({ target, region }) => target === 'dry-run' || region !== undefined, {
    message: 'expected a region such as eu-central-1 for the target eventbridge',
    path: ['region'],
  });

const blockedPhrase = z
  .string()
  .trim()
  .min(1)
  .max(512)
  .refine((phrase) => fold(phrase) !== '', 'expected a phrase of more than invisible characters');

/** The rules of local rooms. Their names are told, their phrases and patterns are not. */
const moderation = z
  .strictObject({
    /** Messages and names with one of these phrases are kept out; found as policies find theirs. */
    block: z
      .array(z.strictObject({ name, phrases: z.array(blockedPhrase).min(1).max(10_000) }))
      .max(MAX_RULES)
      .default([]),
    /** What fits a pattern (RE2) becomes [name]. */
    redact: z
      .array(
        z.strictObject({
          name,
          pattern: z
            .string()
            .min(1)
            .max(1_000)
            .check(({ value, issues }) => {
              const message = patternProblem(value);
              if (message !== undefined) issues.push({ code: 'custom', message, input: undefined });
            }),
        }),
      )
      .max(MAX_RULES)
      .default([]),
  })
  .refine(
    ({ block, redact }) =>
      new Set([...block, ...redact].map((rule) => rule.name)).size === block.length + redact.length,
    {
      message: 'expected every rule to have a name of its own',
    },
  );

const roomPattern = z.string().regex(/^[A-Za-z0-9_*-]{1,128}$/, 'expected names of rooms, with * for any letters');

const dailyRule = z.strictObject({
  /** Names of Daily rooms, with `*` for any letters. The first rule that fits is the one. */
  rooms: roomPattern,
  bot: name.default('default'),
  assistantId: z.string().min(1).max(128).optional(),
  tenantId: z.string().min(1).max(128).optional(),
  /** A file with a layer of policy for these rooms. */
  policy: z.string().min(1).optional(),
  options: z.record(z.string(), z.json()).default({}),
});

const daily = z.strictObject({
  /** The name of the environment variable with the API key. */
  apiKeyEnv: variable.default('DAILY_API_KEY'),
  /** Absent: DAILY_API_URL, or Daily's own. */
  apiUrl: address.optional(),
  /** `team` of https://team.daily.co; absent: Daily is asked. */
  domain: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected the name before .daily.co')
    .optional(),
  /** Whether a room that isn't there is made. */
  createRooms: z.boolean().default(false),
  /** What the bot is called in calls, where its assistant has no name. */
  userName: z.string().min(1).max(128).default('roomd'),
  /** From where the Daily client loads what it needs; absent: from Daily. */
  bundles: address.optional(),
  browser: z
    .strictObject({
      /** Of Chromium; absent: looked for. */
      path: z.string().min(1).optional(),
      args: z.array(z.string().min(1)).default([]),
      /** One browser for all rooms, each apart in it; or one browser a room. */
      share: z.boolean().default(true),
      /** Chromium's own; absent: wherever the daemon isn't root, for whom there is none. */
      sandbox: z.boolean().optional(),
    })
    .prefault({}),
  /** Events of the bot that browsers in the room get as app messages. */
  tell: z
    .strictObject({
      topics: z.array(z.string().min(1).max(128)).max(64).default([]),
      perSecond: z.number().positive().max(50).default(5),
    })
    .prefault({}),
  webhooks: z
    .strictObject({
      /** The name of the environment variable with the secret that Daily gave, in base64. */
      secretEnv: variable.default('DAILY_WEBHOOK_SECRET'),
      rules: z.array(dailyRule).max(1_000).default([]),
    })
    .prefault({}),
});

/** Where assistants are asked for: GraphQL first, REST when that doesn't answer. */
const assistants = z.strictObject({
  graphql: z
    .strictObject({
      url: address,
      tokenEnv: variable.optional(),
      /** With the variable `$id`; its answer's `assistant` is the record. */
      query: z.string().min(1).max(10_000).default('query ($id: ID!) { assistant(id: $id) { id name policy } }'),
    })
    .optional(),
  rest: z
    .strictObject({
      /** With `{id}` where the assistant's id goes. */
      url: z
        .string()
        .refine(
          (text) => /^https?:/.test(text) && URL.canParse(text) && text.includes('{id}'),
          'expected an address with {id}, such as https://api.example/assistants/{id}',
        ),
      tokenEnv: variable.optional(),
    })
    .optional(),
  /** Both may take so long together. */
  timeout: period.default(3_000),
  /** A record is asked for again after so long … */
  refresh: period.default(60_000),
  /** … and when nobody answers, the last one serves up to this age. */
  maxAge: period.default(3_600_000),
});

/** The whole configuration file. Durations come out in milliseconds, sizes in bytes. */
export const configSchema = z.strictObject({
  http: http.prefault({}),
  data: z.string().min(1).default('./.roomd'),
  bots: z
    .record(name, bot)
    .default({})
    .refine((bots) => Object.entries(bots).every(([id, { command }]) => id === 'default' || command !== undefined), {
      message: 'expected a command for every bot but default',
    }),
  rooms: rooms.prefault({}),
  policy: policy.prefault({}),
  spec: z
    .strictObject({
      /** Folders of topic descriptors of your own, beside the built-in ones. */
      topics: z.array(z.string().min(1)).default([]),
    })
    .prefault({}),
  connectors: z
    .strictObject({
      transcript: z.strictObject({ folder: z.string().min(1).default('./meetings') }).prefault({}),
      local: z.strictObject({ moderation: moderation.prefault({}) }).prefault({}),
      daily: daily.prefault({}),
    })
    .prefault({}),
  assistants: assistants.prefault({}),
  forward: forward.prefault({}),
  log: z
    .strictObject({
      /** Authoritative ones; telemetry has a cap of its own, so that it pushes none of them out. */
      maxEventsPerRoom: z.int().min(1).default(10_000),
      maxTelemetryPerRoom: z.int().min(1).default(5_000),
      maxAge: period.default(86_400_000),
      /** Above this, the oldest events go, forwarded or not. */
      maxSize: byteSize.refine((bytes) => bytes >= MIB, 'expected at least 1MiB').optional(),
      /** Space on disk that is freed when it is full, so that what was forwarded can still be written down. */
      ballast: byteSize
        .refine((bytes) => bytes === 0 || bytes >= 16 * MIB, 'expected 0 (none) or at least 16MiB')
        .default(32 * MIB),
    })
    .prefault({}),
});

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
