import type { DeadLetter } from '../forward/api.ts';
import { parseExact } from './exact-json.ts';
import type { Paint } from './io.ts';
import { humanDuration, pad, paintName, safe, table, truncate, truncateStart, width } from './text.ts';

const MAX_TOPIC = 31;
const MAX_ROOM = 18;
/** Narrow terminals wrap rather than hide why. */
const MIN_REASON = 24;

/** One line a dead letter, under a head; ids stay whole, to be copied. `now`: milliseconds since 1970. */
export function deadLetterTable(letters: readonly DeadLetter[], now: number, columns: number, paint: Paint): string[] {
  const head = ['ID', 'WHEN', 'TOPIC', 'ROOM'].map((cell) => paint('dim', cell));
  const rows = (safe(letters) as DeadLetter[]).map(({ id, at, topic, roomId }) => [
    id,
    ago(at, now),
    truncateStart(topic, MAX_TOPIC),
    paintRoom(paint, truncate(roomId, MAX_ROOM)),
  ]);
  const lines = table([head, ...rows]);
  const taken = Math.max(...lines.map(width)) + 2;
  const reasons = (safe(letters) as DeadLetter[]).map(({ reason }) =>
    paint('red', truncate(reason, Math.max(MIN_REASON, columns - taken))),
  );
  return lines.map((line, i) => pad(line, taken) + (i === 0 ? paint('dim', 'REASON') : reasons[i - 1]));
}

/** All there is to know of a dead letter, from the daemon's own text. `now`: milliseconds since 1970. */
export function deadLetterSheet(text: string, now: number, paint: Paint): string[] {
  const letter = safe(JSON.parse(text)) as DeadLetter & { target: string; ts: number };
  const { envelope } = parseExact(text) as { envelope: unknown };
  const rows: [string, string][] = [
    ['reason', paint('red', letter.reason)],
    ['set aside', ago(letter.at, now)],
    ['target', letter.target],
    ['room', paintRoom(paint, letter.roomId)],
    ['topic', letter.topic],
    ['event', letter.eventId],
    ['happened', ago(letter.ts, now)],
  ];
  const event = JSON.stringify(envelope, null, 2).split('\n');
  return [
    letter.id,
    ...table(rows.map(([name, value]) => [paint('dim', name), value])).map((line) => `  ${line}`),
    ...event.map((line) => `  ${safe(line)}`),
    paint('dim', `send it again with \`roomd dead-letters redrive ${letter.id}\``),
  ];
}

function ago(at: number, now: number): string {
  return `${humanDuration(Math.max(0, now - at))} ago`;
}

/** Events without a room are the supervisor's own. */
function paintRoom(paint: Paint, roomId: string): string {
  return roomId === '' ? paint('dim', 'roomd') : paintName(paint, roomId);
}
