import { resolve } from 'node:path';
import { CliError, type Io, print, wantsJson } from './io.ts';
import { asCliError, loadSources, type SpecOptions } from './spec-sources.ts';

/** `roomd spec check`: the sources of the contract keep their promises, and what is generated from them is fresh. */
export async function specCheck(options: SpecOptions, io: Io): Promise<number> {
  const [{ checkSpec }, { generateAvailable, staleFiles }, { sources, version }] = await Promise.all([
    import('../../spec/codegen/check.ts'),
    import('../../spec/codegen/generate.ts'),
    loadSources(options, io),
  ]);
  const problems = checkSpec(sources);
  if (problems.length === 0) {
    // What is generated is of the built-in contract alone.
    const builtIn = sources.own.size === 0 ? sources : (await loadSources({}, io)).sources;
    const { files, complete } = await generateAvailable(builtIn);
    if (!complete) print(io.err, 'roomd: the generated types are left out: comparing them needs a checkout of roomd');
    problems.push(...staleFiles(files).map((file) => `${file}: is out of date; run \`roomd spec codegen\``));
  }
  if (problems.length > 0) throw new CliError(problems.join('\n'));
  const { length } = sources.topics;
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify({ ok: true, topics: length, specVersion: version() }));
  else print(io.out, `${length} topics, ${version()}`);
  return 0;
}

interface OutOptions extends SpecOptions {
  out?: string;
}

/** `roomd spec codegen`: writes what is generated from the sources; for topics of one's own into a folder of theirs. */
export async function specCodegen(options: OutOptions, io: Io): Promise<number> {
  const { writeGenerated, writeForBots } = await import('../../spec/codegen/generate.ts');
  const folder = outFolder(options, io);
  const { sources, version } = await loadSources(options, io);
  const files = await asCliError(() =>
    folder === undefined ? writeGenerated(sources) : writeForBots(sources, folder),
  );
  return report(files, version(), options, io);
}

/** `roomd spec docs`: writes the catalogue of topics and the AsyncAPI document. */
export async function specDocs(options: OutOptions, io: Io): Promise<number> {
  const { writeDocs } = await import('../../spec/codegen/docs.ts');
  const folder = outFolder(options, io);
  const { sources, version } = await loadSources(options, io);
  const files = await asCliError(() => writeDocs(sources, folder));
  return report(files, version(), options, io);
}

/** `roomd spec version`: the hash of the contract as its sources say it now. */
export async function specVersion(options: SpecOptions, io: Io): Promise<number> {
  const { version } = await loadSources(options, io);
  print(io.out, options.json ? JSON.stringify({ specVersion: version() }) : version());
  return 0;
}

/** roomd's own files hold the built-in contract, and nothing else may be written over them. */
function outFolder({ topics = [], out }: OutOptions, io: Io): string | undefined {
  if (out !== undefined) return resolve(io.cwd, out);
  if (topics.length === 0) return undefined;
  throw new CliError("expected --out FOLDER with --topics: roomd's own files are of the built-in topics alone", 2);
}

function report(files: readonly string[], specVersion: string, { json }: OutOptions, io: Io): number {
  if (wantsJson(io, json)) print(io.out, JSON.stringify({ files, specVersion }));
  else print(io.out, `${files.length} files written, ${specVersion}`);
  return 0;
}
