import { type Envelope, isOf } from '../../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../../spec/generated/topics.ts';
import type { Severity } from '../../../spec/policy.ts';
import { SUPERVISOR_RULES } from '../../../spec/policy-acts.ts';
import { isReserved } from '../../../spec/reserved.ts';
import { isBrought, isOfGateway } from '../../base/stamp.ts';
import type { LogRecord } from '../../log/port.ts';
import type { PolicyChecks } from './checks.ts';
import { type Decision, Ladder } from './ladder.ts';
import type { Silence } from './reports.ts';
import { RunJudge } from './run-judge.ts';

/** What the ladder calls for, and because of what. */
export interface Verdict extends Decision {
  readonly runId: string;
  /** What was broken. */
  readonly rule: string;
  /** The id of the violation's event. */
  readonly causeId: string;
  /** Where that is in the log. */
  readonly offset: number;
  /** Milliseconds since 1970, from the log. */
  readonly receivedAt: number;
}

/** A breach that the run's bot kept silent about. */
export interface Unreported extends Silence {
  readonly runId: string;
}

export interface Findings {
  readonly unreported: readonly Unreported[];
  readonly verdict?: Verdict;
}

/** What is known of the policies of a room's runs. */
export interface KnownPolicies {
  /** What the run was given at its start; undefined: it isn't one of this supervisor's. */
  given(runId: string): PolicyChecks | undefined;
  /** What that version holds, if it was the room's. */
  issued(policyVersion: string): PolicyChecks | undefined;
}

/** Names of broken rules whose totals are remembered; a violation of any other is one. */
const MAX_COUNTED = 1_000;
const NONE: Findings = { unreported: [] };
/** Somebody else has spoken. */
const HEARD: ReadonlySet<string> = new Set(['room.transcript.received', 'room.message.received']);
/** What the room's life and ladder are made of: enough to bring a judge to where an earlier one stood. */
export const LADDER_TOPICS: ReadonlySet<string> = new Set<TopicId>([
  'supervisor.policy.applied',
  'conversation.policy.violation',
]);
const RUN_TOPICS: ReadonlySet<string> = new Set<TopicId>([
  'supervisor.bot.started',
  'conversation.policy.loaded',
  'supervisor.bot.exited',
  'supervisor.bot.held_back',
  'room.speaker.changed',
  'events.dropped',
]);
const MAX_HANDED = 64;
/** Rules whose breach is grave, whoever tells of it. */
const GRAVE = /^(?:tools|content)(?:\.|$)/;

/**
 * Judges one room by its events, in log order: what its bots report, what they keep silent about, and what the ladder
 * calls for. It knows nothing but the log (and the policies that the log names), so replaying gives the same.
 */
export class Judge {
  readonly #known: KnownPolicies;
  #ladder = new Ladder();
  /** The newest run; what an earlier one has left is for the ladder alone. */
  #run: RunJudge | undefined;

  /** What a run was handed, in order, from what it keeps to on: to what came before it doesn't go back. */
  #handed: { readonly runId: string; versions: string[] } = { runId: '', versions: [] };

  /** The running totals that bots gave last. */
  readonly #counted = new Map<string, number>();

  constructor(known: KnownPolicies) {
    this.#known = known;
  }

  /** Whether time alone may bring something to light. */
  get pending(): boolean {
    return this.#run?.pending === true;
  }

  /** Where nothing is known of what the log had: the rules as they are now. */
  set rungs(rungs: Ladder['rungs']) {
    this.#ladder.rungs = rungs;
  }

