import type { Outcome } from './port.ts';

/** The entries of one request by what became of them. */
export interface Verdict<T> {
  readonly delivered: T[];
  readonly transient: T[];
  readonly unavailable: T[];
  readonly hold: T[];
  /** To be halved. */
  readonly refused: T[];
  readonly poison: { readonly item: T; readonly reason: string }[];
  /** Why the entries failed that will be sent again: of a hold, if there is one, else of the last. */
  reason: string;
}

/** Sorts a request's entries by their outcomes, index by index. An entry without an outcome wasn't delivered. */
export function sortOutcomes<T>(batch: readonly T[], outcomes: readonly Outcome[]): Verdict<T> {
  const verdict: Verdict<T> = {
    delivered: [],
    transient: [],
    unavailable: [],
    hold: [],
    refused: [],
    poison: [],
    reason: '',
  };
  for (const [index, item] of batch.entries()) {
    const outcome = outcomes[index] ?? { kind: 'unavailable', reason: 'InvalidResponse: no outcome' };
    if (outcome.kind === 'delivered') verdict.delivered.push(item);
    else if (outcome.kind === 'poison' || (outcome.kind === 'refused' && batch.length === 1)) {
      verdict.poison.push({ item, reason: outcome.reason });
    } else {
      if (verdict.hold.length === 0) verdict.reason = outcome.reason;
      verdict[outcome.kind].push(item);
    }
  }
  return verdict;
}
