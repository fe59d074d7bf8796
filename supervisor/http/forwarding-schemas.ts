import { z } from 'zod';
import { deadLetterSummary } from '../forward/api.ts';
import { roomId, topicPattern } from './schemas.ts';

const MAX_IDS = 1_000;
const deadLetterId = z.string().min(1).max(512);

/** Which dead letters: those that meet all that is given. */
const filter = {
  roomId: roomId.optional(),
  topic: topicPattern.optional(),
  reason: z.string().min(1).max(1_024).optional().describe('How the reason begins, such as MalformedDetail'),
};

export const deadLettersQuery = z.strictObject({
  from: z.string().max(512).default('').describe('`next` of the page before'),
  limit: z.coerce.number().int().min(1).max(1_000).default(100),
  ...filter,
});

export const deadLetterPage = z.object({
  deadLetters: z.array(deadLetterSummary),
  next: z.string().describe('The last id examined: the `from` of the next page; `from` itself at the end'),
});

export const deadLetterParams = z.strictObject({ id: deadLetterId });

export const wholeDeadLetter = deadLetterSummary.extend({
  target: z.string().describe('What it was meant for'),
  ts: z.number().describe('When it happened, milliseconds since 1970'),
  receivedAt: z.number().describe('When roomd took it in, milliseconds since 1970'),
  envelope: z.record(z.string(), z.unknown()).describe('The event; masked for readers without the scope events:pii'),
});

const NOTHING = 'expected ids, roomId, topic or reason, or "all": true for every dead letter; got none of them';

/** Body of `POST /v1/dead-letters/redrive`. Nothing given is never taken for everything. */
export const redriveBody = z
  .strictObject(
    {
      ids: z
        .array(deadLetterId, { error: 'expected an array of ids' })
        .min(1, { error: 'expected at least one id, got none; leave ids out to go by the rest' })
        .max(MAX_IDS, { error: ({ input }) => `expected at most ${MAX_IDS} ids, got ${(input as unknown[]).length}` })
        .optional()
        .describe('Those that are no dead letters (any more), or of another target, are passed over'),
      ...filter,
      all: z
        .literal(true, { error: 'expected true, or leave it out' })
        .optional()
        .describe('Every dead letter, as far as nothing else narrows it down'),
    },
    { error: ({ code }) => (code === 'invalid_type' ? NOTHING : undefined) },
  )
  .refine((body) => Object.values(body).some((value) => value !== undefined), { error: NOTHING });
