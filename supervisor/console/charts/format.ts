import { clockTime, dayOf } from '../words.ts';

const clock = new Intl.DateTimeFormat(undefined, { hour: '2-digit', minute: '2-digit', hourCycle: 'h23' });
const few = new Intl.NumberFormat(undefined, { maximumFractionDigits: 1 });
const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const percents = new Intl.NumberFormat(undefined, { style: 'percent', maximumFractionDigits: 0 });

/** How a chart's numbers are written. */
export type Unit = (value: number) => string;

export const asPercent: Unit = (value) => percents.format(value);
export const asCount: Unit = (value) => whole.format(value);
export const asRate: Unit = (value) => `${few.format(value)}/s`;

/** Seconds since 1970 → the reader's time of day. */
export function timeOfDay(seconds: number): string {
  return clockTime(seconds * 1_000);
}

/** For an axis on which ticks are `step` seconds apart. */
export function tick(seconds: number, step: number): string {
  const ms = seconds * 1_000;
  if (step >= 86_400) return dayOf(ms);
  return step >= 60 ? clock.format(ms) : clockTime(ms);
}
