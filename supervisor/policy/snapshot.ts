import { writeFileSync } from 'node:fs';
import { composePolicy, type NamedLayer } from '../../spec/compose.ts';
import { foldedLength } from '../../spec/phrases.ts';
import type { Constraints, ConversationPolicy, PolicySnapshot } from '../../spec/policy.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { PolicyError } from './port.ts';

export interface ComposedSnapshot extends PolicySnapshot {
  /** Path of a field of `policy` → the layers that gave it. */
  readonly provenance: Record<string, string[]>;
}

/** Of all blocked phrases, restrictions included, as they are looked for: what finds them takes 18 bytes for each. */
const MAX_PHRASE_UNITS = 500_000;

/**
 * Composes layers, weakest claim first, and names the result by its hash. Throws a PolicyError when the phrases are too
 * much for everybody else in this process.
 */
export function composeSnapshot(layers: readonly NamedLayer[]): ComposedSnapshot {
  const { policy, provenance } = composePolicy(layers);
  const units = phraseUnits(policy);
  if (units > MAX_PHRASE_UNITS) {
    throw new PolicyError(
      `content.blockedPhrases: expected at most ${MAX_PHRASE_UNITS} characters in all, got ${units}`,
    );
  }
  return {
    policyVersion: sha256(canonicalJson(policy)),
    layers: ['defaults', ...layers.map((layer) => layer.name)],
    policy,
    provenance,
  };
}

/** Writes the file that a bot reads at `BOT_POLICY_PATH`; only its owner may. */
export function writeSnapshot(file: string, { policyVersion, layers, policy }: PolicySnapshot): void {
  const snapshot: PolicySnapshot = { policyVersion, layers, policy };
  writeFileSync(file, `${JSON.stringify(snapshot)}\n`, { mode: 0o600, flag: 'wx' });
}

function phraseUnits(policy: ConversationPolicy): number {
  const restrictions = (policy.enforcement ?? []).flatMap((rule) => (rule.action === 'restrict' ? [rule.to] : []));
  return [policy, ...restrictions].reduce((sum, constraints) => sum + unitsOf(constraints), 0);
}

function unitsOf({ content }: Constraints): number {
  const phrases = content?.blockedPhrases ?? [];
  // Of ASCII each character is one unit, and nothing has to be folded for that to be known.
  const others = phrases.filter((phrase) => NOT_ASCII.test(phrase));
  const ascii =
    phrases.reduce((sum, phrase) => sum + phrase.length, 0) - others.reduce((sum, { length }) => sum + length, 0);
  return ascii + foldedLength(others);
}

const NOT_ASCII = /[^\x20-\x7e]/;
