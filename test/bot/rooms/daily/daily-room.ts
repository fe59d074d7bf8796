import { DailyRoom } from '../../../../bot/rooms/daily/room.ts';
import type { RoomParts } from '../../../../bot/rooms/port.ts';
import type { RoomAccess } from '../../../../spec/generated/command.ts';
import type { FakeClock } from '../../../helpers/fake-clock.ts';
import { testBus } from '../../../helpers/test-bus.ts';
import { type Pages, standInPages } from './stand-in-page.ts';

export function accessTo(pages: Pages, of: Partial<RoomAccess> = {}): RoomAccess {
  const call = { url: 'https://team.daily.example/blue', token: 'token-of-this-run', userName: 'Helper' };
  return { type: 'room.access', ...call, page: pages.path, ...of };
}

/** Lets the sockets have their turns until something is so; no time passes. */
export async function until(clock: FakeClock, condition: () => boolean): Promise<void> {
  while (!condition()) await clock.pass(0);
}

/** A room that isn't joined yet, with a socket of pages. */
export async function dailyRoom(of: Pick<RoomParts, 'isRestart'> = {}) {
  const parts = testBus();
  const pages = await standInPages();
  const said: string[] = [];
  const thrown: unknown[] = [];
  const say = (line: string) => said.push(line);
  const room = new DailyRoom({ ...parts, ...of, onError: (error) => thrown.push(error), say });
  const given = new AbortController();
  /** How the join has ended. */
  const joins = async () => {
    let outcome: unknown;
    void room.join(given.signal).then(
      () => {
        outcome = 'joined';
      },
      (error: unknown) => {
        outcome = error;
      },
    );
    await until(parts.clock, () => outcome !== undefined);
    // What was there at the join is told in the next turn.
    await parts.clock.pass(0);
    await parts.clock.pass(0);
    return outcome;
  };
  const enters = async (of: Partial<RoomAccess> = {}) => {
    room.access(accessTo(pages, of));
    return joins();
  };
  const seen = (count: number) => until(parts.clock, () => parts.envelopes.length >= count);
  return { ...parts, room, pages, said, thrown, given, joins, enters, seen };
}
