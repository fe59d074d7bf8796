import { type Consumer, type Note, offsetOf } from './streams-consumer.ts';
import type { Happening, Selection } from './streams-link.ts';

export interface Kept {
  readonly position: string;
  readonly envelope: Happening;
}

type Received = Exclude<Note, 'missing'>;

/** Of roomd's own matchers nothing is used: a pattern ends with `*` or `**`, or it is the name itself. */
export function fits({ rooms, topics }: Selection, { roomId = '', topic }: Happening): boolean {
  const one = (patterns: readonly string[] | undefined, text: string) =>
    patterns?.some((pattern) => {
      const beginning = pattern.replace(/\*+$/, '');
      return beginning === pattern ? text === pattern : text.startsWith(beginning);
    }) ?? true;
  return one(rooms, roomId) && one(topics, topic);
}

/**
 * Holds what a consumer remembers against what the log has kept at the end. What was wrong: an event out of order or
 * twice, one that is kept and didn't come, one that came and isn't the log's, and one of a bot that is missing without
 * a word of it.
 */
export function judge(consumer: Consumer, selection: Selection, kept: readonly Kept[]): string[] {
  const faults = [...consumer.faults];
  const events = consumer.notes.filter((note) => note !== 'missing');
  events.forEach(({ offset }, i) => {
    const before = events[i - 1]?.offset ?? consumer.started;
    if (offset <= before) faults.push(`${offset} came after ${before}`);
  });
  const byOffset = new Map(kept.map(({ position, envelope }) => [offsetOf(position), envelope]));
  const came = new Map(events.map(({ offset, event }) => [offset, event.id]));
  for (const [offset, event] of byOffset) {
    const wanted = offset > consumer.started && fits(selection, event);
    if (wanted && came.get(offset) !== event.id)
      faults.push(`${offset} (${event.topic}) is in the log and didn't come`);
  }
  for (const { offset, event } of events) {
    if (!fits(selection, event)) faults.push(`${offset} (${event.topic}) came and isn't selected`);
    if (byOffset.has(offset) && byOffset.get(offset)?.id !== event.id)
      faults.push(`${offset} is another event in the log`);
  }
  faults.push(...untold(consumer.notes, selection));
  return faults.slice(0, 5).map((fault) => `${consumer.name}: ${fault}`);
}

/** A bot numbers what it says. Where numbers are missing, between one event and the next, that has to be told. */
function untold(notes: readonly Note[], selection: Selection): string[] {
  const faults: string[] = [];
  const last = new Map<string, { number: number; told: boolean }>();
  for (const note of notes) {
    if (note === 'missing') {
      for (const each of last.values()) each.told = true;
      continue;
    }
    const room = note.event.roomId ?? '';
    const number = numberOf(note);
    if (number === undefined) continue;
    const before = last.get(room);
    last.set(room, { number, told: false });
    if (before === undefined || before.told) continue;
    const missing = between(before.number, number).filter((each) =>
      fits(selection, { ...note.event, topic: topicOf(each) }),
    );
    if (missing.length > 0) faults.push(`${room}: ${missing.length} events from ${missing[0]} on are missing, untold`);
  }
  return faults;
}

const between = (from: number, to: number) =>
  Array.from({ length: Math.max(0, to - from - 1) }, (_, i) => from + 1 + i);

function numberOf({ event }: Received): number | undefined {
  return event.topic.startsWith('room.') ? event.payload.at : undefined;
}

/** As the bot has it. */
function topicOf(number: number): string {
  if (number % 10 === 0) return 'room.interrupt.executed';
  return number % 10 === 1 ? 'room.dominance.score' : 'room.transcript.received';
}
