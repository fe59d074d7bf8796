import type { Clock, Timer } from '../../spec/runtime/clock.ts';
import type { Run } from './run.ts';

/** The share of the grace in which a bot may leave by itself; then it is asked by signal, then there is force. */
const BY_ITSELF = 0.6;

/** Ends a run within `graceMs`: the shutdown command, SIGTERM, SIGKILL. Returns how to call the rest off. */
export function endRun(run: Run, reason: string, graceMs: number, clock: Clock): { cancel(): void } {
  const deadlineMs = Math.round(graceMs * BY_ITSELF);
  const timers: Timer[] = [
    clock.after(deadlineMs, () => run.terminate()),
    clock.after(graceMs, () => run.kill('deaf')),
  ];
  if (!run.send({ type: 'shutdown', reason, deadlineMs })) run.terminate();
  return {
    cancel() {
      for (const timer of timers) timer.cancel();
    },
  };
}
