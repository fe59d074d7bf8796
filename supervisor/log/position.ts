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
}

/** Thrown for a `from` that is no position, no duration and neither `start` nor `end`. */
export class PositionError extends Error {
  override name = 'PositionError';
}

/** What a client wrote as `from` (a position, `10m`, `start`, `end`) → the offset to read after. `now` in ms. */
export async function resolveStart(log: Log, from: string, now: number): Promise<Start> {
  if (from === 'start') return { after: 0, recovered: true };
  if (from === 'end') return { after: log.last, recovered: true };
  const age = parseDuration(from);
  if (age !== undefined) return { after: await log.offsetBefore(now - age), recovered: true };
  const [, epoch, digits] = /^([A-Za-z0-9_-]+)\.(\d{1,15})$/.exec(from) ?? [];
  if (epoch === undefined) {
    throw new PositionError(`expected a position EPOCH.OFFSET, a duration such as 10m, start or end, got "${from}"`);
  }
  const offset = Number(digits);
  if (epoch !== log.epoch || offset > log.last) return { after: 0, recovered: false };
  return { after: offset, recovered: true };
}
