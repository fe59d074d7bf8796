import { z } from 'zod';
import type { PolicyLayer } from '../../spec/policy.ts';
import { normalizeLayer } from '../../spec/policy-layer.ts';
import { canonicalJson, sha256 } from '../../spec/version.ts';
import { PolicyError } from './port.ts';
import type { Validators } from './remote-answer.ts';

const MAX_FLOORS = 2_000;

/** The newest that was ever seen of an address: nothing older is taken. It is kept, and survives a restart. */
export const floorSchema = z.object({
  /** Milliseconds since 1970. */
  lastModified: z.number().optional(),
  /** Of each layer, and the hash of what it says; the ones seen last come last. */
  revisions: z.array(z.object({ layer: z.string(), revision: z.number(), hash: z.string() })),
});
export type Floor = z.infer<typeof floorSchema>;

export const NO_FLOOR: Floor = { revisions: [] };

/**
 * The floor after a version has been taken. Throws a PolicyError when the version is older than the floor, or is of the
 * same revision and says something else. `now`: milliseconds since 1970.
 */
export function raiseFloor(
  floor: Floor,
  version: { readonly layers: readonly PolicyLayer[]; readonly validators: Validators },
  now: number,
): Floor {
  const revisions = new Map(floor.revisions.map((known) => [known.layer, known]));
  for (const [key, layer] of named(version.layers)) {
    const { revision } = layer;
    const known = revisions.get(key);
    if (known !== undefined && (revision ?? -1) < known.revision) {
      const got = revision === undefined ? 'none' : String(revision);
      throw new PolicyError(`layer ${key}: expected revision ${known.revision} or newer, got ${got}`);
    }
    if (revision === undefined) continue;
    const hash = sha256(canonicalJson(layer));
    if (known?.revision === revision && known.hash !== hash) {
      throw new PolicyError(
        `layer ${key}: expected revision ${revision} to stay as it was: raise it with every change`,
      );
    }
    // Set anew, so that the ones that go when there are too many are those that weren't seen for longest.
    revisions.delete(key);
    revisions.set(key, { layer: key, revision, hash });
  }
  const modified = millisecondsOf(version.validators.lastModified);
  if (modified !== undefined && floor.lastModified !== undefined && modified < floor.lastModified) {
    throw new PolicyError(`expected a version modified at ${iso(floor.lastModified)} or later, got ${iso(modified)}`);
  }
  // A server whose clock is fast must not lock out its own future.
  const newest =
    modified === undefined ? floor.lastModified : Math.max(floor.lastModified ?? 0, Math.min(modified, now));
  return {
    ...(newest !== undefined && { lastModified: newest }),
    revisions: [...revisions.values()].slice(-MAX_FLOORS),
  };
}

/**
 * Throws a PolicyError when the next version drops what the one in force says, instead of saying otherwise: half of an
 * export or an empty answer must not lift restrictions. A layer with a revision goes after a version in which it is empty.
 */
export function assertNothingLost(inForce: readonly PolicyLayer[], next: readonly PolicyLayer[]): void {
  const nextByName = named(next);
  for (const [key, layer] of named(inForce)) {
    if (layer.revision === undefined || !saysSomething(layer) || nextByName.has(key)) continue;
    throw new PolicyError(`layer ${key}: expected it, got none: to drop it, publish it empty with a higher revision`);
  }
  const isSilent = next.every((layer) => layer.revision === undefined && !saysSomething(layer));
  if (isSilent && inForce.some(saysSomething)) {
    throw new PolicyError(
      'expected a layer that says something, got none: to drop all, publish an empty one with a revision',
    );
  }
}

function saysSomething(layer: PolicyLayer): boolean {
  return Object.keys(normalizeLayer(layer)).length > 0;
}

/** Layers by their `policyId`, or by where they stand. */
function named(layers: readonly PolicyLayer[]): Map<string, PolicyLayer> {
  const all = new Map<string, PolicyLayer>();
  layers.forEach((layer, i) => {
    const name = layer.policyId ?? `#${i + 1}`;
    let key = name;
    for (let n = 2; all.has(key); n++) key = `${name} (${n})`;
    all.set(key, layer);
  });
  return all;
}

function millisecondsOf(httpDate: string | undefined): number | undefined {
  const ms = httpDate === undefined ? Number.NaN : Date.parse(httpDate);
  return Number.isFinite(ms) ? ms : undefined;
}

function iso(ms: number): string {
  return new Date(ms).toISOString();
}
