import { readFileSync } from 'node:fs';
import { payloadProblem } from '../../spec/envelope.ts';
import type { PolicySnapshot } from '../../spec/policy.ts';
import { canonicalJson } from '../../spec/version.ts';
import { checkPolicy } from './policy-shape.ts';
import { sha256 } from './sha256.ts';

/** The policy can't be trusted: the bot must not act. The message says what was expected and what was got. */
export class SnapshotError extends Error {
  override name = 'SnapshotError';
}

/** Reads the file at `BOT_POLICY_PATH` and believes it only if the hash and the form are right. Throws a SnapshotError. */
export function readSnapshot(path: string): PolicySnapshot {
  let text: string;
  try {
    text = readFileSync(path, 'utf8');
  } catch (error) {
    throw new SnapshotError(`expected a readable policy snapshot, got ${(error as NodeJS.ErrnoException).code}`);
  }
  return verifySnapshot(text);
}

/** The text of a snapshot → the snapshot. Throws a SnapshotError. */
export function verifySnapshot(text: string): PolicySnapshot {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    throw new SnapshotError('expected a policy snapshot in JSON, got something else');
  }
  if (typeof value !== 'object' || value === null) throw new SnapshotError('expected an object');
  const { policyVersion, layers, policy } = value as Record<string, unknown>;
  // What could not be published as loaded is not loaded.
  const problem = payloadProblem('conversation.policy.loaded', { policyVersion, layers });
  if (problem !== undefined) throw new SnapshotError(problem);
  const checked = checkPolicy(policy);
  if (!checked.ok) throw new SnapshotError(checked.detail);
  const actual = sha256(canonicalJson(policy));
  if (actual !== policyVersion) {
    throw new SnapshotError(`policyVersion: expected the policy's hash ${actual}, got ${policyVersion}`);
  }
  return { policyVersion: actual, layers: layers as string[], policy: checked.policy };
}
