import type { RoomView } from '../room/api.ts';
import type { Paint } from './io.ts';
import { paintState } from './render.ts';
import { humanDuration, mebibytes, paintName, percent, safe, shortHash, table } from './text.ts';

/** One line a room, under a head. `now`: milliseconds since 1970. */
export function roomTable(rooms: readonly RoomView[], now: number, paint: Paint): string[] {
  const head = ['ROOM', 'STATE', 'BOT', 'CONNECTOR', 'STARTED', 'MEMORY', 'EVENTS', 'VIOLATIONS'].map((cell) =>
    paint('dim', cell),
  );
  const rows = (safe(rooms) as RoomView[]).map((room) => [
    paintName(paint, room.roomId),
    stateCell(room, paint),
    room.bot,
    room.connector,
    `${humanDuration(Math.max(0, now - room.startedAt))} ago`,
    room.usage ? mebibytes(room.usage.pssBytes) : '-',
    String(room.counts.events),
    room.counts.violations > 0 ? paint('red', String(room.counts.violations)) : '0',
  ]);
  return table([head, ...rows]);
}

/** The state, why it was the last one, and the attempt when it isn't the first. */
function stateCell({ state, stop, attempt }: RoomView, paint: Paint): string {
  const notes = [...(stop === null ? [] : [stop.reason]), ...(attempt > 1 ? [`attempt ${attempt}`] : [])];
  return `${paintState(paint, state)}${notes.length === 0 ? '' : paint('dim', ` (${notes.join(', ')})`)}`;
}

/** All there is to know of one room. `now`: milliseconds since 1970. */
export function roomSheet(view: RoomView, now: number, paint: Paint): string[] {
  const room = safe(view) as RoomView;
  const { counts, stop, usage, quarantine } = room;
  const ago = (ms: number) => `${humanDuration(Math.max(0, now - ms))} ago`;
  const rows: [string, string | null][] = [
    ['state', paintState(paint, room.state)],
    ['bot', `${room.bot} on ${room.connector}`],
    // An older daemon doesn't say.
    ['call', room.call ?? null],
    ['process', room.pid === null ? null : String(room.pid)],
    ['memory', usage ? mebibytes(usage.pssBytes) : null],
    ['cpu', usage ? `${percent(usage.cpuShare)} of a processor` : null],
    ['run', `${room.runId}, attempt ${room.attempt}`],
    ['assistant', room.assistantId],
    ['tenant', room.tenantId],
    ['started', ago(room.startedAt)],
    ['last event', room.lastEventAt === null ? 'none yet' : ago(room.lastEventAt)],
    ['events', `${counts.events}, ${counts.rejected} lines rejected, ${counts.dropped} dropped`],
    ['violations', counts.violations > 0 ? paint('red', String(counts.violations)) : '0'],
    ['policy', shortHash(room.policyVersion)],
    ['spec', shortHash(room.specVersion)],
    ['ended', stop === null ? null : endOf(stop)],
    ['quarantine', quarantine ? paint('red', `for ${humanDuration(Math.max(0, quarantine.until - now))}`) : null],
  ];
  const lines = table(rows.flatMap(([name, value]) => (value === null ? [] : [[paint('dim', name), value]])));
  return [paintName(paint, room.roomId), ...[...lines, ...lastWords(room, paint)].map((line) => `  ${line}`)];
}

/** Whether a room has ended: there is no bot, and none will come. */
export function isOver({ state }: Pick<RoomView, 'state'>): boolean {
  return state === 'stopped' || state === 'failed' || state === 'quarantined';
}

/** Why a room ended, and how its bot did. */
export function endOf({ reason, code, signal }: NonNullable<RoomView['stop']>): string {
  return `${reason} (${signal ?? `code ${code ?? 'none'}`})`;
}

/** What the bot of an ended room wrote to stderr last; `room` must be safe for a terminal. */
export function lastWords({ stop }: RoomView, paint: Paint): string[] {
  if (stop === null || stop.stderr.length === 0) return [];
  return [paint('dim', 'last words'), ...stop.stderr.map((line) => `  ${line}`)];
}
