import type { EnforcementAction, EnforcementRule, Severity } from '../../spec/policy.ts';
import { enforcementAction, severity } from '../../spec/policy.ts';

export interface SeenViolation {
  readonly severity: Severity;
  /** Milliseconds since 1970, from the log: replaying it gives the same decisions. */
  readonly receivedAt: number;
}

/**
 * The ladder of one room: each rule counts violations of at least its severity in its rolling window, acts when the
 * count is reached, and then counts anew. Deterministic in what it is shown.
 */
export class Ladder {
  readonly #steps: { rule: EnforcementRule; seen: number[] }[];

  constructor(rules: readonly EnforcementRule[]) {
    this.#steps = rules.map((rule) => ({ rule, seen: [] }));
  }

  /** One violation, in log order → the strictest action it calls for, or undefined. */
  decide(violation: SeenViolation): EnforcementAction | undefined {
    const due = this.#steps.filter((step) => reached(step, violation)).map(({ rule }) => rule.action);
    return due.sort((a, b) => strictness(b) - strictness(a))[0];
  }
}

function reached(step: { rule: EnforcementRule; seen: number[] }, violation: SeenViolation): boolean {
  const { rule } = step;
  if (severity.options.indexOf(violation.severity) < severity.options.indexOf(rule.severity)) return false;
  // Either way: the clock may have been set back.
  step.seen = step.seen.filter((at) => Math.abs(violation.receivedAt - at) < rule.within);
  step.seen.push(violation.receivedAt);
  if (step.seen.length < rule.count) return false;
  step.seen = [];
  return true;
}

function strictness(action: EnforcementAction): number {
  return enforcementAction.options.indexOf(action);
}
