import type { RoomState, RoomView } from '../room/api.ts';

export type { RoomState, RoomView };

/** Whether a room has ended: there is no bot, and none will come. */
export function isOver({ state }: Pick<RoomView, 'state'>): boolean {
  return state === 'stopped' || state === 'failed' || state === 'quarantined';
}

/** The room as it is listed. */
export interface ListedRoom extends RoomView {
  /** Events a second since the last look; null: there was none. */
  readonly rate: number | null;
}

interface Look {
  readonly at: number;
  readonly events: number;
  readonly rate: number | null;
}

/** Two looks at the rooms → how many events a second each has had in between. */
export class Rates {
  #before = new Map<string, Look>();

  /** `at`: milliseconds of a clock that never goes back. The same look again gives the same. */
  look(rooms: readonly RoomView[], at: number): ListedRoom[] {
    const now = new Map<string, Look>();
    const listed = rooms.map((room) => {
      const { events } = room.counts;
      const before = this.#before.get(room.runId);
      const passed = before === undefined ? 0 : at - before.at;
      const rate = before === undefined ? null : passed > 0 ? ((events - before.events) * 1_000) / passed : before.rate;
      now.set(room.runId, { at, events, rate });
      return { ...room, rate };
    });
    this.#before = now;
    return listed;
  }
}

/** What a room's list can be sorted by. */
export type SortKey = 'roomId' | 'state' | 'age' | 'rate' | 'violations' | 'memory' | 'lastEvent';

export interface Sort {
  readonly key: SortKey;
  readonly descending: boolean;
}

const VALUES: Readonly<Record<SortKey, (room: ListedRoom) => number | string>> = {
  roomId: ({ roomId }) => roomId,
  state: ({ state }) => state,
  age: ({ startedAt }) => -startedAt,
  rate: ({ rate }) => rate ?? -1,
  violations: ({ counts }) => counts.violations,
  memory: ({ usage }) => usage?.pssBytes ?? -1,
  lastEvent: ({ lastEventAt }) => lastEventAt ?? 0,
};

/** Rooms in order; equal ones by their ids. */
export function sorted(rooms: readonly ListedRoom[], { key, descending }: Sort): ListedRoom[] {
  const value = VALUES[key];
  return [...rooms].sort((a, b) => {
    const [x, y] = [value(a), value(b)];
    const order = typeof x === 'number' && typeof y === 'number' ? x - y : compare(String(x), String(y));
    return (descending ? -order : order) || compare(a.roomId, b.roomId);
  });
}

const compare = new Intl.Collator(undefined, { numeric: true }).compare;
