import type { Exit } from '../child/port.ts';
import type { StopReason } from './api.ts';

/** Exit codes of the bot protocol, see spec/bot-protocol.md. */
const DONE = 0;
const TRY_AGAIN = 75;
const NEVER_AGAIN = 78;

/** What an exit means for the room. */
export type Verdict =
  | { readonly kind: 'over'; readonly state: 'stopped' | 'failed'; readonly reason: StopReason }
  | { readonly kind: 'restart'; readonly reason: string };

export interface ExitCircumstances {
  /** The recorded cause when the room was being stopped. */
  readonly stopping: StopReason | undefined;
  /** Why the supervisor killed this process, if it did, other than by stopping the room. */
  readonly killed: string | undefined;
  /** The last attempt to join had failed. */
  readonly joinFailed: boolean;
}

/** Pure. */
export function judgeExit(exit: Exit, { stopping, killed, joinFailed }: ExitCircumstances): Verdict {
  if (stopping !== undefined) return { kind: 'over', state: 'stopped', reason: stopping };
  if (killed !== undefined) return { kind: 'restart', reason: killed };
  if (exit.error !== undefined) return { kind: 'restart', reason: 'not_started' };
  if (exit.code === DONE) return { kind: 'over', state: 'stopped', reason: 'bot_done' };
  if (exit.code === NEVER_AGAIN) {
    return { kind: 'over', state: 'failed', reason: joinFailed ? 'join_failed' : 'refused' };
  }
  return { kind: 'restart', reason: exit.code === TRY_AGAIN ? 'try_again' : 'crash' };
}
