import { CliError, type Io, print, wantsJson } from './io.ts';

interface JsonOption {
  json?: boolean;
}

/** `roomd spec check`: the sources of the contract keep their promises, and what is generated from them is fresh. */
export async function specCheck(options: JsonOption, io: Io): Promise<number> {
  const [{ checkSpec }, { generateAvailable, staleFiles }, { sources, version }] = await Promise.all([
    import('../../spec/codegen/check.ts'),
    import('../../spec/codegen/generate.ts'),
    loadSources(),
  ]);
  const problems = checkSpec(sources);
  if (problems.length === 0) {
    const { files, complete } = await generateAvailable(sources);
    if (!complete) print(io.err, 'roomd: the generated types are left out: comparing them needs a checkout of roomd');
    problems.push(...staleFiles(files).map((file) => `generated/${file}: is out of date; run \`roomd spec codegen\``));
  }
  if (problems.length > 0) throw new CliError(problems.join('\n'));
  const { length } = sources.topics;
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify({ ok: true, topics: length, specVersion: version() }));
  else print(io.out, `${length} topics, ${version()}`);
  return 0;
}

/** `roomd spec codegen`: writes what is generated from the sources. */
export async function specCodegen(options: JsonOption, io: Io): Promise<number> {
  const { writeGenerated } = await import('../../spec/codegen/generate.ts');
  const { sources, version } = await loadSources();
  const files = await asCliError(() => writeGenerated(sources));
  if (wantsJson(io, options.json)) print(io.out, JSON.stringify({ files, specVersion: version() }));
  else print(io.out, `${files.length} files written, ${version()}`);
  return 0;
}

/** `roomd spec version`: the hash of the contract as its sources say it now. */
export async function specVersion(options: JsonOption, io: Io): Promise<number> {
  const { version } = await loadSources();
  print(io.out, options.json ? JSON.stringify({ specVersion: version() }) : version());
  return 0;
}

async function loadSources() {
  const [{ loadSpec }, { canonicalSpec, sha256 }] = await Promise.all([
    import('../../spec/codegen/load.ts'),
    import('../../spec/version.ts'),
  ]);
  const sources = await asCliError(() => loadSpec());
  return { sources, version: () => sha256(canonicalSpec(sources.topics, sources.forwarding)) };
}

const FAULTS = new Set(['SpecError', 'NoCompilerError']);

async function asCliError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw FAULTS.has((error as Error).name) ? new CliError((error as Error).message) : error;
  }
}
