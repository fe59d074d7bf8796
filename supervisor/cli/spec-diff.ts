import type { Finding } from '../../spec/codegen/diff.ts';
import { CliError, type Io, painter, print } from './io.ts';
import { readReference } from './spec-reference.ts';
import { asCliError, loadSources, ownFolders, type SpecOptions } from './spec-sources.ts';

export interface DiffOptions extends SpecOptions {
  /** A git revision, a folder, or a package's tarball. */
  against: string;
}

/**
 * `roomd spec diff --against REF`: every change of the contract since REF; 1 when one of them breaks somebody. Of topics
 * of one's own, where some are named: then REF is a revision of the repository that they are in, or another such folder.
 */
export async function specDiff(options: DiffOptions, io: Io): Promise<number> {
  const findings = await asCliError(() => compare(options, io));
  const breaking = findings.filter((finding) => finding.breaking).length;
  const compatible = findings.length - breaking;
  if (options.json) {
    for (const finding of findings) print(io.out, JSON.stringify(finding));
    print(io.out, JSON.stringify({ against: options.against, breaking, compatible }));
  } else {
    // Also where it is piped: what a job of a CI says is read by people.
    const paint = painter(io.out, io.env);
    for (const { file, at, breaking: breaks, text } of findings) {
      const kind = breaks ? paint('red', 'breaking  ') : paint('green', 'compatible');
      print(io.out, `${kind}  ${file}${at === '' ? '' : ` ${at}`}: ${text}`);
    }
    print(io.out, `${breaking} breaking, ${compatible} compatible changes since ${options.against}`);
  }
  return breaking > 0 ? 1 : 0;
}

async function compare({ against, topics = [] }: DiffOptions, io: Io): Promise<Finding[]> {
  if (against === '' || against.startsWith('-')) {
    throw new CliError(
      'expected --against to be a git revision, a folder or a package, got what looks like an option',
      2,
    );
  }
  const [{ diffSpec, diffTopics }, { readOwnTopics, readSpec, specFolder }, { folderFiles }] = await Promise.all([
    import('../../spec/codegen/diff.ts'),
    import('../../spec/codegen/load.ts'),
    import('../../spec/codegen/files.ts'),
  ]);
  if (topics.length === 0) {
    const before = readSpec((await readReference(against, specFolder, 'spec', io)).files);
    return diffSpec(before, (await loadSources({}, io)).sources);
  }
  const { sources } = await loadSources({ topics }, io);
  const folders = ownFolders(topics, io);
  // A folder that is REF itself stands for all of them.
  const references = new Map<string, Awaited<ReturnType<typeof readReference>>>();
  for (const folder of folders) {
    const reference = await readReference(against, folder, 'topics', io);
    references.set(reference.name, reference);
  }
  const before = readOwnTopics([...references.values()].filter(({ files }) => files.list('').length > 0));
  const after = readOwnTopics(folders.map((name) => ({ name, files: folderFiles(name) })));
  return diffTopics(before, after, sources);
}
