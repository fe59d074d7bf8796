import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { canonicalSpec, sha256 } from '../version.ts';
import { checkSpec } from './check.ts';
import { SpecError, type SpecSources, specFolder } from './load.ts';
import { canonicalModule, commandTypes, NoCompilerError, registry, topicTypes } from './typescript.ts';
import { validatorsModule, validatorsTypes } from './validators.ts';

/** File names of `spec/generated/` and what belongs in them. */
export type Files = ReadonlyMap<string, string>;

/** All of it. Throws a SpecError when the sources fail their check, a NoCompilerError outside of a checkout. */
export async function generate(sources: SpecSources): Promise<Files> {
  return new Map([...generateCode(sources), ...(await generateTypes(sources))]);
}

/** All of it, or outside of a checkout what runs. Throws a SpecError when the sources fail their check. */
export async function generateAvailable(sources: SpecSources): Promise<{ files: Files; complete: boolean }> {
  try {
    return { files: await generate(sources), complete: true };
  } catch (error) {
    if (error instanceof NoCompilerError) return { files: generateCode(sources), complete: false };
    throw error;
  }
}

/** What runs. */
function generateCode(sources: SpecSources): Files {
  const problems = checkSpec(sources);
  if (problems.length > 0) throw new SpecError(problems);
  const canonical = canonicalSpec(sources.topics, sources.forwarding);
  return new Map([
    ['registry.ts', registry(sources)],
    ['canonical.ts', canonicalModule(canonical)],
    ['validators.js', validatorsModule(sources)],
    ['validators.d.ts', validatorsTypes],
    ['spec-version.json', `${JSON.stringify({ specVersion: sha256(canonical) }, null, 2)}\n`],
  ]);
}

/** What only TypeScript reads. */
async function generateTypes(sources: SpecSources): Promise<Files> {
  return new Map([
    ['topics.ts', await topicTypes(sources.topics)],
    ['command.ts', await commandTypes(sources.command)],
  ]);
}

/** Names of the files that differ from what stands in the folder. */
export function staleFiles(files: Files, folder = join(specFolder, 'generated')): string[] {
  const stale: string[] = [];
  for (const [name, content] of files) {
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
