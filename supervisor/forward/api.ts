import { z } from 'zod';

const count = z.int().min(0);
const time = z.number().describe('Milliseconds since 1970');

/** What a list says of a dead letter: an event set aside because it can't be delivered as it is. */
export const deadLetterSummary = z.object({
  id: z.string(),
  eventId: z.string(),
  topic: z.string(),
  roomId: z.string(),
  reason: z.string(),
  at: time,
});
export type DeadLetter = z.infer<typeof deadLetterSummary>;

/** A dead letter with its event: the record's own text, unmasked, as it stood in the log. */
export interface WholeDeadLetter extends DeadLetter {
  readonly target: string;
  readonly offset: number;
  readonly ts: number;
  readonly receivedAt: number;
  readonly json: string;
}

/** Which dead letters are meant: those that meet all that is given; with nothing given, every one. */
export interface DeadLetterFilter {
  readonly roomId?: string | undefined;
  /** A topic or a pattern such as `conversation.**`. */
  readonly topic?: string | undefined;
  /** The beginning of the reason, such as `MalformedDetail`. */
  readonly reason?: string | undefined;
  /** What the caller may see at all; absent: every room. */
  readonly sees?: ((roomId: string) => boolean) | undefined;
}

export interface DeadLetterPage {
  readonly deadLetters: readonly DeadLetter[];
  /** The last id examined; `after` itself when there was none. */
  readonly next: string;
}

export interface DeadLetters {
  /** In the order of the log, from behind the id `after`; an empty one is the beginning. */
  list(after: string, limit: number, filter?: DeadLetterFilter): Promise<DeadLetterPage>;
  get(id: string): Promise<WholeDeadLetter | undefined>;
}

/** How far sending dead letters again has got. `selected` = `delivered` + `refused` + `remaining`. */
export const redriveProgress = z.object({
  state: z.enum(['running', 'done', 'cancelled']),
  startedAt: time,
  endedAt: time.nullable(),
  selected: count,
  delivered: count.describe('Arrived, and are dead letters no more'),
  refused: count.describe('Refused again: they stay dead letters, with the new reason'),
  remaining: count.describe('Not tried yet, or under way; after a cancellation they stay dead letters'),
});
export type RedriveProgress = z.infer<typeof redriveProgress>;

export interface RedriveSelection extends DeadLetterFilter {
  /** Absent: all that meet the filter. Ids that aren't there are not selected. */
  readonly ids?: readonly string[] | undefined;
}

/** Sends dead letters again, one redrive at a time. */
export interface Redrive {
  /** Resolves when the letters are selected and the sending has begun; undefined when one is running already. */
  start(selection: RedriveSelection): Promise<RedriveProgress | undefined>;
  /** Of the one that runs or ran last; undefined when there was none since the start. */
  progress(): RedriveProgress | undefined;
  /** What is under way arrives or not; the rest stays. Idempotent. */
  cancel(): RedriveProgress | undefined;
}

/** What became of every event since the cursor began: `accepted` is the sum of all the others, at every moment. */
export const accounting = z.object({
  accepted: count.describe('Committed to the log'),
  pending: count.describe('Not settled yet: on disk, read or under way'),
  delivered: count.describe('The target has said so, with an id'),
  deadLettered: count.describe('Set aside, and still there'),
  expired: count.describe('Removed by log.maxAge or log.maxSize before they could be sent'),
  local: count.describe('Of topics that stay here'),
  sampledOut: count.describe("Left out by their topic's sample rate"),
  pii: count.describe('Kept here for what they say about people'),
  specMismatch: count.describe('Kept here because their bot speaks another version of the spec'),
});
export type Accounting = z.infer<typeof accounting>;

/** Where forwarding stands. */
export const forwardStatus = z.object({
  target: z.string().describe('`dry-run/BUS` or `eventbridge/REGION/BUS`'),
  state: z.enum(['flowing', 'deferred', 'held', 'stopped']).describe('held: an operator has to act'),
  problem: z.string().nullable().describe('Why nothing gets through, and what to do'),
  accounting,
  backlog: z.object({ events: count, oldestMs: z.number().nullable().describe('Age of the oldest, in milliseconds') }),
  cursor: z.string().describe('The position up to which every event is settled, as it is on disk'),
  last: z.string().describe('The position of the newest event in the log'),
  lastDeliveredAt: time.nullable().describe('Milliseconds since 1970; null: nothing since the start'),
  redrive: redriveProgress.nullable(),
});
export type ForwardStatus = z.infer<typeof forwardStatus>;

/** What the rest of the supervisor may ask of the forwarder. */
export interface Forwarding {
  status(): ForwardStatus;
  readonly deadLetters: DeadLetters;
  readonly redrive: Redrive;
}
