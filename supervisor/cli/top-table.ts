import type { Paint } from './io.ts';
import { paintState } from './render.ts';
import { isOver } from './rooms-view.ts';
import { humanCount, humanDuration, mebibytes, paintName, percent, table, truncate, width } from './text.ts';
import type { SortKey } from './top-keys.ts';
import type { SeenRoom } from './top-look.ts';

interface Column {
  readonly name: string;
  /** What a narrow terminal keeps longest: the largest go last. */
  readonly weight: number;
  readonly isNumber?: true;
  /** `at`: milliseconds since 1970. */
  readonly cell: (room: SeenRoom, at: number, paint: Paint) => string;
}

const MAX_ROOM = 24;
const MAX_BOT = 16;
const NONE = '-';

const COLUMNS: readonly Column[] = [
  { name: 'ROOM', weight: 9, cell: ({ roomId }, _, paint) => paintName(paint, truncate(roomId, MAX_ROOM)) },
  { name: 'STATE', weight: 8, cell: ({ state }, _, paint) => paintState(paint, state) },
  { name: 'BOT', weight: 1, cell: ({ bot }) => truncate(bot, MAX_BOT) },
  {
    name: 'ATTEMPT',
    weight: 3,
    isNumber: true,
    cell: ({ attempt }, _, paint) => (attempt > 1 ? paint('yellow', String(attempt)) : String(attempt)),
  },
  { name: 'PID', weight: 0, isNumber: true, cell: ({ pid }) => (pid === null ? NONE : String(pid)) },
  {
    name: 'UP',
    weight: 4,
    isNumber: true,
    cell: (room, at) => (isOver(room) ? NONE : humanDuration(Math.max(0, at - room.startedAt))),
  },
  { name: 'MEMORY', weight: 7, isNumber: true, cell: ({ usage }) => (usage ? mebibytes(usage.pssBytes) : NONE) },
  { name: 'CPU', weight: 6, isNumber: true, cell: ({ usage }) => (usage ? percent(usage.cpuShare) : NONE) },
  { name: 'EVENTS/S', weight: 5, isNumber: true, cell: ({ eventsPerSecond }) => rate(eventsPerSecond) },
  {
    name: 'VIOLATIONS',
    weight: 2,
    isNumber: true,
    cell: ({ counts }, _, paint) => (counts.violations > 0 ? paint('red', humanCount(counts.violations)) : '0'),
  },
  {
    name: 'LAST EVENT',
    weight: 2,
    isNumber: true,
    cell: ({ lastEventAt }, at) =>
      lastEventAt === null ? NONE : `${humanDuration(Math.max(0, at - lastEventAt))} ago`,
  },
];

const SORTED: Readonly<Record<SortKey, string>> = { memory: 'MEMORY', cpu: 'CPU', events: 'EVENTS/S', name: 'ROOM' };

/** A head, and at most `count` lines below it: a room each, or how many more there are. */
export function roomLines(
  rooms: readonly SeenRoom[],
  count: number,
  { at, columns, sort }: { at: number; columns: number; sort: SortKey },
  paint: Paint,
): string[] {
  const shown = rooms.length <= count ? rooms : rooms.slice(0, Math.max(0, count - 1));
  const cells = new Map(
    COLUMNS.map((column) => {
      const style = SORTED[sort] === column.name ? 'bold' : 'dim';
      return [column, [paint(style, column.name), ...shown.map((room) => column.cell(room, at, paint))]];
    }),
  );
  const kept = fitting(cells, columns);
  const right = new Set(kept.flatMap(({ isNumber }, i) => (isNumber ? [i] : [])));
  const rowsOf = Array.from({ length: shown.length + 1 }, (_, row) =>
    kept.map((column) => cells.get(column)?.[row] ?? ''),
  );
  const more = rooms.length - shown.length;
  return [...table(rowsOf, right), ...(more > 0 ? [paint('dim', `… and ${humanCount(more)} more`)] : [])];
}

/** The columns that fit side by side, in their order. */
function fitting(cells: ReadonlyMap<Column, readonly string[]>, columns: number): Column[] {
  const kept = new Set<Column>();
  let left = columns;
  for (const column of [...COLUMNS].sort((a, b) => b.weight - a.weight)) {
    const taken = Math.max(...(cells.get(column) ?? []).map(width)) + (kept.size > 0 ? 2 : 0);
    if (taken > left && kept.size > 0) break;
    left -= taken;
    kept.add(column);
  }
  return COLUMNS.filter((column) => kept.has(column));
}

function rate(perSecond: number | null): string {
  if (perSecond === null) return NONE;
  return perSecond >= 10 ? humanCount(Math.round(perSecond)) : perSecond.toFixed(1);
}
