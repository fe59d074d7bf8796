import { specVersion } from '../../spec/spec-version.ts';
import type { PlannedRequest } from './plan.ts';
import type { RunFolder } from './run-folder.ts';

/** What every bot may see of the supervisor's own environment. */
const ALWAYS = ['PATH', 'HOME', 'LANG', 'TZ'];
const MAX_HEARTBEAT_MS = 15_000;

type Variables = Readonly<Record<string, string>>;

/** What a bot process sees of the supervisor's `own` environment; `passOn` are the names that the configuration adds. */
export function passedOn(passOn: readonly string[], own: Readonly<Record<string, string | undefined>>): Variables {
  const env: Record<string, string> = {};
  for (const name of [...ALWAYS, ...passOn]) {
    const value = own[name];
    if (value !== undefined) env[name] = value;
  }
  return env;
}

/** What a process knows of its run from the start. `heartbeatTimeout` in milliseconds. */
export function runVariables(folder: RunFolder, heartbeatTimeout: number): Variables {
  return {
    ROOMD_RUN_ID: folder.runId,
    ROOMD_SPEC_VERSION: specVersion,
    ROOMD_HEARTBEAT_MS: String(Math.min(MAX_HEARTBEAT_MS, Math.max(1, Math.floor(heartbeatTimeout / 3)))),
    ROOMD_SPILL_PATH: folder.spill,
    BOT_POLICY_PATH: folder.policy,
  };
}

/** What it knows as soon as it has a room: from the start, or by `assign`. */
export function roomVariables(request: PlannedRequest, attempt: number): Variables {
  const { assistant } = request;
  return {
    ROOMD_ROOM_ID: request.roomId,
    ROOMD_ATTEMPT: String(attempt),
    ROOMD_CONNECTOR: request.connector,
    ROOMD_OPTIONS: JSON.stringify(request.options ?? {}),
    ...(request.assistantId !== undefined && { ROOMD_ASSISTANT_ID: request.assistantId }),
    ...(assistant && { ROOMD_ASSISTANT: JSON.stringify({ id: assistant.id, name: assistant.name }) }),
    ...(request.tenantId !== undefined && { ROOMD_TENANT_ID: request.tenantId }),
  };
}
