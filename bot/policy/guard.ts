import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { ConversationPolicy, PolicySnapshot } from '../../spec/policy.ts';
import type { Clock } from '../../spec/runtime/clock.ts';
import { Rates } from './rates.ts';
import { Rules } from './rules.ts';
import { Turns } from './turns.ts';
import { Utterance, type Verdict } from './utterance.ts';
import { type Breach, type Violation, Violations } from './violations.ts';

export interface GuardOptions {
  readonly snapshot: PolicySnapshot;
  /** Keys the hashes of phrases. */
  readonly runId: string;
  readonly clock: Clock;
  readonly onViolation: (violation: Violation) => void;
}

/** What the bot does, as the topics that tell of it; rates that cover them apply. */
const MESSAGE: keyof TopicPayloads = 'room.message.sent';
const TOOL: keyof TopicPayloads = 'assistant.tool.invoked';

/**
 * The bot's own enforcement of its policy. It answers and reports; it never throws and never names content. What has
 * been done counts from when it is told of, as it does for whoever reads the events.
 */
export class Guard {
  readonly #options: GuardOptions;
  readonly #turns = new Turns();
  readonly #rates = new Rates();
  readonly #violations: Violations;
  #rules: Rules;

  constructor(options: GuardOptions) {
    this.#options = options;
    this.#violations = new Violations(options.clock, options.onViolation);
    this.#rules = new Rules(options.snapshot);
    this.#rates.renew(options.snapshot.policy.rates ?? [], this.#now);
  }

  get policy(): ConversationPolicy {
    return this.#rules.policy;
  }

  get policyVersion(): string {
    return this.#rules.policyVersion;
  }

  /** Another policy from now on; what has been done so far counts under it, too. The same one changes nothing. */
  renew(snapshot: PolicySnapshot): void {
    if (snapshot.policyVersion === this.policyVersion) return;
    // What was broken before is told of before.
    this.flush();
    this.#rules = new Rules(snapshot);
    this.#rates.renew(snapshot.policy.rates ?? [], this.#now);
  }

  /** What keeps a tool from being used now; nothing: it counts as used. To be reported when the use has been told of. */
  use(tool: string): Breach[] {
    const rule = this.#rules.against(tool);
    if (rule !== undefined) return [{ rule, severity: 'high', action: 'blocked', subject: tool }];
    const broken = this.#exhausted(TOOL);
    if (broken.length === 0) this.#rates.take(TOOL, this.#now);
    return broken;
  }

  report(breaches: readonly Breach[]): void {
    for (const breach of breaches) this.#violations.add(this.policyVersion, breach);
  }

  /** Somebody else has spoken in the room. */
  heard(): void {
    this.#turns.heard();
  }

  /** For a message that comes in pieces: may it go into the room, as far as it is known? */
  utterance(): Utterance {
    return this.#utterance((breach) => breach);
  }

  /** May this text go into the room? Every breach is reported. */
  message(text: string): Verdict {
    const utterance = this.utterance();
    utterance.push(text);
    return utterance.end();
  }

  /** Whether blocked phrases, and nothing else, keep this text out of the room now. Reports nothing. */
  onlyWordsForbid(text: string): boolean {
    const limits = [...this.#turnsBroken(), ...this.#exhausted(MESSAGE), ...this.#exhausted(TOOL)];
    const { onPhrase, phrases } = this.#rules;
    return limits.length === 0 && onPhrase === 'blocked' && phrases.find(text).length > 0;
  }

  /** A message is in the room. `judgedBy`: the version of the policy that let it pass. */
  sent(text: string, judgedBy: string): void {
    if (judgedBy !== this.policyVersion) this.#excuse(text);
    this.#turns.sent(this.#now);
    this.#rates.take(MESSAGE, this.#now);
  }

  /** Reports what waits for more of its kind. */
  flush(): void {
    this.#violations.flush();
  }

  /** Too late to keep it out: what it breaks of the policy that came meanwhile is told. */
  #excuse(text: string): void {
    const utterance = this.#utterance((breach) => ({ ...breach, action: 'allowed' }));
    utterance.push(text);
    utterance.end();
  }

  #utterance(told: (breach: Breach) => Breach): Utterance {
    const rules = this.#rules;
    return new Utterance({
      rules,
      runId: this.#options.runId,
      atStart: () => [...this.#turnsBroken(), ...this.#exhausted(MESSAGE)],
      report: (breach) => this.#violations.add(rules.policyVersion, told(breach)),
    });
  }

  #turnsBroken(): Breach[] {
    return this.#turns
      .broken(this.#rules.turns, this.#now)
      .map((limit) => ({ rule: `turns.${limit}`, severity: 'low', action: 'blocked', subject: limit }));
  }

  #exhausted(topic: string): Breach[] {
    return this.#rates
      .exhausted(topic, this.#now)
      .map((id) => ({ rule: 'rates', severity: 'low', action: 'blocked', subject: id }));
  }

  get #now(): number {
    return this.#options.clock.monotonic();
  }
}
