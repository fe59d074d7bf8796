import type { Paint } from './io.ts';
import { render } from './render.ts';
import { pad, paintName, safe, truncate, truncateStart } from './text.ts';

export interface EventLineOptions {
  readonly paint: Paint;
  /** Columns of the terminal at this moment. */
  readonly columns: () => number;
  /** A column that names the room: of no use where all events are of one. */
  readonly showRoom: boolean;
}

const MAX_ROOM = 18;
const MAX_TOPIC = 31;

/** Envelopes → lines for people: time, room, topic, and what happened, cut to the width of the terminal. */
export function eventLines({ paint, columns, showRoom }: EventLineOptions): (envelope: unknown) => string {
  let roomWidth = 6;
  return (envelope) => {
    const { ts, roomId = '', topic = '', payload } = safe(envelope) as Record<string, unknown>;
    const parts = [paint('dim', clockTime(Number(ts)))];
    if (showRoom) {
      const room = truncate(String(roomId) || 'roomd', MAX_ROOM);
      // The column grows with the names seen, so that short ones waste no space.
      roomWidth = Math.max(roomWidth, room.length);
      parts.push(pad(roomId === '' ? paint('dim', room) : paintName(paint, room), roomWidth));
    }
    const topicWidth = Math.min(MAX_TOPIC, Math.floor(columns() * 0.3));
    parts.push(pad(paintTopic(paint, truncateStart(String(topic), topicWidth)), topicWidth));
    parts.push(render(String(topic), payload, paint));
    return truncate(parts.join('  '), columns());
  };
}

function clockTime(ts: number): string {
  const date = new Date(ts);
  if (Number.isNaN(date.getTime())) return '--:--:--';
  const part = (value: number) => String(value).padStart(2, '0');
  return `${part(date.getHours())}:${part(date.getMinutes())}:${part(date.getSeconds())}`;
}

function paintTopic(paint: Paint, topic: string): string {
  const dot = topic.lastIndexOf('.') + 1;
  return `${paint('dim', topic.slice(0, dot))}${topic.slice(dot)}`;
}
