import { Phrases, phraseSubject } from '../../spec/phrases.ts';
import type { ConversationPolicy, PolicySnapshot } from '../../spec/policy.ts';
import { toolRules } from '../../spec/policy-tools.ts';
import type { TurnLimits } from './turns.ts';

/** A snapshot made ready to be asked. */
export class Rules {
  readonly policyVersion: string;
  readonly policy: ConversationPolicy;
  readonly turns: TurnLimits;
  readonly phrases: Phrases;
  /** What becomes of a message with a blocked phrase. */
  readonly onPhrase: 'blocked' | 'allowed';
  /** What keeps a tool from being used, if anything does. */
  readonly against: ReturnType<typeof toolRules>;
  readonly #blocked: readonly string[];

  constructor({ policyVersion, policy }: PolicySnapshot) {
    const { tools, turns, content } = policy;
    this.policyVersion = policyVersion;
    this.policy = policy;
    this.turns = turns ?? {};
    this.#blocked = content?.blockedPhrases ?? [];
    this.phrases = new Phrases(this.#blocked);
    this.onPhrase = content?.mode === 'report' ? 'allowed' : 'blocked';
    this.against = toolRules(tools);
  }

  /** Names the phrase of that index for people who know the policy. */
  subject(index: number, runId: string): string {
    return phraseSubject(runId, this.#blocked[index] ?? '', index);
  }
}
