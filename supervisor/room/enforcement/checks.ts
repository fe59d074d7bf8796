import { Phrases, phraseSubject } from '../../../spec/phrases.ts';
import type { ConversationPolicy, Rate } from '../../../spec/policy.ts';
import { isAct } from '../../../spec/policy-acts.ts';
import { toolRules } from '../../../spec/policy-tools.ts';
import { nameMatcher } from '../../../spec/runtime/match.ts';
import { canonicalJson, sha256 } from '../../../spec/version.ts';
import { Shared } from './shared.ts';

const MINUTE_MS = 60_000;

type Matcher = (name: string) => boolean;

/** A policy made ready to hold acts against. */
export class PolicyChecks {
  readonly turns: NonNullable<ConversationPolicy['turns']>;
  /** How long a minute of the bot's is by the wall clock. */
  readonly minuteMs: number;
  readonly #rates: readonly { rate: Rate; covers: Matcher }[];
  readonly #against: ReturnType<typeof toolRules>;
  readonly #blocked: readonly string[];
  readonly #phrases: Phrases;

  /** `pace`: the time by which the bot keeps to it runs so many times as fast as the wall clock. */
  constructor({ tools, turns, rates, content }: ConversationPolicy, pace = 1) {
    this.turns = turns ?? {};
    this.minuteMs = MINUTE_MS / pace;
    this.#rates = (rates ?? []).map((rate) => ({
      rate: pace === 1 ? rate : { ...rate, per: rate.per / pace },
      covers: nameMatcher(rate.topic),
    }));
    this.#against = toolRules(tools);
    this.#blocked = content?.blockedPhrases ?? [];
    this.#phrases = phrasesOf(this.#blocked);
  }

  admits(tool: string): boolean {
    return this.#against(tool) === undefined;
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
    return this.#phrases.find(text).map((index) => phraseSubject(runId, this.#blocked[index] ?? '', index));
  }
}

/** Rooms of the same policy share what is made of it. */
const shared = new Shared<PolicyChecks>();

/** By the policy's version, which is its hash, and the pace. */
export function checksFor(
  { policyVersion, policy }: { policyVersion: string; policy: ConversationPolicy },
  pace = 1,
): PolicyChecks {
  return shared.get(`${policyVersion} ${pace}`, () => new PolicyChecks(policy, pace));
}

const sharedPhrases = new Shared<Phrases>();

/** Policies that block the same share what is made of it, and it is made before the first message comes. */
function phrasesOf(blocked: readonly string[]): Phrases {
  return sharedPhrases.get(sha256(canonicalJson(blocked)), () => {
    const phrases = new Phrases(blocked);
    setImmediate(() => phrases.find(''));
    return phrases;
  });
}
