import { resolve } from 'node:path';
import type { SpecSources } from '../../spec/codegen/load.ts';
import { CliError, type Io } from './io.ts';

export interface SpecOptions {
  json?: boolean;
  /** Folders of topics of one's own. */
  topics?: string[];
}

/** The contract's sources, with the topics of one's own that the options name, and the hash of all. */
export async function loadSources({ topics = [] }: SpecOptions, io: Pick<Io, 'cwd'>): Promise<Sources> {
  const [{ loadSpec, specFolder }, { canonicalSpec, sha256 }] = await Promise.all([
    import('../../spec/codegen/load.ts'),
    import('../../spec/version.ts'),
  ]);
  const folders = ownFolders(topics, io);
  const sources = await asCliError(() => loadSpec(specFolder, folders));
  return { sources, version: () => sha256(canonicalSpec(sources.topics, sources.forwarding)) };
}

export interface Sources {
  readonly sources: SpecSources;
  version(): string;
}

/** Absolute, each once. */
export function ownFolders(topics: readonly string[], { cwd }: Pick<Io, 'cwd'>): string[] {
  return [...new Set(topics.map((folder) => resolve(cwd, folder)))];
}

const FAULTS = new Set(['SpecError', 'NoCompilerError']);

/** What is wrong with the sources is for the user to read, not a fault of roomd. */
export async function asCliError<T>(work: () => T | Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    throw FAULTS.has((error as Error).name) ? new CliError((error as Error).message) : error;
  }
}
