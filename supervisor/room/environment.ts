import { specVersion } from '../../spec/spec-version.ts';
import type { RoomRequest } from './api.ts';

/** What every bot may see of the supervisor's own environment. */
const ALWAYS = ['PATH', 'HOME', 'LANG', 'TZ'];
const MAX_HEARTBEAT_MS = 15_000;

export interface RunSettings {
  readonly runId: string;
  readonly attempt: number;
  readonly policyPath: string;
  /** Where the bot leaves what wasn't acknowledged. */
  readonly spillPath: string;
  /** Milliseconds of silence after which the bot is taken for dead. */
  readonly heartbeatTimeout: number;
  /** Names of further variables to pass on. */
  readonly passOn: readonly string[];
}

/** A bot's whole environment: nothing that isn't named here reaches it. */
export function botEnvironment(
  request: RoomRequest,
  run: RunSettings,
  own: Readonly<Record<string, string | undefined>>,
): Record<string, string> {
  const env: Record<string, string> = {};
  for (const name of [...ALWAYS, ...run.passOn]) {
    const value = own[name];
    if (value !== undefined) env[name] = value;
  }
  env.ROOMD_ROOM_ID = request.roomId;
  env.ROOMD_RUN_ID = run.runId;
  env.ROOMD_ATTEMPT = String(run.attempt);
  env.ROOMD_SPEC_VERSION = specVersion;
  env.ROOMD_CONNECTOR = request.connector;
  env.ROOMD_OPTIONS = JSON.stringify(request.options ?? {});
  env.ROOMD_HEARTBEAT_MS = String(Math.min(MAX_HEARTBEAT_MS, Math.max(1, Math.floor(run.heartbeatTimeout / 3))));
  if (request.assistantId !== undefined) env.ROOMD_ASSISTANT_ID = request.assistantId;
  if (request.tenantId !== undefined) env.ROOMD_TENANT_ID = request.tenantId;
  env.ROOMD_SPILL_PATH = run.spillPath;
  env.BOT_POLICY_PATH = run.policyPath;
  return env;
}
