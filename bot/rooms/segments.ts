/** One person speaking; times in whole milliseconds since the meeting began. */
export interface Segment {
  readonly start: number;
  readonly end: number;
  readonly participantId: string;
  readonly text: string;
}

/** Everything that begins and ends at one moment of the meeting. */
export interface Instant {
  readonly time: number;
  readonly starts: Segment[];
  readonly ends: Segment[];
}

/** A recording can't be played; the message names the line. */
export class RecordingError extends Error {
  override name = 'RecordingError';
}

const MAX_PARTICIPANTS = 1_000;

/**
 * A recording, one segment a line: `{"start": s, "end": s, "participant": "A", "text": "…"}`, times in seconds.
 * Throws a RecordingError at the first line that is none, or when there is no line at all.
 */
export function parseSegments(content: string): Segment[] {
  const segments: Segment[] = [];
  const participants = new Set<string>();
  let number = 0;
  for (const line of content.split('\n')) {
    number++;
    if (line.trim() === '') continue;
    const segment = parseSegment(line, number);
    participants.add(segment.participantId);
    segments.push(segment);
  }
  if (segments.length === 0) throw new RecordingError('expected at least one segment, got none');
  if (participants.size > MAX_PARTICIPANTS) {
    throw new RecordingError(`expected at most ${MAX_PARTICIPANTS} participants, got ${participants.size}`);
  }
  return segments;
}

/** The moments at which anything changes, in order. */
export function instants(segments: readonly Segment[]): Instant[] {
  const byTime = new Map<number, Instant>();
  const at = (time: number) => {
    const known = byTime.get(time) ?? { time, starts: [], ends: [] };
    byTime.set(time, known);
    return known;
  };
  for (const segment of segments) {
    at(segment.start).starts.push(segment);
    at(segment.end).ends.push(segment);
  }
  return [...byTime.values()].sort((a, b) => a.time - b.time);
}

function parseSegment(line: string, number: number): Segment {
  // What people said stays out of the message.
  const wrong = (expected: string) => new RecordingError(`line ${number}: expected ${expected}`);
  let value: unknown;
  try {
    value = JSON.parse(line);
  } catch {
    throw wrong('one JSON object a line');
  }
  if (typeof value !== 'object' || value === null) throw wrong('one JSON object a line');
  const { start, end, participant, text } = value as Record<string, unknown>;
  if (!isSeconds(start)) throw wrong('"start" in seconds, 0 or more');
  if (!isSeconds(end) || end < start) throw wrong('"end" in seconds, not before "start"');
  if (typeof participant !== 'string' || participant === '' || participant.length > 128) {
    throw wrong('"participant" of 1 to 128 characters');
  }
  if (typeof text !== 'string' || text.length > 65_536) throw wrong('"text" of at most 65536 characters');
  return { start: Math.round(start * 1_000), end: Math.round(end * 1_000), participantId: participant, text };
}

function isSeconds(value: unknown): value is number {
  return typeof value === 'number' && value >= 0 && value <= 1e9;
}
