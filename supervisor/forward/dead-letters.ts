import { z } from 'zod';
import type { Documents, Log, LogRecord } from '../log/port.ts';

/** What a list says of a dead letter. */
export const deadLetterSummary = z.object({
  id: z.string(),
  eventId: z.string(),
  topic: z.string(),
  roomId: z.string(),
  reason: z.string(),
  /** Milliseconds since 1970. */
  at: z.number(),
});
const whole = z.object({
  target: z.string(),
  offset: z.number(),
  ts: z.number(),
  receivedAt: z.number(),
  /** The record's own text, unmasked: as it stands in the log. */
  json: z.string(),
});

/** An event that was set aside because it can never be delivered as it is. */
export type DeadLetter = z.infer<typeof deadLetterSummary>;
export type WholeDeadLetter = DeadLetter & z.infer<typeof whole>;

const SUMMARY = 'dead/';
/** Apart from the summaries, so that listing a thousand doesn't load a thousand events. */
const WHOLE = 'dead-event/';

/** The documents that keep an event for good. The same event and target give the same keys: no harm in twice. */
export function deadLetterDocuments(record: LogRecord, target: string, reason: string, at: number): Documents {
  const { offset, topic, roomId, ts, receivedAt, json } = record;
  const id = `${String(offset).padStart(15, '0')}-${target.replaceAll(/[^A-Za-z0-9_-]/g, '-')}`;
  const letter: DeadLetter = { id, eventId: record.id, topic, roomId, reason: reason.slice(0, 1024), at };
  return { [SUMMARY + id]: letter, [WHOLE + id]: { target, offset, ts, receivedAt, json } };
}

export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  /** The last id examined; `after` itself when there was none. */
  readonly next: string;
}

export interface DeadLetters {
  /** In the order of the log, from behind the id `after`; an empty one is the beginning. */
  list(after: string, limit: number): Promise<DeadLetterPage>;
  get(id: string): Promise<WholeDeadLetter | undefined>;
}

/** Reads what the forwarder has set aside. */
export function createDeadLetters(log: Pick<Log, 'document' | 'documents'>): DeadLetters {
  return {
    async list(after, limit) {
      const deadLetters = [...(await log.documents(SUMMARY)).values()]
        .map((document) => deadLetterSummary.parse(document))
        .filter(({ id }) => id > after)
        .sort((a, b) => (a.id < b.id ? -1 : 1))
        .slice(0, limit);
      return { deadLetters, next: deadLetters.at(-1)?.id ?? after };
    },
    async get(id) {
      const [letter, event] = await Promise.all([log.document(SUMMARY + id), log.document(WHOLE + id)]);
      if (letter === undefined || letter === null) return undefined;
      return { ...deadLetterSummary.parse(letter), ...whole.parse(event) };
    },
  };
}
