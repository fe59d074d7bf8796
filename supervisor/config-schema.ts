import { z } from 'zod';
import { byteSize, period } from '../spec/quantity.ts';
import { assistants } from './config-assistants.ts';
import { daily } from './config-daily.ts';
import { forward } from './config-forward.ts';
import { http } from './config-http.ts';
import { moderation } from './config-local.ts';
import { MIB, name } from './config-parts.ts';
import { policy } from './config-policy.ts';
import { bot, rooms } from './config-rooms.ts';

/** The whole configuration file, part by part. Durations come out in milliseconds, sizes in bytes. */
const whole = z.strictObject({
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

/** What one part says of another holds. */
export const configSchema: typeof whole = whole.check(({ value: { bots, connectors }, issues }) => {
  for (const [i, { bot: asked }] of connectors.daily.webhooks.rules.entries()) {
    if (asked === 'default' || Object.hasOwn(bots, asked)) continue;
    const path = ['connectors', 'daily', 'webhooks', 'rules', i, 'bot'];
    issues.push({
      code: 'custom',
      message: `expected a bot that is configured, got "${asked}"`,
      path,
      input: undefined,
    });
  }
});

export type Config = z.output<typeof configSchema>;
export type ConfigInput = z.input<typeof configSchema>;
