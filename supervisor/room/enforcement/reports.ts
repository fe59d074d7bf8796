import type { Breach } from './recount.ts';

/** A bot tells of a breach before it tells of the act, or so long after. */
export const REPORT_MS = 2_000;
/** Names of broken rules and what they were broken by; all beyond are one. */
const MAX_NAMES = 100;
const OTHERS: Breach = { rule: 'others', subject: 'others' };

/** Breaches of one rule that the bot kept silent about. */
export interface Silence extends Breach {
  /** How many in this run, so far. */
  readonly count: number;
  /** The id of the event by which it came out. */
  readonly causeId: string;
}

interface Named extends Breach {
  /** How many there were, and how many the bot has told of: each report says how many in all. */
  count: number;
  reported: number;
  /** The first that wasn't reported yet. */
  pending: { readonly causeId: string; readonly since: Moment } | undefined;
}

/** Milliseconds since 1970. */
export interface Moment {
  /** By the bot's clock, as far as that is believed. */
  readonly at: number;
  /** By the supervisor's. */
  readonly receivedAt: number;
}

/** Holds one run's breaches against its own reports. */
export class Reports {
  readonly #named = new Map<string, Named>();
  #pending = 0;

  /** Whether time alone may bring a silence to light. */
  get pending(): boolean {
    return this.#pending > 0;
  }

  breached(breach: Breach, causeId: string, since: Moment): void {
    const named = this.#name(breach);
    named.count++;
    if (named.pending !== undefined || named.count <= named.reported) return;
    named.pending = { causeId, since };
    this.#pending++;
  }

  /** The bot says itself that it broke a rule. */
  reported(breach: Breach, total: number): void {
    const named = this.#name(breach);
    // Some say how many in all, some say one each time.
    named.reported = Math.max(named.reported + 1, total);
    if (named.reported >= named.count) this.#settle(named);
  }

  /** What was held against the bot may not have been one. */
  excused(breach: Breach): void {
    const named = this.#name(breach);
    named.reported = Math.max(named.reported, named.count);
    this.#settle(named);
  }

  /** That was none, just now. */
  retracted(breach: Breach, causeId: string): void {
    const named = this.#name(breach);
    named.count--;
    if (named.pending?.causeId === causeId || named.reported >= named.count) this.#settle(named);
  }

  /**
   * What should have been reported by now: by one of the clocks, whichever is known. With neither the bot has said all
   * that it will ever say.
   */
  overdue(now: Partial<Moment> = {}): Silence[] {
    if (this.#pending === 0) return [];
    const silences: Silence[] = [];
    for (const named of this.#named.values()) {
      const { rule, subject, count, pending } = named;
      if (pending === undefined || isEarly(pending.since, now)) continue;
      silences.push({ rule, subject, count, causeId: pending.causeId });
      // Now it is told.
      named.reported = Math.max(named.reported, count);
      this.#settle(named);
    }
    return silences;
  }

  #settle(named: Named): void {
    if (named.pending === undefined) return;
    named.pending = undefined;
    this.#pending--;
  }

  /** What belongs together: a tool may be denied by one rule or by another. */
  #name(breach: Breach): Named {
    const known = this.#named.get(nameOf(breach));
    if (known !== undefined) return known;
    const { rule, subject } = this.#named.size < MAX_NAMES ? breach : OTHERS;
    const named = this.#named.get(nameOf({ rule, subject })) ?? {
      rule,
      subject,
      count: 0,
      reported: 0,
      pending: undefined,
    };
    this.#named.set(nameOf(named), named);
    return named;
  }
}

function isEarly(since: Moment, now: Partial<Moment>): boolean {
  if (now.at !== undefined) return now.at - since.at < REPORT_MS;
  return now.receivedAt !== undefined && now.receivedAt - since.receivedAt < REPORT_MS;
}

function nameOf({ rule, subject }: Breach): string {
  return `${rule.split('.', 1)[0]} ${subject}`;
}
