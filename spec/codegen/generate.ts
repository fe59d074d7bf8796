import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalSpec, sha256 } from '../version.ts';
import { checkSpec } from './check.ts';
import { SpecError, type SpecSources, specFolder } from './load.ts';
import { canonicalModule, commandTypes, registry, topicTypes } from './typescript.ts';
import { validatorsModule, validatorsTypes } from './validators.ts';

/** File names of `spec/generated/` and what belongs in them. Throws a SpecError when the sources fail their check. */
export async function generate(sources: SpecSources): Promise<Map<string, string>> {
  const problems = checkSpec(sources);
  if (problems.length > 0) throw new SpecError(problems);
  const canonical = canonicalSpec(sources.topics, sources.forwarding);
  return new Map([
    ['topics.ts', await topicTypes(sources.topics)],
    ['command.ts', await commandTypes(sources.command)],
    ['registry.ts', registry(sources)],
    ['canonical.ts', canonicalModule(canonical)],
    ['validators.js', validatorsModule(sources)],
    ['validators.d.ts', validatorsTypes],
    ['spec-version.json', `${JSON.stringify({ specVersion: sha256(canonical) }, null, 2)}\n`],
  ]);
}

/** Names of the generated files that differ from what the sources say. */
export async function staleFiles(sources: SpecSources, folder = join(specFolder, 'generated')): Promise<string[]> {
  const stale: string[] = [];
  for (const [name, content] of await generate(sources)) {
    let current = '';
    try {
      current = readFileSync(join(folder, name), 'utf8');
    } catch {
      // absent: stale
    }
    if (current !== content) stale.push(name);
  }
  return stale;
}

/** Writes `spec/generated/`; returns the names of the files. */
export async function writeGenerated(sources: SpecSources, folder = join(specFolder, 'generated')): Promise<string[]> {
  const files = await generate(sources);
  mkdirSync(folder, { recursive: true });
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return [...files.keys()];
}
