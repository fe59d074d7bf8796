import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { canonicalSpec, sha256 } from '../version.ts';
import { checkSpec } from './check.ts';
import { docsFolder, generateDocs } from './docs.ts';
import { SpecError, type SpecSources, specFolder } from './load.ts';
import { canonicalModule, commandTypes, NoCompilerError, registry, topicTypes } from './typescript.ts';
import { validatorsModule, validatorsTypes } from './validators.ts';

/** Files by name, and what belongs in them: `generated/…` in the spec folder, `docs/…` beside it. */
export type Files = ReadonlyMap<string, string>;

/** All of it. Throws a SpecError when the sources fail their check, a NoCompilerError outside of a checkout. */
export async function generate(sources: SpecSources): Promise<Files> {
  return new Map([...generateCode(sources), ...docs(sources), ...(await generateTypes(sources))]);
}

/** All of it, or outside of a checkout what runs. Throws a SpecError when the sources fail their check. */
export async function generateAvailable(sources: SpecSources): Promise<{ files: Files; complete: boolean }> {
  try {
    return { files: await generate(sources), complete: true };
  } catch (error) {
    if (error instanceof NoCompilerError)
      return { files: new Map([...generateCode(sources), ...docs(sources)]), complete: false };
    throw error;
  }
}

/** What runs. */
function generateCode(sources: SpecSources): Files {
  refuseFaults(sources);
  const canonical = canonicalSpec(sources.topics, sources.forwarding);
  return new Map([
    ['generated/registry.ts', registry(sources)],
    ['generated/canonical.ts', canonicalModule(canonical)],
    ['generated/validators.js', validatorsModule(sources)],
    ['generated/validators.d.ts', validatorsTypes],
    ['generated/spec-version.json', versionFile(canonical)],
  ]);
}

function versionFile(canonical: string): string {
  return `${JSON.stringify({ specVersion: sha256(canonical) }, null, 2)}\n`;
}

function refuseFaults(sources: SpecSources): void {
  const problems = checkSpec(sources);
  if (problems.length > 0) throw new SpecError(problems);
}

/** What people read. */
function docs(sources: SpecSources): [string, string][] {
  return [...generateDocs(sources)].map(([name, content]) => [`docs/${name}`, content]);
}

/** What only TypeScript reads. */
async function generateTypes(sources: SpecSources): Promise<Files> {
  return new Map([
    ['generated/topics.ts', await topicTypes(sources.topics)],
    ['generated/command.ts', await commandTypes(sources.command)],
  ]);
}

/** Names of the files that differ from what stands in their folders. Where there are no docs, none are expected. */
export function staleFiles(files: Files, spec: string = specFolder): string[] {
  const hasDocs = existsSync(docsFolder(spec));
  const stale: string[] = [];
  for (const [name, content] of files) {
    if (name.startsWith('docs/') && !hasDocs) continue;
    let current = '';
    try {
      current = readFileSync(pathOf(name, spec), 'utf8');
    } catch {
      // absent: stale
    }
    if (current !== content) stale.push(name);
  }
  return stale;
}

/** Writes all of it beside the sources; returns the names of the files. */
export async function writeGenerated(sources: SpecSources, spec: string = specFolder): Promise<string[]> {
  const files = await generate(sources);
  for (const [name, content] of files) write(pathOf(name, spec), content);
  return [...files.keys()];
}

/** Writes what the author of a bot needs, and nothing of roomd's own; returns the names of the files. */
export async function writeForBots(sources: SpecSources, folder: string): Promise<string[]> {
  refuseFaults(sources);
  const files = new Map([
    ['topics.ts', await topicTypes(sources.topics)],
    ['command.ts', await commandTypes(sources.command)],
    ['registry.ts', registry(sources, 'alone')],
    ['schemas.json', schemasOf(sources)],
    ['spec-version.json', versionFile(canonicalSpec(sources.topics, sources.forwarding))],
  ]);
  for (const [name, content] of files) write(join(folder, name), content);
  return [...files.keys()];
}

/** Payload schemas by topic, for validators of any kind. */
function schemasOf({ topics }: SpecSources): string {
  return `${JSON.stringify(Object.fromEntries(topics.map(({ id, schema }) => [id, schema])), null, 2)}\n`;
}

function pathOf(name: string, spec: string): string {
  return name.startsWith('docs/') ? join(docsFolder(spec), name.slice('docs/'.length)) : join(spec, name);
}

function write(path: string, content: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, content);
}
