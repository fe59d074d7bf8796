import { createHmac } from 'node:crypto';
import { phraseSubject } from '../../../spec/phrases.ts';
import type { ConversationPolicy, Rate } from '../../../spec/policy.ts';
import { isAct } from '../../../spec/policy-acts.ts';
import { nameMatcher } from '../../../spec/runtime/match.ts';
import { type PhraseList, phraseListOf } from './phrase-list.ts';

type Matcher = (name: string) => boolean;

/** A policy made ready to hold acts against. */
export class PolicyChecks {
  readonly turns: NonNullable<ConversationPolicy['turns']>;
  readonly #rates: readonly { rate: Rate; covers: Matcher }[];
  readonly #allow: readonly Matcher[];
  readonly #deny: Matcher;
  readonly #blocked: readonly string[];
  readonly #phrases: PhraseList;

  constructor({ tools, turns, rates, content }: ConversationPolicy) {
    this.turns = turns ?? {};
    this.#rates = (rates ?? []).map((rate) => ({ rate, covers: nameMatcher(rate.topic) }));
    this.#allow = (tools?.allow ?? []).map(anyOf);
    this.#deny = anyOf(tools?.deny ?? []);
    this.#blocked = content?.blockedPhrases ?? [];
    this.#phrases = phraseListOf(this.#blocked);
  }

  /** Deny wins, and every allow list has to admit the tool. */
  admits(tool: string): boolean {
    return !this.#deny(tool) && this.#allow.every((admits) => admits(tool));
  }

  get rates(): Rate[] {
    return this.#rates.map(({ rate }) => rate);
  }

  /** Those that count an act of this topic. */
  ratesOf(topic: string): Rate[] {
    return isAct(topic) ? this.#rates.filter(({ covers }) => covers(topic)).map(({ rate }) => rate) : [];
  }

  /** The subjects of the blocked phrases in a text, as that run's bot names them. */
  phrasesIn(text: string, runId: string): string[] {
    return this.#phrases
      .find(text)
      .map((index) => phraseSubject(hmacSha256Hex, runId, this.#blocked[index] ?? '', index));
  }
}

/** Rooms of the same policy share what is made of it. */
const recent = new Map<string, PolicyChecks>();
const MAX_RECENT = 64;

/** By the policy's version, which is its hash. */
export function checksFor({
  policyVersion,
  policy,
}: {
  policyVersion: string;
  policy: ConversationPolicy;
}): PolicyChecks {
  const checks = recent.get(policyVersion) ?? new PolicyChecks(policy);
  recent.delete(policyVersion);
  recent.set(policyVersion, checks);
  for (const oldest of recent.keys()) {
    if (recent.size <= MAX_RECENT) break;
    recent.delete(oldest);
  }
  return checks;
}

function anyOf(patterns: readonly string[]): Matcher {
  const matchers = patterns.map(nameMatcher);
  return (name) => matchers.some((matches) => matches(name));
}

function hmacSha256Hex(key: string, text: string): string {
  return createHmac('sha256', key).update(text).digest('hex');
}
