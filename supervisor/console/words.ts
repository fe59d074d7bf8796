export { humanDuration, mebibytes, percent, shortHash } from '../cli/text.ts';

/** 12345 → `12,345`, in the reader's manner. */
export function count(value: number): string {
  return counts.format(value);
}
const counts = new Intl.NumberFormat();

/** Events a second. */
export function perSecond(value: number): string {
  return value >= 10 ? count(Math.round(value)) : value.toFixed(1);
}

/** One of something, or several: `1 event`, `2 events`. */
export function several(value: number, one: string, more = `${one}s`): string {
  return `${count(value)} ${value === 1 ? one : more}`;
}

const exact = new Intl.DateTimeFormat(undefined, { dateStyle: 'medium', timeStyle: 'long', hourCycle: 'h23' });
const clock = new Intl.DateTimeFormat(undefined, {
  hour: '2-digit',
  minute: '2-digit',
  second: '2-digit',
  hourCycle: 'h23',
});
const day = new Intl.DateTimeFormat(undefined, { month: 'short', day: 'numeric' });

/** A whole time with its zone and milliseconds. `ms`: since 1970. */
export function exactTime(ms: number): string {
  if (!isTime(ms)) return 'at an unknown time';
  return `${exact.format(ms)} (${String(Math.floor(ms) % 1_000).padStart(3, '0')} ms)`;
}

/** The time of day, seconds included. `ms`: since 1970. */
export function clockTime(ms: number): string {
  return clock.format(ms);
}

/** Day and month. */
export function dayOf(ms: number): string {
  return day.format(ms);
}

/** The time of day, and the day where it isn't today. */
export function shortTime(ms: number, now: number): string {
  if (!isTime(ms)) return '--:--:--';
  return isSameDay(ms, now) ? clockTime(ms) : `${dayOf(ms)}, ${clockTime(ms)}`;
}

export function isSameDay(a: number, b: number): boolean {
  return new Date(a).toDateString() === new Date(b).toDateString();
}

/** For the attribute `datetime`. */
export function isoTime(ms: number): string {
  return isTime(ms) ? new Date(ms).toISOString() : '';
}

function isTime(ms: number): boolean {
  return !Number.isNaN(new Date(ms).getTime());
}

/** How long something takes or is ago, in one or two words: `3 s`, `12 min`, `2 h 5 min`, `3 d`. */
export function span(ms: number): string {
  const seconds = Math.max(0, Math.floor(ms / 1_000));
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} min`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return minutes % 60 === 0 ? `${hours} h` : `${hours} h ${minutes % 60} min`;
  return `${Math.floor(hours / 24)} d`;
}
