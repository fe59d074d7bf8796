import type { TopicPayloads } from '../../../spec/generated/topics.ts';
import { type EnforcementAction, enforcementAction, type Severity, severity } from '../../../spec/policy.ts';
import { canonicalJson } from '../../../spec/version.ts';
import { Recent } from './recent.ts';

/** A rule of the ladder as the log has it: without what a restriction restricts to. Times in milliseconds. */
export type Rung = TopicPayloads['supervisor.policy.applied']['enforcement'][number];

export interface SeenViolation {
  readonly severity: Severity;
  /** So many breaches: bots sum them up. */
  readonly times: number;
  /** Milliseconds since 1970, from the log: replaying it gives the same decisions. */
  readonly receivedAt: number;
}

export interface Decision {
  readonly action: EnforcementAction;
  /** Those that call for the action. */
  readonly rungs: readonly Rung[];
}

interface Step {
  readonly rung: Rung;
  /** When violations that it counts came in. */
  seen: Recent;
}

/** So many actions of a kind that ends nothing are taken within so long: a flood of violations mustn't become one of actions. */
const MAX_MILD = 10;
const MILD_WITHIN_MS = 10_000;

/**
 * The ladder of one room: each rung counts violations of at least its severity in its rolling window, calls for its
 * action when the count is reached, and then counts anew. Deterministic in what it is shown.
 */
export class Ladder {
  #steps: Step[] = [];
  /** When the latest actions that end nothing were taken, each for itself: a mild one takes no place of another. */
  readonly #mild = new Map<EnforcementAction, number[]>();
  /** The room is to end for this; only what is stricter still counts. */
  #ending: EnforcementAction | undefined;

  /** Rungs that were there before keep what they have counted. */
  set rungs(rungs: readonly Rung[]) {
    const before = new Map(this.#steps.map((step) => [canonicalJson(step.rung), step]));
    const unlike = new Map(rungs.map((rung) => [canonicalJson(rung), rung]));
    this.#steps = [...unlike].map(([key, rung]) => before.get(key) ?? { rung, seen: new Recent() });
  }

  /** One violation, in log order → the strictest action that is due, or undefined. */
  decide(violation: SeenViolation): Decision | undefined {
    const due = this.#steps.filter((step) => reached(step, violation)).map(({ rung }) => rung);
    const action = due.map((rung) => rung.action).sort((a, b) => strictness(b) - strictness(a))[0];
    if (action === undefined || !this.#allows(action, violation.receivedAt)) return undefined;
    return { action, rungs: due.filter((rung) => rung.action === action) };
  }

  #allows(action: EnforcementAction, at: number): boolean {
    if (this.#ending !== undefined && strictness(action) <= strictness(this.#ending)) return false;
    if (strictness(action) >= strictness('terminate')) {
      this.#ending = action;
      return true;
    }
    const taken = (this.#mild.get(action) ?? []).filter((earlier) => isWithin(earlier, at, MILD_WITHIN_MS));
    this.#mild.set(action, taken);
    return taken.length < MAX_MILD && taken.push(at) > 0;
  }
}

function reached(step: Step, violation: SeenViolation): boolean {
  const { rung } = step;
  if (severity.options.indexOf(violation.severity) < severity.options.indexOf(rung.severity)) return false;
  let seen = 0;
  for (let i = 0; i < Math.min(violation.times, rung.count); i++) {
    seen = step.seen.add(violation.receivedAt, rung.within, rung.count);
  }
  if (seen < rung.count) return false;
  step.seen = new Recent();
  return true;
}

/** Either way: the clock may have been set back. */
function isWithin(earlier: number, at: number, ms: number): boolean {
  return Math.abs(at - earlier) < ms;
}

function strictness(action: EnforcementAction): number {
  return enforcementAction.options.indexOf(action);
}
