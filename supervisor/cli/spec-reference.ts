import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { execa } from 'execa';
import { folderFiles, memoryFiles, type SpecFiles } from '../../spec/codegen/files.ts';
import { CliError, type Io } from './io.ts';

/** What REF stood for: a name for messages, and the files. */
export interface Reference {
  readonly name: string;
  readonly files: SpecFiles;
}

const FOLDERS = ['topics', 'config', 'schemas'] as const;
/** Ten times what the built-in contract has. */
const MAX_BUFFER = 16 * 1_048_576;

/**
 * The files of a spec folder, or of a folder of topics, as they are at REF. A path that is there wins over a revision of
 * the same name; a revision is one of the repository that `folder` is in. Fails with what was expected and what to do.
 */
export async function readReference(
  ref: string,
  folder: string,
  kind: 'spec' | 'topics',
  io: Pick<Io, 'cwd'>,
): Promise<Reference> {
  const path = resolve(io.cwd, ref);
  const found = await stat(path).catch(() => undefined);
  if (found?.isDirectory()) return { name: ref, files: folderFiles(kind === 'spec' ? await specIn(path, ref) : path) };
  if (found?.isFile()) return { name: ref, files: await unpacked(path, ref, kind) };
  return gitFiles(ref, folder, kind);
}

/** A spec folder, or the package that it is in. */
async function specIn(path: string, ref: string): Promise<string> {
  for (const inner of ['', 'spec', 'package/spec']) {
    const topics = await stat(join(path, inner, 'topics')).catch(() => undefined);
    if (topics?.isDirectory()) return join(path, inner);
  }
  throw new CliError(
    `expected ${ref} to hold the folder topics or spec/topics, and it does not: name a spec folder`,
    2,
  );
}

/** A package as `npm pack` makes it. */
async function unpacked(path: string, ref: string, kind: 'spec' | 'topics'): Promise<SpecFiles> {
  const scratch = await mkdtemp(join(tmpdir(), 'roomd-spec-'));
  try {
    const { exitCode, stderr } = await execa('tar', ['-xf', path, '-C', scratch], { reject: false });
    if (exitCode !== 0) throw new CliError(`expected ${ref} to be a package (.tgz): ${stderr}`, 2);
    const root = kind === 'spec' ? await specIn(scratch, ref) : scratch;
    return await inMemory(folderFiles(root), kind === 'spec' ? FOLDERS : [await onlyFolder(root)]);
  } finally {
    await rm(scratch, { recursive: true, force: true });
  }
}

/** Where a package of topics keeps them: at its top, below `package`, or below `topics` in there. */
async function onlyFolder(root: string): Promise<string> {
  for (const inner of ['package/topics', 'topics', 'package']) {
    if ((await readdir(join(root, inner)).catch(() => [])).some((name) => name.endsWith('.json'))) return inner;
  }
  return '';
}

async function inMemory(files: SpecFiles, folders: readonly string[]): Promise<SpecFiles> {
  const contents = new Map<string, string>();
  for (const folder of folders) {
    const prefix = folder === '' || folders.length === 1 ? '' : `${folder}/`;
    for (const name of files.list(folder)) {
      contents.set(`${prefix}${name}`, files.read(folder === '' ? name : `${folder}/${name}`));
    }
  }
  return memoryFiles(contents);
}

async function gitFiles(ref: string, folder: string, kind: 'spec' | 'topics'): Promise<Reference> {
  const git = (args: readonly string[], input?: string) =>
    execa('git', args, {
      cwd: folder,
      reject: false,
      maxBuffer: MAX_BUFFER,
      stripFinalNewline: false,
      ...(input !== undefined && { input }),
    });
  const parsed = await git(['rev-parse', '--verify', '--quiet', '--end-of-options', `${ref}^{commit}`]);
  if (parsed.exitCode !== 0) {
    const said = parsed.stderr?.trim();
    throw new CliError(
      `expected ${JSON.stringify(ref)} to be a revision of the git repository that holds ${folder}, a folder, or a ` +
        `package (.tgz)${said ? `: ${said}` : ', and it is none'}; a shallow clone may need \`git fetch\` first`,
      2,
    );
  }
  const commit = parsed.stdout.trim();
  const listed = await git(['ls-tree', '-r', '-z', commit]);
  const blobs = [...listed.stdout.matchAll(/\d+ blob ([0-9a-f]+)\t([^\0]+)\0/g)]
    .map(([, id = '', path = '']) => ({ id, path }))
    .filter(({ path }) => isWanted(path, kind));
  if (listed.exitCode !== 0 || (kind === 'spec' && blobs.length === 0)) {
    throw new CliError(`expected a spec in ${folder} at ${ref}, and there is none: name a revision that has one`, 2);
  }
  const texts = await readBlobs(
    folder,
    blobs.map(({ id }) => id),
  );
  const contents = new Map(blobs.map(({ path }, i) => [path, texts[i] ?? '']));
  return { name: `${folder}@${ref}`, files: memoryFiles(contents) };
}

/** The texts of these objects of the repository, in their order, by one process. */
async function readBlobs(folder: string, ids: readonly string[]): Promise<string[]> {
  const input = ids.map((id) => `${id}\n`).join('');
  const { stdout } = await execa('git', ['cat-file', '--batch'], {
    cwd: folder,
    input,
    encoding: 'buffer',
    maxBuffer: MAX_BUFFER,
    stripFinalNewline: false,
  });
  const bytes = Buffer.from(stdout);
  const texts: string[] = [];
  // Each is `ID blob SIZE`, a newline, so many bytes, and a newline.
  for (let at = 0; at < bytes.length; ) {
    const start = bytes.indexOf('\n', at) + 1;
    const end = start + Number(bytes.toString('latin1', at, start).trim().split(' ').at(-1));
    texts.push(bytes.toString('utf8', start, end));
    at = end + 1;
  }
  return texts;
}

function isWanted(path: string, kind: 'spec' | 'topics'): boolean {
  if (!path.endsWith('.json')) return false;
  return kind === 'spec' ? FOLDERS.some((folder) => path.startsWith(`${folder}/`)) : !path.includes('/');
}
