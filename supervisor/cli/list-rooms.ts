import type { RoomView } from '../room/api.ts';
import type { Client } from './client.ts';

/** All rooms, page by page; `running`: only those that haven't ended. */
export async function listRooms(client: Client, { running = false } = {}): Promise<RoomView[]> {
  const all: RoomView[] = [];
  let from: string | undefined;
  do {
    const query = new URLSearchParams({ ...(running && { running: 'true' }), ...(from !== undefined && { from }) });
    const path = query.size === 0 ? '/v1/rooms' : `/v1/rooms?${query}`;
    const page = (await client.json('GET', path)) as { rooms: RoomView[]; next?: string };
    all.push(...page.rooms);
    from = page.next;
  } while (from !== undefined);
  return all;
}
