import { ROOM_STATES } from '../room/api.ts';
import type { Paint } from './io.ts';
import { paintState } from './render.ts';
import { isOver } from './rooms-view.ts';
import { humanCount, humanDuration, mebibytes, paintName, percent, safe, truncate } from './text.ts';
import type { SortKey } from './top-keys.ts';
import type { Look, SeenRoom } from './top-look.ts';
import { roomLines } from './top-table.ts';

export interface TopView {
  readonly url: string;
  readonly look: Look;
  /** Why there is no newer look; empty when this is how it is. */
  readonly missed: string;
  readonly sort: SortKey;
  readonly all: boolean;
}

export interface Size {
  readonly columns: number;
  readonly rows: number;
}

const MAX_PROBLEMS = 3;
const KEYS = 'q quits, a all; first by m memory, c cpu, e events, n name';

/** Rooms, the largest first; what isn't known comes last. */
export function sortRooms<R extends SeenRoom>(rooms: readonly R[], key: SortKey): R[] {
  const byName = (a: R, b: R) => (a.roomId < b.roomId ? -1 : 1);
  const size: (room: R) => number = {
    memory: (room: R) => room.usage?.pssBytes ?? -1,
    cpu: (room: R) => room.usage?.cpuShare ?? -1,
    events: (room: R) => room.eventsPerSecond ?? -1,
    name: () => 0,
  }[key];
  return [...rooms].sort((a, b) => size(b) - size(a) || byName(a, b));
}

/** A screenful: head, warm pools, rooms. `now`: milliseconds since 1970. */
export function topLines(view: TopView, now: number, { columns, rows }: Size, paint: Paint): string[] {
  const look = safe(view.look) as Look;
  const head = [headLine(view.url, look, paint), ...botLines(look, paint)];
  if (view.missed !== '') {
    const age = humanDuration(Math.max(0, now - look.at));
    head.push(paint('yellow', `as it was ${age} ago: ${safe(view.missed)}`));
  }
  const shown = sortRooms(view.all ? look.rooms : look.rooms.filter((room) => !isOver(room)), view.sort);
  // An empty line, the head of the table, and the keys.
  const room = Math.max(0, rows - head.length - 3);
  const lines = [
    ...head,
    '',
    ...(shown.length === 0
      ? [paint('dim', view.all ? 'no rooms; start one with `roomd spawn ROOM`' : 'no room runs')]
      : roomLines(shown, room, { at: look.at, columns, sort: view.sort }, paint)),
    paint('dim', KEYS),
  ];
  return lines.slice(0, rows).map((line) => truncate(line, columns));
}

function headLine(url: string, { rooms }: Look, paint: Paint): string {
  const running = rooms.filter((room) => !isOver(room));
  const states = ROOM_STATES.flatMap((state) => {
    const count = rooms.filter((room) => room.state === state).length;
    return count === 0 ? [] : [`${humanCount(count)} ${paintState(paint, state)}`];
  });
  const used = running.flatMap(({ usage }) => usage ?? []);
  const memory = used.reduce((sum, { pssBytes }) => sum + pssBytes, 0);
  const cpu = used.reduce((sum, { cpuShare }) => sum + cpuShare, 0);
  const parts = [
    paint('bold', `roomd at ${url}`),
    states.length === 0 ? 'no rooms' : states.join(', '),
    ...(used.length === 0 ? [] : [`${mebibytes(memory)}, ${percent(cpu)} of a processor`]),
  ];
  return parts.join('  ');
}

/** Who waits for a room, and what keeps others from it. */
function botLines({ bots }: Look, paint: Paint): string[] {
  const pools = bots.filter(({ warm }) => warm.floor + warm.target + warm.ready + warm.starting > 0);
  const parts = pools.map(({ bot, warm: { ready, target, starting } }) => {
    const count = paint(ready < target ? 'yellow' : 'green', `${ready}/${target}`);
    return `${paintName(paint, bot)} ${count}${starting > 0 ? paint('dim', ` +${starting}`) : ''}`;
  });
  const ill = bots.filter(({ problem }) => problem !== null);
  return [
    ...(parts.length === 0 ? [] : [`${paint('dim', 'warm')}  ${parts.join('  ')}`]),
    ...ill.slice(0, MAX_PROBLEMS).map(({ bot, problem }) => paint('red', `${bot}: ${problem}`)),
    ...(ill.length > MAX_PROBLEMS ? [paint('red', `… and ${ill.length - MAX_PROBLEMS} more bots`)] : []),
  ];
}
