import { exactTime, isoTime, shortTime, span } from '../words.ts';
import { now } from './now.ts';

/** A time of day; all of it shows when the pointer rests there. `at`: milliseconds since 1970. */
export function Time({ at }: { readonly at: number }) {
  return (
    <time dateTime={isoTime(at)} title={exactTime(at)}>
      {shortTime(at, now.peek())}
    </time>
  );
}

/** How long ago something was, kept up to date. */
export function Ago({ at, suffix = ' ago' }: { readonly at: number; readonly suffix?: string }) {
  return (
    <time dateTime={isoTime(at)} title={exactTime(at)}>
      {span(now.value - at)}
      {suffix}
    </time>
  );
}
