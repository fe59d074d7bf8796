import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { Clock, Timer } from '../../spec/runtime/clock.ts';

export type Violation = TopicPayloads['conversation.policy.violation'];
export type Breach = Pick<Violation, 'rule' | 'severity' | 'action' | 'subject'>;

/** After a report, others of the same kind wait so long for each other. */
const PAUSE_MS = 1_000;
/** Kinds of breaches that are counted; of the one that was first counted, counting begins anew. */
const MAX_COUNTED = 20_000;

interface Pause {
  readonly timer: Timer;
  /** The newest that waits. */
  waiting: Violation | undefined;
}

/**
 * Reports breaches, the first of its kind at once. Others of that kind within a second become one report, a second
 * after the one before it: a flood doesn't fill the pipe, and no breach waits longer for the report that counts it.
 */
export class Violations {
  readonly #clock: Clock;
  readonly #publish: (violation: Violation) => void;
  readonly #counts = new Map<string, number>();
  readonly #pauses = new Map<string, Pause>();

  constructor(clock: Clock, publish: (violation: Violation) => void) {
    this.#clock = clock;
    this.#publish = publish;
  }

  add(policyVersion: string, breach: Breach): void {
    const counted = `${breach.rule} ${breach.subject}`;
    const count = (this.#counts.get(counted) ?? 0) + 1;
    this.#count(counted, count);
    const violation = { policyVersion, ...breach, count };
    const kind = `${breach.action} ${counted}`;
    const pause = this.#pauses.get(kind);
    if (pause === undefined) this.#report(kind, violation);
    else pause.waiting = violation;
  }

  /** Reports what waits. What comes then is the first of its kind again. */
  flush(): void {
    const pauses = [...this.#pauses.values()];
    this.#pauses.clear();
    for (const { timer, waiting } of pauses) {
      timer.cancel();
      if (waiting !== undefined) this.#publish(waiting);
    }
  }

  #report(kind: string, violation: Violation): void {
    const timer = this.#clock.after(PAUSE_MS, () => this.#goOn(kind));
    this.#pauses.set(kind, { timer, waiting: undefined });
    this.#publish(violation);
  }

  #goOn(kind: string): void {
    const waiting = this.#pauses.get(kind)?.waiting;
    this.#pauses.delete(kind);
    if (waiting !== undefined) this.#report(kind, waiting);
  }

  #count(counted: string, count: number): void {
    this.#counts.set(counted, count);
    if (this.#counts.size <= MAX_COUNTED) return;
    for (const oldest of this.#counts.keys()) {
      this.#counts.delete(oldest);
      break;
    }
  }
}
