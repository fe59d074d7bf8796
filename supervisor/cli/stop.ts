import type { RoomView } from '../room/api.ts';
import { createClient } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { paintState } from './render.ts';
import { paintName } from './text.ts';

/** `roomd stop ROOM`: begins a graceful stop and doesn't wait for its end. */
export async function stop(roomId: string, options: { json?: boolean }, io: Io): Promise<number> {
  const room = (await createClient(io).json('DELETE', `/v1/rooms/${encodeURIComponent(roomId)}`)) as RoomView;
  if (wantsJson(io, options.json)) {
    print(io.out, JSON.stringify(room));
    return 0;
  }
  const paint = painter(io.out, io.env);
  const why = room.stop === null ? '' : ` (${room.stop.reason})`;
  print(io.out, `${paintName(paint, room.roomId)} is ${paintState(paint, room.state)}${why}`);
  return 0;
}
