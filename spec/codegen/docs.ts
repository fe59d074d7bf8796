import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { asyncApi } from './asyncapi.ts';
import { catalogue } from './catalogue.ts';
import { checkSpec } from './check.ts';
import { SpecError, type SpecSources, specFolder } from './load.ts';

/** The documents beside a spec folder. */
export function docsFolder(spec: string = specFolder): string {
  return join(spec, '..', 'docs');
}

/** File names and what belongs in them: a page for people, and the AsyncAPI document for their tools. */
export function generateDocs(sources: SpecSources): ReadonlyMap<string, string> {
  return new Map([
    ['topics.html', catalogue(sources)],
    ['asyncapi.json', `${JSON.stringify(asyncApi(sources), null, 2)}\n`],
  ]);
}

/** Writes them; returns their names. Throws a SpecError when the sources fail their check. */
export function writeDocs(sources: SpecSources, folder: string = docsFolder()): string[] {
  const problems = checkSpec(sources);
  if (problems.length > 0) throw new SpecError(problems);
  mkdirSync(folder, { recursive: true });
  const files = generateDocs(sources);
  for (const [name, content] of files) writeFileSync(join(folder, name), content);
  return [...files.keys()];
}
