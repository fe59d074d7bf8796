import { writeFileSync } from 'node:fs';
import { composePolicy, type NamedLayer } from '../../spec/compose.ts';
import type { PolicySnapshot } from '../../spec/policy.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';

export interface ComposedSnapshot extends PolicySnapshot {
  /** Path of a field of `policy` → the layers that gave it. */
  readonly provenance: Record<string, string[]>;
}

/** Composes layers, weakest claim first, and names the result by its hash. */
export function composeSnapshot(layers: readonly NamedLayer[]): ComposedSnapshot {
  const { policy, provenance } = composePolicy(layers);
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
