import * as validators from './generated/validators.js';

const UUID7 = /^[0-9a-f]{8}-[0-9a-f]{4}-7[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/;
const MAX_TIME = 8_640_000_000_000_000;
const MAX_CONTEXT = 128;

/** The last specVersion that passed the schema; nearly every envelope of a process has the same. */
let knownVersion: unknown;

/**
 * Whether a value has the frame of an envelope, as `spec/schemas/envelope.json` says. The usual frame is recognised
 * in half the time; the compiled schema decides on all others, so both can't disagree.
 */
export function isFrame(value: unknown): boolean {
  if (isUsualFrame(value)) return true;
  if (!validators.envelope(value)) return false;
  knownVersion = (value as { specVersion: unknown }).specVersion;
  return true;
}

function isUsualFrame(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (!usual(key, (value as Record<string, unknown>)[key])) return false;
  const { id, ts, topic, specVersion, runtime, payload } = value as Record<string, unknown>;
  return (
    id !== undefined &&
    ts !== undefined &&
    topic !== undefined &&
    specVersion !== undefined &&
    runtime !== undefined &&
    payload !== undefined
  );
}

function usual(key: string, value: unknown): boolean {
  switch (key) {
    case 'id':
      return typeof value === 'string' && UUID7.test(value);
    case 'ts':
      return Number.isInteger(value) && (value as number) >= 0 && (value as number) <= MAX_TIME;
    case 'topic':
      // A name of the registry has the form of one.
      return typeof value === 'string' && value in validators.payloads;
    case 'specVersion':
      return value === knownVersion;
    case 'runtime':
      return value === 'bot' || value === 'browser' || value === 'node';
    case 'payload':
      return typeof value === 'object' && value !== null && !Array.isArray(value);
    case 'roomId':
    case 'sessionId':
    case 'turnId':
    case 'assistantId':
    case 'tenantId':
      return typeof value === 'string' && value.length <= MAX_CONTEXT;
    case 'meta':
      return isUsualMeta(value);
    default:
      return false;
  }
}

/** What a bot writes: nothing but its attempt. */
function isUsualMeta(value: unknown): boolean {
  if (typeof value !== 'object' || value === null) return false;
  for (const key in value) if (key !== 'attempt') return false;
  const { attempt } = value as { attempt?: unknown };
  return Number.isInteger(attempt) && (attempt as number) >= 1;
}
