import { parseDuration } from '../../spec/quantity.ts';
import type { Log } from './port.ts';

/** `EPOCH.OFFSET`, the name of a place in the log that clients keep. */
export function formatPosition(epoch: string, offset: number): string {
  return `${epoch}.${offset}`;
}

export interface Start {
  /** Exclusive. */
  readonly after: number;
  /** False when the wanted position belongs to a history that is gone: reading then begins at the oldest record. */
  readonly recovered: boolean;
  /** It was told by a time: what is gone at the beginning of the log may be younger than that. */
  readonly byTime?: boolean;
}

/** Thrown for what is no position, no duration, no time and neither `start` nor `end`. */
export class PositionError extends Error {
  override name = 'PositionError';
}

/** What a client wrote as `from` (a position, `10m`, a time, `start`, `end`) → the offset to read after. `now` in ms. */
export async function resolveStart(log: Log, from: string, now: number): Promise<Start> {
  if (from === 'start') return { after: 0, recovered: true };
  if (from === 'end') return { after: log.last, recovered: true };
  const time = parseTime(from, now);
  if (time !== undefined) return { after: await log.offsetBefore(time), recovered: true, byTime: true };
  const [, epoch, digits] = /^([A-Za-z0-9_-]+)\.(\d{1,15})$/.exec(from) ?? [];
  if (epoch === undefined) {
    throw new PositionError(
      `expected a position EPOCH.OFFSET, a duration such as 10m, a time such as 2026-03-01T12:00:00Z, start or end, got "${from}"`,
    );
  }
  const offset = Number(digits);
  if (epoch !== log.epoch || offset > log.last) return { after: 0, recovered: false };
  return { after: offset, recovered: true };
}

/**
 * What a client wrote as `until` → the last offset to read: of a position its own, of a time that of the last event
 * received before it. Throws a PositionError for what is none, and for a position that this log doesn't have.
 */
export async function resolveEnd(log: Log, until: string, now: number): Promise<number> {
  const { after, recovered } = await resolveStart(log, until, now);
  if (recovered) return after;
  throw new PositionError(`expected a position of this log, which ends at ${formatPosition(log.epoch, log.last)}`);
}

/** ISO 8601 with a zone, as RFC 3339 has it: without one nobody knows whose time it is. */
const ISO = /^\d{4}-\d\d-\d\dT\d\d:\d\d(:\d\d(\.\d{1,9})?)?(Z|[+-]\d\d:\d\d)$/i;

/** An age such as `10m`, or a time → milliseconds since 1970. */
function parseTime(text: string, now: number): number | undefined {
  const age = parseDuration(text);
  if (age !== undefined) return now - age;
  const time = ISO.test(text) ? Date.parse(text) : Number.NaN;
  return Number.isNaN(time) ? undefined : time;
}
