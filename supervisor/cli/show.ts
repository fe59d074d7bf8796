import type { RoomView } from '../room/api.ts';
import { createClient } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { roomSheet } from './rooms-view.ts';

/** `roomd show ROOM`: all there is to know of a room. */
export async function show(roomId: string, options: { json?: boolean }, io: Io): Promise<number> {
  const room = (await createClient(io).json('GET', `/v1/rooms/${encodeURIComponent(roomId)}`)) as RoomView;
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify(room));
  else for (const line of roomSheet(room, io.clock.now(), painter(io.out, io.env))) print(io.out, line);
  return 0;
}
