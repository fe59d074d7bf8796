import { isTopic, payloadProblem } from './envelope.ts';
import type { TopicId, TopicPayloads } from './generated/topics.ts';
import { ROOM_ID } from './room-id.ts';
import { nameMatcher } from './runtime/match.ts';

/** The first line of a recording, under the key `recording`; one envelope a line follows, in the order of the log. */
export interface RecordingHeader {
  readonly version: 1;
  /** The room that was recorded. */
  readonly roomId: string;
  /** The history that the positions are of. */
  readonly epoch: string;
  /** Of the supervisor that wrote it. */
  readonly specVersion: string;
  /** Positions of the first and the last event; null where there are none. */
  readonly first: string | null;
  readonly last: string | null;
  /** Whether events of the room, before, between or after these, weren't kept any more. */
  readonly missing: boolean;
  /** Whether what people said is masked: it was read without the scope `events:pii`. */
  readonly masked: boolean;
}

/** One event of a recording, as far as a replay needs it. */
export interface Recorded {
  /** Milliseconds since 1970: the publisher's clock. */
  readonly ts: number;
  readonly topic: string;
  readonly payload: unknown;
  /** Empty where nobody has stamped it. */
  readonly runId: string;
  readonly attempt: number;
  /** Who brought it in, where it wasn't the room's bot or the supervisor. */
  readonly by: string | undefined;
}

export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly problem: string };

/** Of a recording's file; bytes. A line may be somewhat longer than what a bot may say: the supervisor's stamp is in it. */
export const MAX_RECORDING_BYTES: number = 256 * 2 ** 20;
export const MAX_RECORDING_LINE: number = 2 ** 20;

const MAX_HEADER_TEXT = 128;

/** What a connector observes in a room. What bots make of it isn't played again: it comes anew. */
const OBSERVED = [
  'room.participant.**',
  'room.speaker.**',
  'room.transcript.**',
  'room.message.received',
  'room.message.edited',
  'room.message.deleted',
  'room.message.moderated',
  'room.reaction.**',
  'room.typing.**',
  'room.presence.**',
  'room.app_message.**',
  'room.command.**',
  'room.connection.**',
].map(nameMatcher);

/** Whether events of the topic are facts that a replay plays. */
export function isObserved(topic: string): topic is TopicId {
  return isTopic(topic) && OBSERVED.some((matches) => matches(topic));
}

/** The first line of a recording, or what is wrong with it. */
export function readRecordingHeader(line: string): Read<RecordingHeader> {
  const expected = 'expected a recording that `roomd export` wrote, beginning with {"recording": …}';
  const { recording } = parseObject(line) ?? {};
  if (!isObject(recording)) return { ok: false, problem: expected };
  const { version, roomId, epoch, specVersion, first, last, missing, masked } = recording;
  if (version !== 1)
    return { ok: false, problem: 'expected a recording of version 1; a newer roomd may have written it' };
  if (
    !isText(roomId) ||
    !ROOM_ID.test(roomId) ||
    !isText(epoch) ||
    !isText(specVersion) ||
    !isPlace(first) ||
    !isPlace(last) ||
    typeof missing !== 'boolean' ||
    typeof masked !== 'boolean'
  ) {
    return { ok: false, problem: `${expected} with roomId, epoch, specVersion, first, last, missing and masked` };
  }
  // Nothing else of it: whoever lists recordings holds all of their headers.
  return { ok: true, value: { version, roomId, epoch, specVersion, first, last, missing, masked } };
}

function isText(value: unknown): value is string {
  return typeof value === 'string' && value !== '' && value.length <= MAX_HEADER_TEXT;
}

function isPlace(value: unknown): value is string | null {
  return value === null || isText(value);
}

/** A further line, or what is wrong with it; what people said stays out of that. Facts have to fit their schema. */
export function readRecorded(line: string): Read<Recorded> {
  const envelope = parseObject(line);
  if (envelope === undefined) return { ok: false, problem: 'expected one JSON object a line' };
  const { ts, topic, payload, meta } = envelope;
  if (typeof ts !== 'number' || !Number.isFinite(ts))
    return { ok: false, problem: 'expected an envelope with a number "ts"' };
  if (typeof topic !== 'string' || !isObject(payload)) {
    return { ok: false, problem: 'expected an envelope with a "topic" and an object "payload"' };
  }
  const problem = isObserved(topic) ? payloadProblem(topic, payload) : undefined;
  if (problem !== undefined) return { ok: false, problem: `${topic}: ${problem}` };
  const { runId, attempt, by } = isObject(meta) ? meta : {};
  return {
    ok: true,
    value: {
      ts,
      topic,
      payload,
      runId: typeof runId === 'string' ? runId : '',
      attempt: typeof attempt === 'number' ? attempt : 1,
      by: typeof by === 'string' ? by : undefined,
    },
  };
}

/** A fact to be played. */
export interface Fact<T extends TopicId = TopicId> {
  readonly topic: T;
  readonly payload: TopicPayloads[T];
}

function parseObject(line: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(line);
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}
