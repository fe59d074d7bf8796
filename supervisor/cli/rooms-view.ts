import type { RoomView } from '../room/api.ts';
import type { Paint } from './io.ts';
import { paintState } from './render.ts';
import { humanDuration, paintName, safe, shortHash, table } from './text.ts';

/** One line a room, under a head. `now`: milliseconds since 1970. */
export function roomTable(rooms: readonly RoomView[], now: number, paint: Paint): string[] {
  const head = ['ROOM', 'STATE', 'BOT', 'CONNECTOR', 'STARTED', 'EVENTS', 'VIOLATIONS'].map((cell) =>
    paint('dim', cell),
  );
  const rows = (safe(rooms) as RoomView[]).map((room) => [
    paintName(paint, room.roomId),
    `${paintState(paint, room.state)}${room.stop === null ? '' : paint('dim', ` (${room.stop.reason})`)}`,
    room.bot,
    room.connector,
    `${humanDuration(Math.max(0, now - room.startedAt))} ago`,
    String(room.counts.events),
    room.counts.violations > 0 ? paint('red', String(room.counts.violations)) : '0',
  ]);
  return table([head, ...rows]);
}

/** All there is to know of one room. `now`: milliseconds since 1970. */
export function roomSheet(view: RoomView, now: number, paint: Paint): string[] {
  const room = safe(view) as RoomView;
  const { counts, stop } = room;
  const ago = (ms: number) => `${humanDuration(Math.max(0, now - ms))} ago`;
  const rows: [string, string | null][] = [
    ['state', paintState(paint, room.state)],
    ['bot', `${room.bot} on ${room.connector}${room.pid === null ? '' : `, process ${room.pid}`}`],
    ['run', `${room.runId}, attempt ${room.attempt}`],
    ['assistant', room.assistantId],
    ['tenant', room.tenantId],
    ['started', ago(room.startedAt)],
    ['last event', room.lastEventAt === null ? 'none yet' : ago(room.lastEventAt)],
    ['events', `${counts.events}, ${counts.rejected} lines rejected, ${counts.dropped} dropped`],
    ['violations', counts.violations > 0 ? paint('red', String(counts.violations)) : '0'],
    ['policy', shortHash(room.policyVersion)],
    ['spec', shortHash(room.specVersion)],
    ['ended', stop === null ? null : `${stop.reason} (${stop.signal ?? `code ${stop.code ?? 'none'}`})`],
  ];
  const lines = table(rows.flatMap(([name, value]) => (value === null ? [] : [[paint('dim', name), value]])));
  const last =
    stop === null || stop.stderr.length === 0
      ? []
      : [paint('dim', 'last words'), ...stop.stderr.map((line) => `  ${line}`)];
  return [paintName(paint, room.roomId), ...[...lines, ...last].map((line) => `  ${line}`)];
}
