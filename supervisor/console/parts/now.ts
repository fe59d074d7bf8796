import { signal } from '@preact/signals';
import { systemClock } from '../../../spec/runtime/clock.ts';

/** Milliseconds since 1970, to the second, for what says how long ago something was. */
export const now = signal(systemClock.now());

function tick(): void {
  if (document.visibilityState === 'visible') now.value = systemClock.now();
  systemClock.after(1_000, tick);
}
tick();
