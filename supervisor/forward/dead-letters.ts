import { z } from 'zod';
import { nameMatcher } from '../../spec/runtime/match.ts';
import type { Documents, Log, LogRecord } from '../log/port.ts';
import { type DeadLetter, type DeadLetterFilter, type DeadLetters, deadLetterSummary } from './api.ts';

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
const PAGE = 500;
/** One list examines so many at most; `next` tells how far it came. */
const EXAMINED = 10_000;

/** The documents that keep an event for good. The same event and target give the same keys: no harm in twice. */
export function deadLetterDocuments(record: LogRecord, target: string, reason: string, at: number): Documents {
  const { offset, topic, roomId, ts, receivedAt, json } = record;
  const id = `${String(offset).padStart(15, '0')}-${target.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
  const letter: DeadLetter = { id, eventId: record.id, topic, roomId, reason: reason.slice(0, MAX_REASON), at };
  return { [SUMMARY + id]: letter, [WHOLE + id]: { target, offset, ts, receivedAt, json } };
}

/** The documents of a letter that is dead no more: gone. */
export function noDeadLetter(id: string): Documents {
  return { [SUMMARY + id]: null, [WHOLE + id]: null };
}

/** The document of a letter that was refused again, for another reason maybe. */
export function deadAgain(letter: DeadLetter, reason: string, at: number): Documents {
  const summary = deadLetterSummary.parse(letter);
  return { [SUMMARY + letter.id]: { ...summary, reason: reason.slice(0, MAX_REASON), at } };
}

/** Reads what the forwarder has set aside. */
export function createDeadLetters(log: Pick<Log, 'document' | 'documents'>): DeadLetters {
  return {
    async list(after, limit, filter = {}) {
      const matches = matcher(filter);
      const deadLetters: DeadLetter[] = [];
      let next = after;
      for (let examined = 0; examined < EXAMINED; examined += PAGE) {
        const page = await log.documents(SUMMARY, { after: SUMMARY + next, limit: PAGE });
        for (const [key, document] of page) {
          const letter = deadLetterSummary.parse(document);
          next = key.slice(SUMMARY.length);
          if (matches(letter) && deadLetters.push(letter) >= limit) return { deadLetters, next };
        }
        if (page.size < PAGE) break;
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
