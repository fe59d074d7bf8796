import type { Envelope } from '../../../../spec/envelope.ts';
import type { TopicId, TopicPayloads } from '../../../../spec/generated/topics.ts';
import type { ConversationPolicy } from '../../../../spec/policy.ts';
import { specVersion } from '../../../../spec/spec-version.ts';
import { canonicalJson, sha256 } from '../../../../spec/version.ts';
import { newId } from '../../../../supervisor/base/ids.ts';
import { Stamper } from '../../../../supervisor/intake/stamper.ts';
import { PolicyChecks } from '../../../../supervisor/room/enforcement/checks.ts';
import { type Findings, Judge, type Unreported } from '../../../../supervisor/room/enforcement/judge.ts';
import { rungsOf } from '../../../../supervisor/room/enforcement/past.ts';

/** When it was published and when it came in; milliseconds. */
export interface When {
  readonly ts: number;
  readonly receivedAt: number;
}

export const versionOf = (policy: ConversationPolicy): string => sha256(canonicalJson(policy));

/** A judge, and the log of the room before it: one run, `run`, of a bot that has that policy. */
export class JudgedLife {
  readonly policy: ConversationPolicy;
  readonly unreported: Unreported[] = [];
  readonly judge: Judge;
  readonly #issued = new Map<string, PolicyChecks>();
  readonly #stamper = new Stamper({ roomId: 'room', runId: 'run' });
  #offset = 0;

  constructor(policy: ConversationPolicy, start = 0) {
    this.policy = policy;
    const given = this.issue(policy);
    this.judge = new Judge({
      given: (runId) => (runId === 'run' ? given : undefined),
      issued: (version) => this.#issued.get(version),
    });
    const at = { ts: start, receivedAt: start };
    this.apply(policy, at, 'started');
    this.see('supervisor.bot.started', { pid: 1, warm: false }, at);
  }

  /** `by`: who has brought it in, where it isn't the run's bot. */
  see<T extends TopicId>(topic: T, payload: TopicPayloads[T], { ts, receivedAt }: When, by?: string): Findings {
    const envelope = { id: newId(), ts, topic, specVersion, runtime: 'bot', payload } as Envelope;
    const entry = this.#stamper.stamp(envelope, JSON.stringify(payload), receivedAt, by);
    const findings = this.judge.see({ ...entry, offset: ++this.#offset });
    this.unreported.push(...findings.unreported);
    return findings;
  }

  /** The supervisor says that the policy is in force. */
  apply(policy: ConversationPolicy, when: When, cause: 'started' | 'reloaded' = 'reloaded'): void {
    this.issue(policy);
    const enforcement = rungsOf(policy.enforcement ?? []);
    this.see('supervisor.policy.applied', { policyVersion: versionOf(policy), cause, layers: [], enforcement }, when);
  }

  /** The bot says that it keeps to it. */
  load(policy: ConversationPolicy, when: When): void {
    this.see('conversation.policy.loaded', { policyVersion: versionOf(policy), layers: [] }, when);
  }

  message(text: string, when: When): Findings {
    return this.see('room.message.sent', { messageId: 'm', participantId: 'bot', text, at: 0 }, when);
  }

  tool(tool: string, when: When): Findings {
    return this.see('assistant.tool.invoked', { tool, allowed: true }, when);
  }

  /** All that was said has been seen by then. */
  overdue(receivedAt: number): Unreported[] {
    const found = this.judge.overdue(receivedAt);
    this.unreported.push(...found);
    return found;
  }

  /** What the bot kept silent about, as `RULE SUBJECT`. */
  get silences(): string[] {
    return [...new Set(this.unreported.map(({ rule, subject }) => `${rule} ${subject}`))];
  }

  /** The supervisor has had that policy. */
  issue(policy: ConversationPolicy): PolicyChecks {
    const checks = new PolicyChecks(policy);
    this.#issued.set(versionOf(policy), checks);
    return checks;
  }
}
