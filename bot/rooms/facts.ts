import { GATEWAY } from '../../spec/chat.ts';
import type { TopicId } from '../../spec/generated/topics.ts';
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
  /** What had happened before the first moment, and what the bot of the recording has said. */
  readonly before: readonly Before[];
  /** Whether people wrote to each other, or could. */
  readonly isChat: boolean;
  /** What the bot of the recording was called in the room, where it had a name. */
  readonly calledAs: string | undefined;
}

export interface Before {
  readonly topic: string;
  readonly payload: unknown;
  /** Milliseconds before the first moment. */
  readonly ago: number;
}

/** A recording can't be played; the message names the line, and no content. */
export class FactsError extends Error {
  override name = 'FactsError';
}

/** Whoever leaves within so long of the last other fact, by the publisher's clock, leaves because the room is over. */
const CLOSING_MS = 1_000;
/** In its calls people can always write, and whoever comes is welcomed before anybody has. */
const DAILY = 'daily';
const STARTED: TopicId = 'assistant.session.started';

/**
 * A recording's text → what was observed in the room during one run of its bot: that attempt's, or the last one that
 * observed anything. What others than the bot brought in belongs to the room: without an attempt all of it is played.
 * Where an event says itself when it happened in room time, that counts; between such events the publisher's clock does.
 * Depends on nothing but the arguments. Throws a FactsError.
 */
export function readFacts(text: string, attempt: number | undefined): Played {
  const recorded = readEvents(text);
  const bots = botsOf(recorded);
  const observed = recorded.filter((event) => isObserved(event.topic) && !isAboutWords(event, bots));
  const run = runOf(observed, attempt);
  const isPlayed = (event: Recorded) => event.runId === run || (attempt === undefined && event.by !== undefined);
  const all = observed.filter(isPlayed);
  const [first] = all;
  if (first === undefined) {
    const which = attempt === undefined ? 'anything' : `anything in attempt ${attempt}`;
    throw new FactsError(`expected a recording of a room in which ${which} was observed, got none`);
  }
  const brought = observed.slice(0, observed.indexOf(first)).filter(({ by }) => by !== undefined);
  const said = recorded.filter(({ topic }) => topic === 'room.message.sent');
  const before = [...brought, ...said].map(({ topic, payload, ts }) => ({ topic, payload, ago: first.ts - ts }));
  const { connector, name } = startOf(recorded, run);
  const isChat =
    connector === DAILY || all.some(({ topic, by }) => by === GATEWAY || topic.startsWith('room.message.'));
  const open = all.findLastIndex(({ topic }) => topic !== 'room.participant.left');
  const overAt = (all[open]?.ts ?? Number.NEGATIVE_INFINITY) + CLOSING_MS;
  const isClosing = all.slice(open + 1).every(({ ts }) => ts <= overAt);
  const end = isClosing ? open + 1 : all.length;
  const [moments, closing] = [momentsOf(all.slice(0, end)), all.slice(end).map(factOf)];
  return { moments, closing, before, isChat, calledAs: typeof name === 'string' && name !== '' ? name : undefined };
}

/** What the bot of that run has said of itself when it began to act. */
function startOf(recorded: readonly Recorded[], run: string | undefined): { connector?: unknown; name?: unknown } {
  return recorded.findLast(({ topic, runId }) => topic === STARTED && runId === run)?.payload ?? {};
}

function botsOf(recorded: readonly Recorded[]): ReadonlySet<unknown> {
  const said = recorded.filter(({ topic, payload }) => {
    return topic === 'room.message.sent' || (payload as { isBot?: unknown }).isBot === true;
  });
  return new Set(said.map(({ payload }) => (payload as { participantId?: unknown }).participantId));
}

/** Whether it tells what the rules of the room made of a bot's words: these come anew. */
function isAboutWords({ topic, payload }: Recorded, bots: ReadonlySet<unknown>): boolean {
  return topic === 'room.message.moderated' && bots.has((payload as { participantId?: unknown }).participantId);
}

/** The run of that attempt; else the last one whose bot observed anything. */
function runOf(observed: readonly Recorded[], attempt: number | undefined): string | undefined {
  if (attempt !== undefined) return observed.findLast((event) => event.attempt === attempt)?.runId;
  return observed.findLast(({ by }) => by === undefined)?.runId;
}

/** All that a replay may need of it. */
function readEvents(text: string): Recorded[] {
  const events: Recorded[] = [];
  let number = 0;
  for (const line of text.split('\n')) {
    number += 1;
    if (line.trim() === '') continue;
    const read = number === 1 ? readRecordingHeader(line) : readRecorded(line);
    if (!read.ok) throw new FactsError(`line ${number}: ${read.problem}`);
    if ('topic' in read.value && isOfUse(read.value.topic)) events.push(read.value);
  }
  return events;
}

function isOfUse(topic: string): boolean {
  return topic.startsWith('room.') || topic === STARTED;
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
