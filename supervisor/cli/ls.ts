import { createClient } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { listRooms } from './list-rooms.ts';
import { roomTable } from './rooms-view.ts';

/** `roomd ls`: every room, one a line. */
export async function ls(options: { json?: boolean }, io: Io): Promise<number> {
  const rooms = await listRooms(createClient(io));
  if (wantsJson(io, options.json)) {
    for (const room of rooms) print(io.out, JSON.stringify(room));
  } else if (rooms.length === 0) {
    print(io.out, 'no rooms; start one with `roomd spawn ROOM`');
  } else {
    for (const line of roomTable(rooms, io.clock.now(), painter(io.out, io.env))) print(io.out, line);
  }
  return 0;
}
