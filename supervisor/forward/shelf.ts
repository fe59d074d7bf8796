import type { Log } from '../log/port.ts';
import { storedLetters } from './dead-letters.ts';

/**
 * How much the dead letters are, by room. Beyond the limit the oldest of the room that has the most have to go, so that
 * neither the disk fills up nor one room's letters cost another its own.
 */
export class Shelf {
  readonly #limit: number;
  /** Ids and bytes, the oldest first. */
  readonly #rooms = new Map<string, { readonly letters: Map<string, number>; bytes: number }>();
  readonly #roomOf = new Map<string, string>();
  #bytes = 0;

  /** `limit` in bytes. */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** What is there already. */
  async load(log: Pick<Log, 'documents'>): Promise<void> {
    for await (const { id, roomId, bytes } of storedLetters(log)) this.add(id, roomId, bytes);
  }

  add(id: string, roomId: string, bytes: number): void {
    this.remove(id);
    const room = this.#rooms.get(roomId) ?? { letters: new Map(), bytes: 0 };
    this.#rooms.set(roomId, room);
    room.letters.set(id, bytes);
    room.bytes += bytes;
    this.#roomOf.set(id, roomId);
    this.#bytes += bytes;
  }

  /** Not gone by now: for want of place, or because its event has arrived or is sent again with all others. */
  has(id: string): boolean {
    return this.#roomOf.has(id);
  }

  remove(id: string): void {
    const roomId = this.#roomOf.get(id);
    const room = this.#rooms.get(roomId ?? '');
    const bytes = room?.letters.get(id);
    if (roomId === undefined || room === undefined || bytes === undefined) return;
    this.#roomOf.delete(id);
    room.letters.delete(id);
    room.bytes -= bytes;
    this.#bytes -= bytes;
    if (room.letters.size === 0) this.#rooms.delete(roomId);
  }

  /** Takes off what is too much; the ids of that. */
  trim(): string[] {
    const gone: string[] = [];
    while (this.#bytes > this.#limit) {
      const id = this.#largest()?.letters.keys().next().value;
      if (id === undefined) break;
      this.remove(id);
      gone.push(id);
    }
    return gone;
  }

  #largest() {
    let largest: { readonly letters: Map<string, number>; bytes: number } | undefined;
    for (const room of this.#rooms.values()) if (room.bytes > (largest?.bytes ?? -1)) largest = room;
    return largest;
  }
}
