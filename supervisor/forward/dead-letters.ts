import { z } from 'zod';
import { nameMatcher } from '../../spec/runtime/match.ts';
import type { Documents, Log, LogRecord } from '../log/port.ts';
import {
  type DeadLetter,
  type DeadLetterFilter,
  type DeadLetters,
  deadLetterSummary,
  type WholeDeadLetter,
} from './api.ts';
import { markOf, type Progress } from './window.ts';

const whole = z.object({
  target: z.string(),
  offset: z.number(),
  ts: z.number(),
  receivedAt: z.number(),
  /** The record's own text, unmasked: as it stands in the log. */
  json: z.string(),
});

const SUMMARY = 'dead/';
/** Apart from the summaries, so that listing a thousand doesn't load a thousand events. */
const WHOLE = 'dead-event/';
const MAX_REASON = 1_024;
/** Two documents and their keys, beside the event. */
const LETTER_BYTES = 600;
const PAGE = 500;
/** One list examines so many at most; `next` tells how far it came. */
const EXAMINED = 10_000;

const stored = deadLetterSummary.extend({ bytes: z.number().default(0) });

/** The same event and target give the same id: no harm in twice. In the order of the log. */
export function letterId(offset: number, target: string): string {
  return `${String(offset).padStart(15, '0')}-${target.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
}

/** The documents that keep an event for good. */
export function deadLetterDocuments(record: LogRecord, target: string, reason: string, at: number): Documents {
  const { offset, topic, roomId, ts, receivedAt, json } = record;
  const id = letterId(offset, target);
  const letter: DeadLetter = { id, eventId: record.id, topic, roomId, reason: reason.slice(0, MAX_REASON), at };
  const bytes = letterBytes(json);
  return { [SUMMARY + id]: { ...letter, bytes }, [WHOLE + id]: { target, offset, ts, receivedAt, json } };
}

/** What a letter takes on disk, about. */
export function letterBytes(json: string): number {
  return json.length + LETTER_BYTES;
}

/** Every letter there is, in order, and about how much it takes on disk. */
export async function* storedLetters(log: Pick<Log, 'documents'>, after = ''): AsyncGenerator<z.infer<typeof stored>> {
  for (let next = after; ; ) {
    const page = await log.documents(SUMMARY, { after: SUMMARY + next, limit: PAGE });
    for (const [key, document] of page) {
      next = key.slice(SUMMARY.length);
      yield stored.parse(document);
    }
    if (page.size < PAGE) return;
  }
}

/** The letters of a target that were made since it stood so: their events are sent again. */
export async function lettersSince(log: Pick<Log, 'documents'>, target: string, stood: Progress): Promise<string[]> {
  const { readTo, open, parked } = stood;
  const ids: string[] = [];
  for await (const { id, roomId } of storedLetters(log, String(markOf(stood)).padStart(15, '0'))) {
    const offset = Number.parseInt(id, 10);
    const wasParked = parked.some((each) => each.roomId === roomId && offset > each.after);
    if (id === letterId(offset, target) && (offset > readTo || open.includes(offset) || wasParked)) ids.push(id);
  }
  return ids;
}

/** The documents of a letter that is dead no more: gone. */
export function noDeadLetter(id: string): Documents {
  return { [SUMMARY + id]: null, [WHOLE + id]: null };
}

/** The document of a letter that was refused again, for another reason maybe. */
export function deadAgain(letter: WholeDeadLetter, reason: string, at: number): Documents {
  const summary = { ...deadLetterSummary.parse(letter), reason: reason.slice(0, MAX_REASON), at };
  return { [SUMMARY + letter.id]: { ...summary, bytes: letterBytes(letter.json) } };
}

/** Reads what the forwarder has set aside. */
export function createDeadLetters(log: Pick<Log, 'document' | 'documents'>): DeadLetters {
  return {
    async list(after, limit, filter = {}) {
      const matches = matcher(filter);
      const deadLetters: DeadLetter[] = [];
      let next = after;
      let examined = 0;
      for await (const { bytes: _, ...letter } of storedLetters(log, after)) {
        next = letter.id;
        const isFull = matches(letter) && deadLetters.push(letter) >= limit;
        if (isFull || ++examined >= EXAMINED) break;
      }
      return { deadLetters, next };
    },
    async get(id) {
      const [letter, event] = await Promise.all([log.document(SUMMARY + id), log.document(WHOLE + id)]);
      if (letter === undefined || letter === null) return undefined;
      return { ...deadLetterSummary.parse(letter), ...whole.parse(event) };
    },
  };
}

function matcher({ roomId, topic, reason, sees }: DeadLetterFilter): (letter: DeadLetter) => boolean {
  const isTopic = topic === undefined ? undefined : nameMatcher(topic);
  return (letter) =>
    (roomId === undefined || letter.roomId === roomId) &&
    (isTopic === undefined || isTopic(letter.topic)) &&
    (reason === undefined || letter.reason.startsWith(reason)) &&
    (sees === undefined || sees(letter.roomId));
}
