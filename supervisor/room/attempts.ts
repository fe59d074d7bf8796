import type { Exit } from '../child/port.ts';
import type { StopReason } from './api.ts';
import { type ExitCircumstances, judgeExit } from './exit.ts';
import { RestartBudget, type RestartConfig } from './restart-budget.ts';

/** So many waiting bots may leave a room without an answer; then a process of its own is started. */
const MAX_UNANSWERED = 2;

/** What follows the end of a run. `reason` is that of the exit; durations in milliseconds. */
export type Next =
  | { readonly kind: 'over'; readonly reason: StopReason; readonly state: 'stopped' | 'failed' }
  | { readonly kind: 'again'; readonly reason: string; readonly delayMs: number }
  | { readonly kind: 'gave_up'; readonly reason: string; readonly attempts: number; readonly windowMs: number };

/** A room's attempts: whether another follows, when, and by what process. */
export class Attempts {
  readonly #windowMs: number;
  readonly #budget: RestartBudget;
  #unanswered = 0;

  constructor(config: RestartConfig, random: () => number) {
    this.#windowMs = config.window;
    this.#budget = new RestartBudget(config, random);
  }

  /** No waiting bot is trusted any more. */
  get cold(): boolean {
    return this.#unanswered >= MAX_UNANSWERED;
  }

  /** `now`: monotonic milliseconds. */
  after(exit: Exit, circumstances: ExitCircumstances, now: number): Next {
    const verdict = judgeExit(exit, circumstances);
    const { reason } = verdict;
    if (verdict.kind === 'over') return verdict;
    if (reason === 'unanswered') {
      // The room was given to a process that didn't take it: another one gets it at once.
      this.#unanswered++;
      return { kind: 'again', reason, delayMs: 0 };
    }
    const delayMs = this.#budget.take(now);
    if (delayMs !== undefined) return { kind: 'again', reason, delayMs };
    return { kind: 'gave_up', reason, attempts: this.#budget.crashes, windowMs: this.#windowMs };
  }
}
