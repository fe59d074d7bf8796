import { createHash } from 'node:crypto';
import { opendir, stat } from 'node:fs/promises';
import { basename, join } from 'node:path';
import type { PolicyLayer } from '../../spec/policy.ts';
import { parseLayers } from './document.ts';
import type { SourcedLayer } from './order.ts';
import { PolicyError } from './port.ts';
import { readPolicyFile } from './read-file.ts';

const MAX_FILES = 1_000;
const MAX_ENTRIES = 10_000;

interface Parsed {
  readonly hash: string;
  /** Or why it is none. */
  readonly layers: readonly PolicyLayer[] | PolicyError;
}

export interface FilesRead {
  readonly layers: readonly SourcedLayer[];
  /** Of names and contents: equal when nothing has changed. */
  readonly digest: string;
}

/** Files and folders of layers. They are read anew each time; only what has changed since is parsed anew. */
export class PolicyFiles {
  readonly #sources: readonly string[];
  readonly #parsed = new Map<string, Parsed>();

  constructor(sources: readonly string[]) {
    this.#sources = sources;
  }

  /** All layers, in the order of the sources, a folder's by name. Rejects with a PolicyError that names the file. */
  async read(): Promise<FilesRead> {
    const layers: SourcedLayer[] = [];
    const digest = createHash('sha256');
    const files = new Set(await this.#files());
    for (const file of this.#parsed.keys()) if (!files.has(file)) this.#parsed.delete(file);
    for (const file of files) {
      const text = await readPolicyFile(file).catch((error: unknown) => {
        throw about('layer', file, error);
      });
      const hash = createHash('sha256').update(text).digest('hex');
      digest.update(`${file}\0${hash}\0`);
      for (const layer of this.#parse(file, text, hash)) layers.push({ from: 'file', source: basename(file), layer });
    }
    return { layers, digest: digest.digest('hex') };
  }

  /**
   * What tells whether a file has changed without reading it, and when the youngest did, in milliseconds since 1970.
   * Rejects with a PolicyError. Links are followed, so that a swapped one counts.
   */
  async fingerprint(): Promise<{ text: string; changedAt: number }> {
    const parts: string[] = [];
    let changedAt = 0;
    for (const file of await this.#files()) {
      const { dev, ino, size, mtimeNs, ctimeNs } = await stat(file, { bigint: true }).catch((error: unknown) => {
        throw about('layer', file, error);
      });
      parts.push([file, dev, ino, size, mtimeNs, ctimeNs].join(' '));
      changedAt = Math.max(changedAt, Number(ctimeNs / 1_000_000n), Number(mtimeNs / 1_000_000n));
    }
    return { text: parts.join('\n'), changedAt };
  }

  #parse(file: string, text: string, hash: string): readonly PolicyLayer[] {
    let known = this.#parsed.get(file);
    if (known?.hash !== hash) {
      known = { hash, layers: layersOrError(text) };
      this.#parsed.set(file, known);
    }
    if (known.layers instanceof PolicyError) throw about('layer', file, known.layers);
    return known.layers;
  }

  async #files(): Promise<string[]> {
    const files: string[] = [];
    for (const source of this.#sources) {
      try {
        if ((await stat(source)).isDirectory()) files.push(...(await filesIn(source)));
        else files.push(source);
      } catch (error) {
        throw about('source', source, error);
      }
    }
    return files;
  }
}

async function filesIn(folder: string): Promise<string[]> {
  const names: string[] = [];
  let entries = 0;
  for await (const { name } of await opendir(folder)) {
    // Hidden ones are editors' locks and half-written copies.
    if (/^[^.].*\.(?:ya?ml|json)$/.test(name)) names.push(name);
    if (++entries > MAX_ENTRIES || names.length > MAX_FILES) {
      throw new PolicyError(`expected at most ${MAX_FILES} files in the folder`);
    }
  }
  return names.sort().map((name) => join(folder, name));
}

function layersOrError(text: string): PolicyLayer[] | PolicyError {
  try {
    return parseLayers(text);
  } catch (error) {
    if (error instanceof PolicyError) return error;
    throw error;
  }
}

function about(what: 'layer' | 'source', path: string, error: unknown): PolicyError {
  const { code } = error as NodeJS.ErrnoException;
  const reason = error instanceof PolicyError ? error.reason : `can't be read (${code ?? 'unknown error'})`;
  return new PolicyError(`policy ${what} ${path}: ${reason}`, { source: basename(path) || path, reason });
}
