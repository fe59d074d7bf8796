import { z } from 'zod';
import { isPattern } from '../spec/runtime/match.ts';
import { apiUrlProblem } from './base/addresses.ts';
import { address, name, variable } from './config-parts.ts';

const roomPattern = z.string().regex(/^[A-Za-z0-9_*-]{1,128}$/, 'expected names of rooms, with * for any letters');

/** They reach the bot as environment variables, which can't hold every character. */
const label = z
  .string()
  .min(1)
  .max(128)
  .regex(/^\P{Cc}*$/u, 'expected no control characters');

const topics = z.string().max(128).refine(isPattern, 'expected a topic or a pattern such as conversation.**');

/** It gets the API key with each request. */
const apiUrl = address.check(({ value, issues }) => {
  const message = apiUrlProblem(value);
  if (message !== undefined) issues.push({ code: 'custom', message, input: undefined });
});

const dailyRule = z.strictObject({
  /** Names of Daily rooms, with `*` for any letters. The first rule that fits is the one. */
  rooms: roomPattern,
  bot: name.default('default'),
  assistantId: label.optional(),
  tenantId: label.optional(),
  /** A file with a layer of policy for these rooms. */
  policy: z.string().min(1).optional(),
  options: z.record(z.string(), z.json()).default({}),
});

/** Rooms at Daily. */
export const daily = z.strictObject({
  /** The name of the environment variable with the API key. */
  apiKeyEnv: variable.default('DAILY_API_KEY'),
  /** Absent: DAILY_API_URL, or Daily's own. */
  apiUrl: apiUrl.optional(),
  /** `team` of https://team.daily.co; absent: Daily is asked. */
  domain: z
    .string()
    .regex(/^[a-z0-9][a-z0-9-]{0,62}$/, 'expected the name before .daily.co')
    .optional(),
  /** Whether a room that isn't there is made. */
  createRooms: z.boolean().default(false),
  /** What the bot is called in calls, where its assistant has no name. */
  userName: label.default('roomd'),
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
      topics: z.array(topics).max(64).default([]),
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
