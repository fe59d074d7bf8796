import { isFrame } from './frame.ts';
import type { TopicId, TopicPayloads } from './generated/topics.ts';
import * as validators from './generated/validators.js';
import { scanJson } from './json-scan.ts';

export type Runtime = 'browser' | 'bot' | 'node';

/** Who an event is about; every field is optional context. */
export interface EventContext {
  roomId?: string;
  sessionId?: string;
  turnId?: string;
  assistantId?: string;
  tenantId?: string;
}

export interface EnvelopeMeta {
  attempt?: number;
  runId?: string;
  /** Per run, from 1, no gaps. */
  seq?: number;
  /** Milliseconds since 1970, the supervisor's clock. */
  receivedAt?: number;
  local?: true;
  /** Who brought the event in, where it wasn't the room's bot or the supervisor itself: `gateway`, `http:TOKEN`. */
  by?: string;
}

/** The frame around every event; `spec/schemas/envelope.json` is its schema. `ts` is milliseconds since 1970. */
export interface Envelope<T extends TopicId = TopicId> extends EventContext {
  id: string;
  ts: number;
  topic: T;
  specVersion: string;
  runtime: Runtime;
  payload: TopicPayloads[T];
  pii?: { level: 0 | 1 | 2; fields: string[] };
  meta?: EnvelopeMeta;
}

export type RejectReason = TopicPayloads['events.envelope.rejected']['reason'];

export interface Rejection {
  readonly ok: false;
  readonly reason: RejectReason;
  /** What was expected and what was got; never the content itself. */
  readonly detail: string;
}

export interface Parsed {
  readonly ok: true;
  readonly envelope: Envelope;
  /** The payload's source text, byte for byte as the publisher wrote it. */
  readonly payloadText: string;
}

/** One line of a bot's output → an envelope that satisfies its topic's schema, or why not. Never throws. */
export function parseEnvelope(line: string): Parsed | Rejection {
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    return reject('not_json', 'expected one JSON object a line');
  }
  if (!isFrame(value)) return reject('invalid_envelope', explain(validators.envelope.errors));
  const envelope = value as Envelope;
  const validate = payloadValidator(envelope.topic);
  if (validate === undefined) return reject('unknown_topic', `expected a topic of the spec, got ${envelope.topic}`);
  if (!validate(envelope.payload)) {
    return reject('invalid_payload', `${envelope.topic}: ${explain(validate.errors)}`);
  }
  const { duplicate, span } = scanJson(line, 'payload');
  if (duplicate !== undefined || span === undefined) {
    return reject('duplicate_key', 'expected every key once in its object');
  }
  return { ok: true, envelope, payloadText: line.slice(span.start, span.end) };
}

/** Why a payload does not fit its topic, or undefined if it does. */
export function payloadProblem(topic: TopicId, payload: unknown): string | undefined {
  const validate = payloadValidator(topic);
  if (validate === undefined) return `expected a topic of the spec, got ${topic}`;
  return validate(payload) ? undefined : explain(validate.errors);
}

export function isTopic(topic: string): topic is TopicId {
  return topic in validators.payloads;
}

/** Whether an envelope is of that topic; its payload has that topic's type then. */
export function isOf<T extends TopicId>(
  envelope: Envelope,
  topic: T,
): envelope is Envelope<T> & { payload: TopicPayloads[T] } {
  return envelope.topic === topic;
}

/** What a supervisor writes over a publisher's claims; `meta` is JSON text. */
export interface Stamp {
  readonly context: Pick<EventContext, 'roomId' | 'assistantId' | 'tenantId'>;
  readonly meta: string;
}

/**
 * Writes the envelope as one line of JSON around a payload that is already text.
 * `id`, `ts`, `topic`, `specVersion`, `runtime` must have passed the envelope's schema: they need no escaping.
 */
export function writeEnvelope(envelope: Envelope, payloadText: string, { context, meta }: Stamp): string {
  const { roomId = envelope.roomId, assistantId = envelope.assistantId, tenantId = envelope.tenantId } = context;
  let text = `{"id":"${envelope.id}","ts":${envelope.ts},"topic":"${envelope.topic}","specVersion":"${envelope.specVersion}","runtime":"${envelope.runtime}"`;
  if (roomId !== undefined) text += `,"roomId":${JSON.stringify(roomId)}`;
  if (envelope.sessionId !== undefined) text += `,"sessionId":${JSON.stringify(envelope.sessionId)}`;
  if (envelope.turnId !== undefined) text += `,"turnId":${JSON.stringify(envelope.turnId)}`;
  if (assistantId !== undefined) text += `,"assistantId":${JSON.stringify(assistantId)}`;
  if (tenantId !== undefined) text += `,"tenantId":${JSON.stringify(tenantId)}`;
  text += `,"payload":${payloadText}`;
  if (envelope.pii !== undefined) text += `,"pii":${JSON.stringify(envelope.pii)}`;
  return `${text},"meta":${meta}}`;
}

function payloadValidator(topic: string): validators.Validator | undefined {
  return (validators.payloads as Readonly<Record<string, validators.Validator | undefined>>)[topic];
}

function reject(reason: RejectReason, detail: string): Rejection {
  return { ok: false, reason, detail: detail.slice(0, 512) };
}

export function explain(errors: validators.Validator['errors']): string {
  const first = errors?.[0];
  if (first === undefined) return 'it does not fit the schema';
  const at = first.instancePath === '' ? 'the object' : first.instancePath;
  return `${at} ${first.message ?? 'does not fit the schema'}`;
}
