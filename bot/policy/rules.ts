import { Phrases, phraseSubject } from '../../spec/phrases.ts';
import type { ConversationPolicy, PolicySnapshot } from '../../spec/policy.ts';
import { nameMatcher } from '../../spec/runtime/match.ts';
import { hmacSha256Hex } from './hmac.ts';
import type { TurnLimits } from './turns.ts';

/** A snapshot made ready to be asked. */
export class Rules {
  readonly policyVersion: string;
  readonly policy: ConversationPolicy;
  readonly turns: TurnLimits;
  readonly phrases: Phrases;
  /** What becomes of a message with a blocked phrase. */
  readonly onPhrase: 'blocked' | 'allowed';
  readonly #blocked: readonly string[];
  readonly #allow: readonly ((tool: string) => boolean)[];
  readonly #deny: (tool: string) => boolean;

  constructor({ policyVersion, policy }: PolicySnapshot) {
    const { tools, turns, content } = policy;
    this.policyVersion = policyVersion;
    this.policy = policy;
    this.turns = turns ?? {};
    this.#blocked = content?.blockedPhrases ?? [];
    this.phrases = new Phrases(this.#blocked);
    this.onPhrase = content?.mode === 'report' ? 'allowed' : 'blocked';
    this.#allow = (tools?.allow ?? []).map(anyOf);
    this.#deny = anyOf(tools?.deny ?? []);
  }

  /** What keeps a tool from being used: deny wins, and every allow list has to admit it. */
  against(tool: string): 'tools.deny' | 'tools.allow' | undefined {
    if (this.#deny(tool)) return 'tools.deny';
    return this.#allow.every((admits) => admits(tool)) ? undefined : 'tools.allow';
  }

  /** Names the phrase of that index for people who know the policy. */
  subject(index: number, runId: string): string {
    return phraseSubject(hmacSha256Hex, runId, this.#blocked[index] ?? '', index);
  }
}

function anyOf(patterns: readonly string[]): (name: string) => boolean {
  const matchers = patterns.map(nameMatcher);
  return (name) => matchers.some((matches) => matches(name));
}
