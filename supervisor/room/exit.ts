import type { Exit } from '../child/port.ts';
import type { StopReason } from './api.ts';
import type { KillReason } from './bot-process.ts';

/** Exit codes of the bot protocol, see spec/bot-protocol.md. */
const DONE = 0;
const TRY_AGAIN = 75;
const NEVER_AGAIN = 78;

const KILLED: Readonly<Record<KillReason, string>> = {
  silent: 'heartbeat_timeout',
  busy: 'unresponsive',
  memory: 'memory',
  unanswered: 'unanswered',
  deaf: 'deaf',
  deadline: 'deadline',
};

/** What an exit means for the room. */
export type Verdict =
  | { readonly kind: 'over'; readonly state: 'stopped' | 'failed'; readonly reason: StopReason }
  | { readonly kind: 'restart'; readonly reason: string };

export interface ExitCircumstances {
  /** The recorded cause when the room was being stopped. */
  readonly stopping: StopReason | undefined;
  /** Why the supervisor killed this process, if it did, other than by stopping the room. */
  readonly killed: KillReason | undefined;
  /** It was given a room while it waited for one, and never said a word. */
  readonly unanswered: boolean;
  /** The last attempt to join had failed. */
  readonly joinFailed: boolean;
  /** It has said that its session ended since somebody put it out. */
  readonly ejected: boolean;
}

/** Pure. */
export function judgeExit(exit: Exit, circumstances: ExitCircumstances): Verdict {
  const { stopping, killed, unanswered, joinFailed, ejected } = circumstances;
  if (stopping !== undefined) return { kind: 'over', state: 'stopped', reason: stopping };
  if (exit.error !== undefined) return { kind: 'restart', reason: 'not_started' };
  if (unanswered) return { kind: 'restart', reason: 'unanswered' };
  if (killed !== undefined) return { kind: 'restart', reason: KILLED[killed] };
  if (exit.code === DONE) return { kind: 'over', state: 'stopped', reason: ejected ? 'ejected' : 'bot_done' };
  if (exit.code === NEVER_AGAIN) {
    return { kind: 'over', state: 'failed', reason: joinFailed ? 'join_failed' : 'refused' };
  }
  return { kind: 'restart', reason: exit.code === TRY_AGAIN ? 'try_again' : 'crash' };
}
