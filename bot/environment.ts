import { ROOM_ID } from '../spec/room-id.ts';

/** What the supervisor tells a bot at its start, see spec/bot-protocol.md. */
export interface Environment {
  readonly roomId: string;
  readonly runId: string;
  /** From 1; grows with every restart of the room. */
  readonly attempt: number;
  /** The supervisor's, or undefined when it didn't say. */
  readonly specVersion: string | undefined;
  readonly connector: string;
  readonly options: Readonly<Record<string, unknown>>;
  readonly assistantId: string | undefined;
  /** What that assistant is called. */
  readonly assistantName: string | undefined;
  readonly tenantId: string | undefined;
  readonly policyPath: string;
  readonly heartbeatMs: number;
  /** Where to leave what the supervisor hasn't acknowledged; undefined when nobody will acknowledge anything. */
  readonly spillPath: string | undefined;
}

const HEARTBEAT_MS = 15_000;
const MAX_NAME = 128;

export type EnvironmentResult =
  | { readonly ok: true; readonly environment: Environment }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Environment variables → what they mean, or everything that is wrong with them at once. An empty one is absent. */
export function readEnvironment(variables: Readonly<Record<string, string | undefined>>): EnvironmentResult {
  const problems: string[] = [];
  const get = (name: string) => (variables[name] === '' ? undefined : variables[name]);
  const wrong = (name: string, expected: string) => {
    const value = get(name);
    problems.push(`${name}: expected ${expected}, got ${value === undefined ? 'nothing' : JSON.stringify(value)}`);
  };
  const text = (name: string) => {
    const value = get(name);
    if (value !== undefined && value.length > 128) wrong(name, 'at most 128 characters');
    return value;
  };
  const required = (name: string, expected: string, fits = (value: string) => value.length <= 128) => {
    const value = get(name) ?? '';
    if (value === '' || !fits(value)) wrong(name, expected);
    return value;
  };
  const whole = (name: string, fallback: number) => {
    const value = get(name);
    if (value === undefined) return fallback;
    const number = wholeNumber(value);
    if (number === undefined) wrong(name, 'a whole number, 1 or more');
    return number ?? fallback;
  };
  const environment: Environment = {
    roomId: required('ROOMD_ROOM_ID', 'the name of a room', (value) => ROOM_ID.test(value)),
    runId: required('ROOMD_RUN_ID', 'the name of this run'),
    policyPath: required('BOT_POLICY_PATH', 'the path of a policy snapshot', () => true),
    attempt: whole('ROOMD_ATTEMPT', 1),
    heartbeatMs: whole('ROOMD_HEARTBEAT_MS', HEARTBEAT_MS),
    spillPath: get('ROOMD_SPILL_PATH'),
    specVersion: text('ROOMD_SPEC_VERSION'),
    connector: text('ROOMD_CONNECTOR') ?? 'local',
    assistantId: text('ROOMD_ASSISTANT_ID'),
    assistantName: readName(get('ROOMD_ASSISTANT')),
    tenantId: text('ROOMD_TENANT_ID'),
    options: parseObject(get('ROOMD_OPTIONS') ?? '{}') ?? {},
  };
  if (parseObject(get('ROOMD_OPTIONS') ?? '{}') === undefined) wrong('ROOMD_OPTIONS', 'a JSON object');
  return problems.length === 0 ? { ok: true, environment } : { ok: false, problems };
}

/** How often a bot that waits for its room says that it is alive: what is wrong with the variable it tells with its room. */
export function readHeartbeatMs(variables: Readonly<Record<string, string | undefined>>): number {
  return wholeNumber(variables.ROOMD_HEARTBEAT_MS ?? '') ?? HEARTBEAT_MS;
}

function wholeNumber(text: string): number | undefined {
  return /^[1-9][0-9]{0,8}$/.test(text) ? Number(text) : undefined;
}

/** Of the assistant's record; a bot can do without it, so nothing of it is an error. */
function readName(record: string | undefined): string | undefined {
  const name = parseObject(record ?? '')?.name;
  return typeof name === 'string' && name.trim() !== '' ? name.trim().slice(0, MAX_NAME) : undefined;
}

function parseObject(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
