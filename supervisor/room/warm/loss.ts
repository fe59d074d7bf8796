import type { Exit } from '../../child/port.ts';
import type { LossReason } from './port.ts';

/** A waiting process that left although it was wanted. */
export interface Loss {
  readonly reason: LossReason;
  /** Whether it had been ready. */
  readonly wasReady: boolean;
  /** Milliseconds from its start. */
  readonly livedMs: number;
  /** Absent when it had to be killed. */
  readonly exit?: Exit;
  /** Its last lines on stderr. */
  readonly stderr: readonly string[];
}

/** The bot protocol's exit code for "never again". */
const NEVER_AGAIN = 78;

export function reasonOf(exit: Exit): LossReason {
  if (exit.error !== undefined) return 'not_started';
  return exit.code === NEVER_AGAIN ? 'refused' : 'exited';
}

/** For people: what was expected, and what was got. Without the bot's own words, which may be anybody's. */
export function explainLoss(bot: string, loss: Loss): string {
  if (loss.reason === 'refused') return `bot ${bot} doesn't wait: expected it to know ROOMD_WARM, got exit code 78`;
  return `bot ${bot}: expected a process that waits for a room, got one that ${what(loss)}`;
}

function what({ reason, exit, wasReady, livedMs }: Loss): string {
  const ms = Math.round(livedMs);
  if (reason === 'not_started') return `could not be started: ${exit?.error}`;
  if (reason === 'not_ready') return `sent no heartbeat within ${ms} ms`;
  if (reason === 'silent') return `fell silent, ${ms} ms after its start`;
  if (reason === 'noisy') return 'wrote many lines that are no heartbeats';
  const by = exit?.signal ?? `exit code ${exit?.code}`;
  return `ended by ${by} ${wasReady ? `after ${ms} ms` : 'before it was ready'}`;
}
