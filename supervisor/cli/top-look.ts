import { type Clock, sleep } from '../../spec/runtime/clock.ts';
import type { BotView, RoomView } from '../room/api.ts';
import { type Client, isFinal } from './client.ts';
import { CliError } from './io.ts';
import { listRooms } from './list-rooms.ts';
import { humanDuration } from './text.ts';

export interface SeenRoom extends RoomView {
  /** Since the look before; null at the first one. */
  readonly eventsPerSecond: number | null;
}

/** What the daemon said at one moment; `at`: milliseconds since 1970. */
export interface Look {
  readonly at: number;
  readonly rooms: readonly SeenRoom[];
  readonly bots: readonly BotView[];
}

/** Asks the daemon; each call knows of the one before. `all`: for rooms that have ended, too. */
export function createLooker(client: Client, clock: Clock, all: () => boolean): () => Promise<Look> {
  let before = new Map<string, { startedAt: number; events: number }>();
  let beforeAt = 0;
  return async () => {
    const rooms = await listRooms(client, { running: !all() });
    const seenAt = clock.monotonic();
    const { bots } = (await client.json('GET', '/v1/bots')) as { bots: BotView[] };
    const seconds = (seenAt - beforeAt) / 1_000;
    const seen = rooms.map((room) => {
      const last = before.get(room.roomId);
      // Another room of that name counts from its own beginning.
      const isSame = last?.startedAt === room.startedAt && last.events <= room.counts.events && seconds > 0;
      return { ...room, eventsPerSecond: isSame ? (room.counts.events - last.events) / seconds : null };
    });
    before = new Map(rooms.map(({ roomId, startedAt, counts }) => [roomId, { startedAt, events: counts.events }]));
    beforeAt = seenAt;
    return { at: clock.now(), rooms: seen, bots };
  };
}

export interface Follower {
  /** The daemon has answered; the next look waits for it. */
  seen(look: Look): void | Promise<void>;
  /** It hasn't, and why; asked again all the same. */
  missed(why: string): void;
}

/**
 * Looks again and again, `interval` milliseconds after each answer, never twice at once, until the signal aborts. Throws
 * when the first look fails, and what asking again won't change.
 */
export async function follow(
  look: () => Promise<Look>,
  interval: number,
  { clock, signal }: { clock: Clock; signal: AbortSignal },
  follower: Follower,
): Promise<void> {
  for (let answers = 0; !signal.aborted; await sleep(clock, interval, signal)) {
    try {
      const answer = answers === 0 ? await look() : await patiently(look);
      answers++;
      if (!signal.aborted) await follower.seen(answer);
    } catch (error) {
      if (signal.aborted) return;
      if (answers === 0 || isFinal(error) || !(error instanceof CliError)) throw error;
      follower.missed(error.message);
    }
  }

  /** Says how long it has been waiting, each interval that it is. */
  async function patiently(asking: () => Promise<Look>): Promise<Look> {
    const since = clock.monotonic();
    const late = () => {
      follower.missed(`no answer for ${humanDuration(clock.monotonic() - since)}`);
      timer = clock.after(interval, late);
    };
    let timer = clock.after(interval, late);
    try {
      return await asking();
    } finally {
      timer.cancel();
    }
  }
}
