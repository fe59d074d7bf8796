import { redactEnvelope } from '../../spec/redact.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';
import type { Log, LogRecord } from '../log/port.ts';
import { formatPosition, PositionError, resolveEnd, resolveStart } from '../log/position.ts';
import { assertSees } from './auth.ts';
import type { Caller, Kept } from './caller.ts';
import { Problem } from './problem.ts';
import { beforeRecent, type Selection } from './recent-events.ts';

/** What a caller asked to read, made ready: where to begin, and what of it may be seen. */
export interface Reading {
  readonly after: number;
  /** False when events between the wanted position and `after` are no longer kept. */
  readonly recovered: boolean;
  /** The last offset to read; absent: to the end. */
  readonly through?: number;
  readonly roomId?: string;
  readonly topic?: (topic: string) => boolean;
  /** The envelope as this caller may see it, one line of JSON; undefined when it isn't for them. */
  show(record: LogRecord): string | undefined;
}

export interface ReadingRequest {
  readonly from: string;
  readonly until?: string | undefined;
  /** Patterns, one of which has to fit; absent: every topic. */
  readonly topics?: readonly string[] | undefined;
  /** Ids, or beginnings of ids that end with `*`; absent: every room, and the supervisor itself. */
  readonly rooms?: readonly string[] | undefined;
  readonly caller: Caller;
}

/** What a request lets through, wherever it begins. Throws a Problem when it names rooms that the caller may not see. */
export function selectionOf({ topics, rooms, caller }: Omit<ReadingRequest, 'from' | 'until'>): Selection {
  const [only, ...more] = rooms ?? [];
  for (const room of rooms ?? []) if (!room.endsWith('*')) assertSees(caller, room);
  const roomId = more.length === 0 && only?.endsWith('*') === false ? only : undefined;
  const inRooms = rooms === undefined || roomId !== undefined ? () => true : anyOf(rooms.map(roomMatcher));
  return {
    ...(roomId === undefined ? {} : { roomId }),
    ...(topics === undefined ? {} : { topic: anyOf(topics.map(nameMatcher)) }),
    shows: (record) => inRooms(record.roomId) && caller.reads(record),
  };
}

function roomMatcher(room: string): (roomId: string) => boolean {
  const beginning = room.slice(0, -1);
  return room.endsWith('*') ? (roomId) => roomId.startsWith(beginning) : (roomId) => roomId === room;
}

function anyOf(matchers: readonly ((text: string) => boolean)[]): (text: string) => boolean {
  const [only] = matchers;
  return only !== undefined && matchers.length === 1 ? only : (text) => matchers.some((matches) => matches(text));
}

/** Throws a Problem when `from` or `until` is no place in a log. `now`: milliseconds since 1970. */
export async function openReading(log: Log, request: ReadingRequest, now: number): Promise<Reading> {
  const { from, until, caller } = request;
  const { shows, ...query } = selectionOf(request);
  const show = showing(shows, caller);
  const start = await resolveStart(log, from, now).catch(refuse('from'));
  const through = until === undefined ? undefined : await resolveEnd(log, until, now).catch(refuse('until'));
  if (from === 'start') {
    const after = await beforeFirst(log, query.roomId, 0);
    return { after, recovered: true, ...(through !== undefined && { through }), ...query, show };
  }
  const beforeOldest = (await log.first()) - 1;
  // Of a time nobody knows whether what went before the oldest event was younger.
  const oldestTold = start.byTime === true && beforeOldest > 0 ? beforeOldest + 1 : beforeOldest;
  return {
    after: Math.max(start.after, beforeOldest),
    recovered: start.recovered && start.after >= oldestTold,
    ...(through === undefined ? {} : { through }),
    ...query,
    show,
  };
}

/**
 * The place before the first event that is kept beyond `after`, of the room or of all: whoever asks for whatever is kept
 * misses nothing before it, and everything that is gone from behind it.
 */
async function beforeFirst(log: Log, roomId: string | undefined, after: number): Promise<number> {
  const page = await log.read({ after, limit: 1, ...(roomId !== undefined && { roomId }) });
  const first = page.records[0]?.offset;
  return first === undefined ? page.next : first - 1;
}

/** The last `count` events that the request lets through, as far as they are kept and can be found in bounded time. */
export async function openRecent(
  log: Log,
  request: Omit<ReadingRequest, 'from' | 'until'>,
  count: number,
): Promise<Reading> {
  const { caller } = request;
  const selection = selectionOf(request);
  const { shows, ...query } = selection;
  return {
    after: await beforeFirst(log, query.roomId, await beforeRecent(log, selection, count)),
    recovered: true,
    ...query,
    show: showing(shows, caller),
  };
}

function showing(shows: Selection['shows'], caller: Caller): Reading['show'] {
  return (record) => (shows(record) ? envelopeFor(caller, record) : undefined);
}

function refuse(name: string): (error: unknown) => never {
  return (error) => {
    throw error instanceof PositionError ? new Problem('malformed', `${name}: ${error.message}`) : error;
  };
}

const CHUNK = 500;
/** A page ends early rather than grow beyond this much text … */
const MAX_CHARS = 4_000_000;
/** … or examine more records than this many chunks hold in search of matching ones. */
const MAX_CHUNKS = 40;

/** One page as JSON. The envelopes stand in it as the log keeps them: their numbers are never parsed. */
export async function readPage(log: Log, reading: Reading, limit: number): Promise<string> {
  const { show, through = Number.POSITIVE_INFINITY, ...query } = reading;
  const events: string[] = [];
  let { after, recovered } = reading;
  let room = MAX_CHARS;
  for (let chunk = 0; chunk < MAX_CHUNKS && events.length < limit && room > 0 && after < through; chunk++) {
    const page = await log.read({ ...query, after, limit: CHUNK });
    if (page.gap) recovered = false;
    const stood = page.next === after;
    after = Math.min(page.next, through);
    for (const record of page.records) {
      if (record.offset > through) break;
      const json = show(record);
      if (json === undefined) continue;
      events.push(`{"position":"${formatPosition(log.epoch, record.offset)}","envelope":${json}}`);
      room -= json.length;
      if (events.length < limit && room > 0) continue;
      after = record.offset;
      break;
    }
    if (stood || after >= log.last) break;
  }
  return `{"events":[${events.join(',')}],"next":"${formatPosition(log.epoch, after)}","recovered":${recovered}}`;
}

/** What was masked once is the same for every reader who may see no more. */
const maskedTexts = new WeakMap<Kept, string>();

/** The envelope's own text as this caller may see it, in one line; the caller must be one who reads it. */
export function envelopeFor(caller: Caller, record: Kept): string {
  if (caller.hears(record)) return oneLine(record.json);
  const text = maskedTexts.get(record) ?? oneLine(masked(record));
  maskedTexts.set(record, text);
  return text;
}

/** A publisher may break lines between its tokens; one line of a stream must stay one line. */
function oneLine(text: string): string {
  return /[\r\n]/.test(text) ? text.replaceAll(/[\r\n]/g, ' ') : text;
}

/** Where nobody can say what may be shown, the payload is withheld, and what its publisher calls it: the event still arrives. */
function masked({ topic, json }: Kept): string {
  const redacted = redactEnvelope(topic, json);
  if (redacted.ok) return redacted.text;
  const { pii: _, ...frame } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify({ ...frame, payload: {} });
}
