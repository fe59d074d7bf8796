import { z } from 'zod';
import { BOT_USER } from '../../spec/call.ts';

const MAX_ID = 256;
/** Bytes of the body with which Daily tries an endpoint. */
export const MAX_TEST = 64;

const seconds = z.number().finite().nonnegative();

/** Whatever Daily adds is no reason to refuse it. */
const frame = z.looseObject({
  id: z.string().min(1).max(MAX_ID),
  type: z.string().min(1).max(128),
  event_ts: seconds.optional().catch(undefined),
  payload: z.unknown().optional(),
});

const fields = z.looseObject({
  room: z.string().min(1).max(128),
  meeting_id: z.string().min(1).max(MAX_ID).optional().catch(undefined),
  user_id: z.string().nullish().catch(undefined),
  start_ts: seconds.optional().catch(undefined),
  end_ts: seconds.optional().catch(undefined),
  joined_at: seconds.optional().catch(undefined),
});

/** What a webhook says of a meeting. Times as Daily gives them, in seconds since 1970. */
export interface Happening {
  /** `joined`: somebody who is no bot of ours. */
  readonly kind: 'began' | 'joined' | 'ended';
  readonly room: string;
  readonly at: number;
  /** Those who join don't say it. */
  readonly meetingId: string | undefined;
}

export type Read =
  | { readonly ok: true; readonly id: string; readonly happening: Happening | undefined }
  | { readonly ok: false; readonly detail: string };

/** The body of a webhook; nothing of it is in `detail`. `now`, in seconds: for one that doesn't say when. */
export function readHappening(body: Buffer, now: number): Read {
  const parsed = frame.safeParse(parse(body));
  if (!parsed.success)
    return { ok: false, detail: 'expected an event of Daily: {"id", "type", "payload", "event_ts"}' };
  const { id, type, event_ts: sent = now, payload } = parsed.data;
  const known = fields.safeParse(payload);
  return { ok: true, id, happening: known.success ? happeningOf(type, known.data, sent) : undefined };
}

/** The answer to it proves that somebody is there; see Daily's `POST /webhooks`. */
export function isTest(body: Buffer): boolean {
  return body.length <= MAX_TEST && JSON.stringify(parse(body)) === '{"test":"test"}';
}

function parse(body: Buffer): unknown {
  try {
    return JSON.parse(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function happeningOf(type: string, payload: z.infer<typeof fields>, sent: number): Happening | undefined {
  const { room, meeting_id: meetingId, start_ts, end_ts, joined_at, user_id } = payload;
  switch (type) {
    case 'meeting.started':
      return { kind: 'began', room, at: start_ts ?? sent, meetingId };
    case 'participant.joined':
      if (user_id?.startsWith(BOT_USER)) return undefined;
      return { kind: 'joined', room, at: joined_at ?? sent, meetingId };
    case 'meeting.ended':
      return { kind: 'ended', room, at: end_ts ?? sent, meetingId };
    default:
      return undefined;
  }
}
