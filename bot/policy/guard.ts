import type { TopicPayloads } from '../../spec/generated/topics.ts';
import type { PolicySnapshot, Rate } from '../../spec/policy.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';
import { PhraseGuard } from './phrases.ts';
import { TokenBucket } from './token-bucket.ts';
import { Turns } from './turns.ts';

export type Violation = TopicPayloads['conversation.policy.violation'];

export interface GuardOptions {
  readonly snapshot: PolicySnapshot;
  /** Keys the hashes of phrases. */
  readonly runId: string;
  /** Milliseconds of a clock that never goes back. */
  readonly monotonic: () => number;
  readonly onViolation: (violation: Violation) => void;
}

type Finding = Pick<Violation, 'rule' | 'severity' | 'action' | 'subject'>;

/** The topic that an outward message becomes; rates that cover it apply. */
const MESSAGE: keyof TopicPayloads = 'room.message.sent';

/** The bot's own enforcement of its policy. It answers and reports; it never throws and never names content. */
export class Guard {
  readonly #options: GuardOptions;
  readonly #allow: ((tool: string) => boolean)[];
  readonly #deny: (tool: string) => boolean;
  readonly #turns: Turns;
  readonly #rates: { id: string; bucket: TokenBucket }[];
  readonly #phrases: PhraseGuard;
  readonly #counts = new Map<string, number>();

  constructor(options: GuardOptions) {
    const { tools, turns, rates, content } = options.snapshot.policy;
    this.#options = options;
    this.#allow = (tools?.allow ?? []).map(anyOf);
    this.#deny = anyOf(tools?.deny ?? []);
    this.#turns = new Turns(turns ?? {});
    this.#rates = (rates ?? []).filter(covers).map(({ id, limit, per }) => {
      return { id, bucket: new TokenBucket(limit, per, options.monotonic()) };
    });
    this.#phrases = new PhraseGuard(content?.blockedPhrases ?? [], options.runId);
  }

  /** May the bot use this tool? Deny wins, and every allow list has to admit it. The violation comes from `refuse`. */
  admits(tool: string): 'allowed' | 'tools.deny' | 'tools.allow' {
    if (this.#deny(tool)) return 'tools.deny';
    return this.#allow.every((admits) => admits(tool)) ? 'allowed' : 'tools.allow';
  }

  /** Reports that a tool was kept from being used. */
  refuse(tool: string, rule: 'tools.deny' | 'tools.allow'): void {
    this.#report({ rule, severity: 'high', action: 'blocked', subject: tool });
  }

  /** Somebody else has spoken in the room. */
  heard(): void {
    this.#turns.heard();
  }

  /** May this text go into the room? If so, it counts as sent. Every breach is reported. */
  message(text: string): boolean {
    const now = this.#options.monotonic();
    const findings: Finding[] = [];
    for (const limit of this.#turns.broken(text, now)) {
      findings.push({ rule: `turns.${limit}`, severity: 'low', action: 'blocked', subject: limit });
    }
    for (const { id, bucket } of this.#rates) {
      if (!bucket.has(now)) findings.push({ rule: 'rates', severity: 'low', action: 'blocked', subject: id });
    }
    const action = this.#options.snapshot.policy.content?.mode === 'report' ? 'allowed' : 'blocked';
    for (const { subject } of this.#phrases.find(text)) {
      findings.push({ rule: 'content.blockedPhrases', severity: 'high', action, subject });
    }
    const allowed = findings.every((finding) => finding.action === 'allowed');
    if (allowed) {
      this.#turns.sent(now);
      for (const { bucket } of this.#rates) bucket.take(now);
    }
    for (const finding of findings) this.#report(finding);
    return allowed;
  }

  #report(finding: Finding): void {
    const key = `${finding.rule} ${finding.subject}`;
    const count = (this.#counts.get(key) ?? 0) + 1;
    this.#counts.set(key, count);
    this.#options.onViolation({ policyVersion: this.#options.snapshot.policyVersion, ...finding, count });
  }
}

function anyOf(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(nameMatcher);
  return (name) => matchers.some((matches) => matches(name));
}

function covers({ topic }: Rate): boolean {
  return nameMatcher(topic)(MESSAGE);
}