  see(record: LogRecord): Findings {
    const { topic } = record;
    this.#run?.passed(record.receivedAt);
    // What others bring is no act of the bot's, and its time isn't the bot's.
    if (isBrought(record)) {
      if (isOfGateway(record)) this.#happened(record);
      return NONE;
    }
    if (HEARD.has(topic)) this.#run?.heard();
    if (!this.#cares(topic)) return this.#passing(record);
    const envelope = JSON.parse(record.json) as Envelope;
    if (isOf(envelope, 'conversation.policy.violation')) return this.#violation(envelope, record);
    if (isOf(envelope, 'supervisor.policy.applied')) this.#applied(envelope);
    else return { unreported: this.#ofRun(envelope, record) };
    return NONE;
  }

  /** What people do in a local room, and what it makes of their words: of the bot's own too. */
  #happened({ topic, json, receivedAt }: LogRecord): void {
    if (HEARD.has(topic)) this.#run?.told(receivedAt);
    if (topic !== 'room.message.moderated') return;
    const { payload, meta } = JSON.parse(json) as Envelope<typeof topic>;
    if (meta?.runId === this.#run?.runId) this.#run?.moderated(payload, meta?.seq);
  }

  /** Whatever comes from the bot shows how far it has got. */
  #passing(record: LogRecord): Findings {
    if (this.#run?.pending !== true || isReserved(record.topic)) return NONE;
    const unreported = this.#named(this.#run.got(record));
    return unreported.length === 0 ? NONE : { unreported };
  }

  /** What should have been reported by then: milliseconds since 1970. To be asked when all that was said has been seen. */
  overdue(receivedAt: number): Unreported[] {
    return this.#named(this.#run?.overdue(receivedAt) ?? []);
  }

  #cares(topic: string): boolean {
    return LADDER_TOPICS.has(topic) || RUN_TOPICS.has(topic) || this.#run?.cares(topic) === true;
  }

  #violation({ payload, meta }: Envelope<'conversation.policy.violation'>, record: LogRecord): Findings {
    const { id: causeId, offset, receivedAt } = record;
    const { rule } = payload;
    const severity = atLeast(rule, payload.severity);
    const times = this.#times(payload, meta?.runId ?? '');
    const runId = meta?.runId ?? '';
    const run = this.#run?.runId === runId ? this.#run : undefined;
    // It had its time to keep to the new one, and is judged by that now.
    if (rule === 'unacknowledged' && run !== undefined) this.#loaded(run, payload.subject);
    const ownWord = !SUPERVISOR_RULES.has(rule);
    const unreported = run !== undefined && ownWord ? this.#named(run.reported(record, payload)) : [];
    const decision = this.#ladder.decide({ severity, times, receivedAt });
    return { unreported, ...(decision && { verdict: { ...decision, runId, rule, causeId, offset, receivedAt } }) };
  }

  #applied({ payload, meta }: Envelope<'supervisor.policy.applied'>): void {
    const { cause, enforcement, policyVersion } = payload;
    const runId = meta?.runId ?? '';
    const before = this.#handed.runId === runId ? this.#handed.versions : [];
    this.#handed = { runId, versions: [...before, policyVersion].slice(-MAX_HANDED) };
    // The room's life begins: what an earlier one under its id did isn't charged to it.
    if (cause === 'started') {
      this.#ladder = new Ladder();
      this.#counted.clear();
    }
    this.#ladder.rungs = enforcement;
    // A bot that has never acknowledged a policy won't acknowledge this one.
    if (this.#run?.runId === runId && !this.#run.loads) this.#loaded(this.#run, policyVersion);
  }

  /** How many breaches a violation stands for: its count is a running total. */
  #times({ rule, subject, count }: TopicPayloads['conversation.policy.violation'], runId: string): number {
    const name = `${runId} ${rule} ${subject}`;
    const known = this.#counted.get(name);
    if (known === undefined && this.#counted.size >= MAX_COUNTED) return 1;
    // Reports of what was prevented and of what was not may overtake each other.
    this.#counted.set(name, Math.max(count, known ?? 0));
    return Math.max(1, count - (known ?? 0));
  }

  #ofRun(envelope: Envelope, record: LogRecord): Unreported[] {
    const runId = envelope.meta?.runId ?? '';
    if (isOf(envelope, 'supervisor.bot.started')) {
      const given = this.#known.given(runId);
      this.#run = given && new RunJudge(runId, given);
    }
    const run = this.#run;
    if (run?.runId !== runId) return [];
    if (isOf(envelope, 'supervisor.bot.exited')) return this.#named(run.finish());
    if (isOf(envelope, 'conversation.policy.loaded')) {
      run.loads = true;
      this.#loaded(run, envelope.payload.policyVersion);
    } else if (isOf(envelope, 'supervisor.bot.held_back')) {
      run.held(envelope.payload, record.receivedAt);
    } else if (isOf(envelope, 'room.speaker.changed')) {
      if (envelope.payload.participantId !== null) run.heard();
    } else if (isOf(envelope, 'events.dropped')) {
      if (HEARD.has(envelope.payload.topic) || envelope.payload.topic === 'room.speaker.changed') run.missed();
    } else if (run.cares(record.topic)) {
      return this.#named(run.act(record, envelope.payload, envelope.meta?.seq));
    }
    return [];
  }

  #loaded(run: RunJudge, policyVersion: string): void {
    const { runId, versions } = this.#handed;
    const checks = this.#known.issued(policyVersion);
    const index = runId === run.runId ? versions.indexOf(policyVersion) : -1;
    // What it was given at its start is what it is judged by in any case.
    if (checks === undefined || index < 0) return;
    this.#handed = { runId, versions: versions.slice(index) };
    run.load(checks);
  }

  #named(silences: readonly Silence[]): Unreported[] {
    const runId = this.#run?.runId ?? '';
    return silences.map((silence) => ({ ...silence, runId }));
  }
}

/** What a bot says of how grave it is counts only upwards. */
function atLeast(rule: string, said: Severity): Severity {
  return GRAVE.test(rule) ? 'high' : said;
}
