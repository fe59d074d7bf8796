import type { Command } from 'commander';
import type { Io } from './io.ts';
import { type Done, JSON_OPTION } from './options.ts';

/** What is done with the contract's sources. */
export function addSpec(spec: Command, io: Io, done: Done): void {
  const command = (name: string, description: string) =>
    spec
      .command(name)
      .description(description)
      .option('--topics <folder>', 'a folder of topics of your own; may be given several times', append)
      .option(...JSON_OPTION);
  command('check', 'check the sources, and that what is generated from them is fresh').action(async (options) =>
    done(await (await import('./spec.ts')).specCheck(options, io)),
  );
  command('codegen', 'write what is generated from the sources')
    .option('--out <folder>', 'types, registry, schemas and version for the author of a bot, into this folder')
    .action(async (options) => done(await (await import('./spec.ts')).specCodegen(options, io)));
  command('docs', 'write the catalogue of topics (topics.html) and the AsyncAPI document (asyncapi.json)')
    .option('--out <folder>', 'where to')
    .action(async (options) => done(await (await import('./spec.ts')).specDocs(options, io)));
  command('version', 'print the hash of the contract').action(async (options) =>
    done(await (await import('./spec.ts')).specVersion(options, io)),
  );
  spec
    .command('diff')
    .description('name what has changed since REF, and exit with 1 when a change breaks somebody')
    .requiredOption('--against <ref>', 'a git revision, a spec folder, or a package (.tgz)')
    .option('--topics <folder>', 'compare the topics in this folder instead; may be given several times', append)
    .option('--json', 'one JSON object a line')
    .action(async (options) => done(await (await import('./spec-diff.ts')).specDiff(options, io)));
}

function append(value: string, all: readonly string[] = []): string[] {
  return [...all, value];
}
