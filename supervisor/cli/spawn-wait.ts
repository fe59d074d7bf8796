import { sleep } from '../../spec/runtime/clock.ts';
import type { RoomState, RoomView } from '../room/api.ts';
import type { Client } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { paintState } from './render.ts';
import { endOf, isOver, lastWords } from './rooms-view.ts';
import { paintName, safe } from './text.ts';

const POLL_MS = 100;

/**
 * Looks at a room until it is live or has ended; the last look goes to the output. Resolves with 0 when it is live, or
 * was done so soon that nobody saw it live; 1 when it has ended otherwise, with why on stderr; 130 when the signal aborts.
 */
export async function waitUntilLive(
  client: Client,
  first: RoomView,
  options: { json?: boolean },
  io: Io,
): Promise<number> {
  const { roomId } = first;
  const paint = painter(io.err, io.env);
  const say = (line: string) => print(io.err, line);
  const told = new Set<RoomState>();
  try {
    let room = first;
    while (room.state !== 'live' && !isOver(room)) {
      if (io.err.isTTY && !told.has(room.state)) say(paint('dim', `${roomId} is ${room.state}`));
      told.add(room.state);
      await sleep(io.clock, POLL_MS, io.signal);
      io.signal.throwIfAborted();
      room = (await client.json('GET', `/v1/rooms/${encodeURIComponent(roomId)}`)) as RoomView;
    }
    return settled(room);
  } catch (error) {
    if (!io.signal.aborted) throw error;
    say(`no longer waiting; \`roomd show ${roomId}\` tells how it is, \`roomd stop ${roomId}\` ends it`);
    return 130;
  }

  function settled(view: RoomView): number {
    const room = safe(view) as RoomView;
    const isDone = room.state === 'live' || room.stop?.reason === 'bot_done';
    const ended = room.stop === null ? '' : `: ${endOf(room.stop)}`;
    if (wantsJson(io, options.json)) print(io.out, JSON.stringify(view));
    else if (isDone) {
      const paintOut = painter(io.out, io.env);
      print(io.out, `${paintName(paintOut, roomId)} is ${paintState(paintOut, room.state)}${ended}`);
    }
    if (isDone) return 0;
    say(`${paint('red', 'roomd:')} expected ${roomId} to be live, and it is ${room.state}${ended}`);
    for (const line of lastWords(room, paint)) say(`  ${line}`);
    return 1;
  }
}
