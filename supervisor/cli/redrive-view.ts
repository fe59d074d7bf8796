import type { RedriveProgress } from '../forward/api.ts';
import type { Paint } from './io.ts';
import { humanCount, truncate } from './text.ts';

const BAR = 20;

/** How far a redrive is, in one line; why it stands still, if it does, takes the place of the bar. */
export function progressLine(progress: RedriveProgress, paint: Paint, obstacle = ''): string {
  const { selected, delivered, refused, remaining } = progress;
  const share = selected === 0 ? 1 : (selected - remaining) / selected;
  const full = Math.floor(share * BAR);
  const bar = `${paint('green', '█'.repeat(full))}${paint('dim', '░'.repeat(BAR - full))} `;
  const percent = `${Math.floor(share * 100)}%`.padStart(4);
  const again = `${humanCount(refused)} refused`;
  const counts = [`${humanCount(delivered)} delivered`, refused > 0 ? paint('red', again) : again];
  const line = `${percent}  ${[...counts, `${humanCount(remaining)} remaining`].join(', ')}`;
  return obstacle === '' ? bar + line : `${line}  ${paint('yellow', obstacle)}`;
}

/** The same, cut to the width of a terminal. */
export function watchedLine(progress: RedriveProgress, obstacle: string, columns: number, paint: Paint): string {
  return truncate(progressLine(progress, paint, obstacle), columns);
}

/** What a redrive has come to, or that it runs. */
export function redriveOutcome({ state, selected, delivered, refused, remaining }: RedriveProgress, paint: Paint) {
  if (selected === 0) return 'no dead letters to send again';
  const parts = delivered > 0 || state !== 'running' ? [paint('green', `${humanCount(delivered)} delivered`)] : [];
  if (refused > 0) parts.push(paint('red', `${humanCount(refused)} refused again`));
  if (remaining > 0) parts.push(`${humanCount(remaining)} ${state === 'running' ? 'on their way' : 'not sent'}`);
  return `${state === 'cancelled' ? `${paint('yellow', 'cancelled')}: ` : ''}${parts.join(', ')}`;
}

/** The outcome, and how to see what is left. */
export function redriveSummary(progress: RedriveProgress, paint: Paint): string {
  const isWhole = progress.refused + progress.remaining === 0;
  return `${redriveOutcome(progress, paint)}${isWhole ? '' : '; `roomd dead-letters ls` shows what is left, and why'}`;
}
