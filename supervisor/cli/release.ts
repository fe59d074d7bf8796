import { createClient } from './client.ts';
import { type Io, painter, print, wantsJson } from './io.ts';
import { paintName } from './text.ts';

/** `roomd release ROOM`: lifts a quarantine, so that the room's id may be used again. */
export async function release(roomId: string, options: { json?: boolean }, io: Io): Promise<number> {
  const answer = await createClient(io).json('DELETE', `/v1/rooms/${encodeURIComponent(roomId)}/quarantine`);
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify(answer));
  else print(io.out, `${paintName(painter(io.out, io.env), roomId)} may be used again`);
  return 0;
}
