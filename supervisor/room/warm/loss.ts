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
  /** What it took, when that was too much. */
  readonly memory?: { readonly pssBytes: number; readonly limitBytes: number };
  /** Its last lines on stderr. */
  readonly stderr: readonly string[];
}

/** The bot protocol's exit code for "never again". */
const NEVER_AGAIN = 78;
/** Of what the system says, which has the command's path in it. */
const MAX_ERROR = 200;
const MIB = 2 ** 20;

export function reasonOf(exit: Exit): LossReason {
  if (exit.error !== undefined) return 'not_started';
  return exit.code === NEVER_AGAIN ? 'refused' : 'exited';
}

/** For people: what was expected, and what was got. Without the bot's own words, which may be anybody's. */
export function explainLoss(bot: string, loss: Loss): string {
  if (loss.reason === 'refused') return `bot ${bot} doesn't wait: expected it to know ROOMD_WARM, got exit code 78`;
  return `bot ${bot}: expected a process that waits for a room, got one that ${what(loss)}`;
}

function what({ reason, exit, memory, wasReady, livedMs }: Loss): string {
  const ms = Math.round(livedMs);
  if (reason === 'not_started') return `could not be started: ${shortened(exit?.error ?? '')}`;
  if (reason === 'not_ready') return `sent no heartbeat within ${ms} ms`;
  if (reason === 'silent') return `fell silent, ${ms} ms after its start`;
  if (reason === 'noisy') return 'wrote many lines that are no heartbeats';
  if (memory !== undefined) {
    const [took, limit] = [memory.pssBytes, memory.limitBytes].map((bytes) => `${Math.round(bytes / MIB)} MiB`);
    return `took ${took} of memory, where ${limit} is the limit (rooms.memory)`;
  }
  const by = exit?.signal ?? `exit code ${exit?.code}`;
  return `ended by ${by} ${wasReady ? `after ${ms} ms` : 'before it was ready'}`;
}

/** What is left out is in the middle: the end says what was wrong. */
function shortened(text: string): string {
  if (text.length <= MAX_ERROR) return text;
  const half = MAX_ERROR / 2;
  return `${text.slice(0, half)}…${text.slice(1 - half)}`;
}
