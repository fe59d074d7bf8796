import { readdir, readFile, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { parse } from 'yaml';
import type { NamedLayer } from '../../spec/compose.ts';
import { type PolicyLayer, policyLayer } from '../../spec/policy.ts';

/** A layer that can't be read or isn't one; the spawn that needs it is refused: fail closed. */
export class PolicyError extends Error {
  override name = 'PolicyError';
}

/** Which rooms a layer speaks about is decided by these. */
export interface PolicySubject {
  readonly roomId: string;
  readonly tenantId?: string | undefined;
  readonly assistantId?: string | undefined;
}

/** Reads files and folders of layers, in order, and keeps those that match. Throws a PolicyError with file and reason. */
export async function readLayers(sources: readonly string[], subject: PolicySubject): Promise<NamedLayer[]> {
  const layers: NamedLayer[] = [];
  for (const source of sources) {
    for (const file of await filesOf(source)) {
      const layer = await readLayer(file);
      if (matches(layer, subject)) layers.push({ name: layer.policyId ?? basename(file).slice(0, 128), layer });
    }
  }
  return layers;
}

/** One file, YAML or JSON → a layer, or a PolicyError. */
export async function readLayer(file: string): Promise<PolicyLayer> {
  let value: unknown;
  try {
    value = parse(await readFile(file, 'utf8'));
  } catch (error) {
    throw new PolicyError(`policy layer ${file} can't be read: ${(error as Error).message}`);
  }
  const parsed = policyLayer.safeParse(value ?? {});
  if (parsed.success) return parsed.data;
  const problems = parsed.error.issues.map((issue) => `${issue.path.join('.') || 'the layer'}: ${issue.message}`);
  throw new PolicyError(`policy layer ${file} is invalid: ${problems.join('; ')}`);
}

async function filesOf(source: string): Promise<string[]> {
  try {
    if (!(await stat(source)).isDirectory()) return [source];
    const names = (await readdir(source)).filter((name) => /\.(ya?ml|json)$/.test(name));
    return names.sort().map((name) => join(source, name));
  } catch (error) {
    throw new PolicyError(`policy source ${source} can't be read: ${(error as Error).message}`);
  }
}

function matches({ match }: PolicyLayer, subject: PolicySubject): boolean {
  if (match === undefined) return true;
  return (['tenantId', 'assistantId', 'roomId'] as const).every(
    (key) => match[key] === undefined || match[key] === subject[key],
  );
}
