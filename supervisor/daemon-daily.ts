import { basename, join } from 'node:path';
import type { PolicyLayer } from '../spec/policy.ts';
import type { UndoStack } from './base/undo.ts';
import { openBrowsers } from './browser/browsers.ts';
import { createLauncher } from './child/spawn.ts';
import type { Config } from './config.ts';
import type { RoomsParts } from './daemon-rooms.ts';
import { createDailyAccess } from './daily/access.ts';
import { createDailyRest } from './daily/rest.ts';
import { apiOf, DailyError, webhookSecret } from './daily/settings.ts';
import { type OpenedWebhooks, openWebhooks, type WebhooksConfig } from './daily/webhooks.ts';
import { readOneLayer } from './policy/one-layer.ts';
import type { Access } from './room/access.ts';
import type { Rooms } from './room/api.ts';
import type { DailyRooms } from './room/daily-options.ts';
import { StderrLog } from './room/stderr-log.ts';

type DailyParts = Omit<RoomsParts, 'policies' | 'localKey'>;

export interface OpenedDaily {
  readonly access: Access;
  /** What the connector has to know of the configuration. */
  readonly rooms: DailyRooms;
  /** Follows meetings; to be stopped before the rooms are. */
  follow(rooms: Rooms): Promise<OpenedWebhooks>;
}

/** Pages of rooms that are leaving, beside those of rooms that begin. */
const SPARE_PAGES = 16;

/** Rooms at Daily: their key, browsers and webhooks. Throws a DailyError when what is configured can't be used. */
export async function openDaily(config: Config, parts: DailyParts, undo: UndoStack): Promise<OpenedDaily> {
  const { daily } = config.connectors;
  const { clock, env, log, telemetry } = parts;
  const api = apiOf(daily, env);
  const webhooks = await webhooksConfig(daily.webhooks, env);
  // The secret comes from Daily, who looks first whether somebody is there: no reason not to start.
  const { secret, rules } = webhooks;
  if (rules.length > 0 && !secret.ok) telemetry.meetingsNotFollowed(secret.problem);
  if (rules.length > 0 && api === undefined) {
    telemetry.meetingsNotFollowed(`expected an API key in ${daily.apiKeyEnv}, got none`);
  }
  const rest = api && createDailyRest(api, parts);
  const browsers = api && startBrowsers(config, parts, undo);
  const end = new AbortController();
  undo.add('requests to Daily', () => end.abort());
  const keep = {
    load: (prefix: string) => log.documents(prefix),
    save: async (documents: Readonly<Record<string, unknown>>) => void (await log.append([], documents)),
  };
  return {
    access: createDailyAccess(daily, rest && browsers && { rest, browsers, clock, ended: end.signal }),
    rooms: { apiKeyEnv: daily.apiKeyEnv, hasKey: api !== undefined, domain: daily.domain, tell: daily.tell },
    follow: (rooms) => openWebhooks(webhooks, { ...parts, rooms, keep }),
  };
}

function startBrowsers({ data, rooms, connectors: { daily } }: Config, parts: DailyParts, undo: UndoStack) {
  const { clock } = parts;
  // What pages complain about is no more for the supervisor's log than what bots write to stderr.
  const complaints = new StderrLog(join(data, 'browser.log'), 'browsers');
  const browsers = openBrowsers(
    { ...daily.browser, bundles: daily.bundles, folder: join(data, 'browser'), maxPages: rooms.max + SPARE_PAGES },
    { ...parts, launch: createLauncher(clock), onStderr: (line) => complaints.add(line) },
  );
  undo.add('browsers', async () => {
    await browsers.stop();
    await complaints.end();
  });
  return browsers;
}

type Settings = Config['connectors']['daily']['webhooks'];

async function webhooksConfig({ secretEnv, rules }: Settings, env: DailyParts['env']): Promise<WebhooksConfig> {
  const secret = webhookSecret(secretEnv, env);
  // Whoever has rules relies on them.
  if (rules.length > 0 && !secret.ok && !secret.missing) throw new DailyError(secret.problem);
  const read = rules.map(async (rule, i) => ({
    ...rule,
    policy: rule.policy === undefined ? undefined : await layerOf(rule.policy, i),
  }));
  return { secret, rules: await Promise.all(read) };
}

async function layerOf(file: string, rule: number): Promise<PolicyLayer> {
  try {
    return await readOneLayer(file);
  } catch (error) {
    const at = `connectors.daily.webhooks.rules.${rule}.policy (${basename(file)})`;
    throw new DailyError(`${at}: ${(error as Error).message}`);
  }
}
