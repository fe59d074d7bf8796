import { type Fact, isObserved, type Recorded, readRecorded, readRecordingHeader } from '../../spec/recording.ts';

/** What happens at one moment of room time, in order. */
export interface Moment {
  /** Milliseconds since the room began; never below that of the moment before. */
  readonly time: number;
  readonly facts: Fact[];
}

/** A recording made ready to be played. */
export interface Played {
  readonly moments: readonly Moment[];
  /** Who was still there when the room was over, and left with it. */
  readonly closing: readonly Fact[];
}

/** A recording can't be played; the message names the line, and no content. */
export class FactsError extends Error {
  override name = 'FactsError';
}

/** Whoever leaves within so long of the last other fact, by the publisher's clock, leaves because the room is over. */
const CLOSING_MS = 1_000;

/**
 * A recording's text → what was observed in the room during one run of its bot: that attempt's, or the last one that
 * observed anything. Where an event says itself when it happened in room time, that counts; between such events the
 * publisher's clock does. Depends on nothing but the arguments. Throws a FactsError.
 */
export function readFacts(text: string, attempt: number | undefined): Played {
  const observed = readObserved(text);
  const run = observed.findLast((each) => attempt === undefined || each.attempt === attempt)?.runId;
  if (run === undefined) {
    const which = attempt === undefined ? 'anything' : `anything in attempt ${attempt}`;
    throw new FactsError(`expected a recording of a room in which ${which} was observed, got none`);
  }
  const all = observed.filter(({ runId }) => runId === run);
  const open = all.findLastIndex(({ topic }) => topic !== 'room.participant.left');
  const overAt = (all[open]?.ts ?? Number.NEGATIVE_INFINITY) + CLOSING_MS;
  const isClosing = all.slice(open + 1).every(({ ts }) => ts <= overAt);
  const end = isClosing ? open + 1 : all.length;
  return { moments: momentsOf(all.slice(0, end)), closing: all.slice(end).map(factOf) };
}

function readObserved(text: string): Recorded[] {
  const observed: Recorded[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.trim() === '') continue;
    const read = number === 1 ? readRecordingHeader(line) : readRecorded(line);
    if (!read.ok) throw new FactsError(`line ${number}: ${read.problem}`);
    if ('topic' in read.value && isObserved(read.value.topic)) observed.push(read.value);
  }
  return observed;
}

function momentsOf(events: readonly Recorded[]): Moment[] {
  const moments: Moment[] = [];
  const said = events.map(timeOf);
  let time = 0;
  let ts = events[0]?.ts ?? 0;
  let next = 0;
  events.forEach((event, i) => {
    while (next < events.length && (next < i || said[next] === undefined)) next += 1;
    // An event that doesn't say when lies before the next one that does.
    const latest = Math.max(time, said[next] ?? Number.POSITIVE_INFINITY);
    time = Math.max(time, said[i] ?? Math.min(latest, time + Math.max(0, event.ts - ts)));
    ts = event.ts;
    const last = moments.at(-1);
    if (last?.time === time) last.facts.push(factOf(event));
    else moments.push({ time, facts: [factOf(event)] });
  });
  return moments;
}

/** Room time, where the event tells it: of what took a while, its end. */
function timeOf({ payload }: Recorded): number | undefined {
  const { at, endAt } = payload as { at?: unknown; endAt?: unknown };
  const time = endAt ?? at;
  return typeof time === 'number' ? time : undefined;
}

function factOf({ topic, payload }: Recorded): Fact {
  return { topic, payload } as Fact;
}
