import { readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';

/** Where the files of a spec come from: a folder on disk, a git revision, a package. Names use `/`. */
export interface SpecFiles {
  /** The names of the JSON files right in a folder, such as `topics`, sorted; '' is the top. Throws when it isn't there. */
  list(folder: string): readonly string[];
  /** Throws when it isn't there. */
  read(file: string): string;
}

/** A descriptor is a page or two. */
const MAX_BYTES = 1_048_576;

export function folderFiles(root: string): SpecFiles {
  return {
    list: (folder) => onlyJson(readdirSync(join(root, folder))),
    read(file) {
      const path = join(root, file);
      const { size } = statSync(path);
      if (size > MAX_BYTES) throw new RangeError(`expected at most ${MAX_BYTES} bytes, got ${size}`);
      return readFileSync(path, 'utf8');
    },
  };
}

/** Files that are in memory, by name. */
export function memoryFiles(files: ReadonlyMap<string, string>): SpecFiles {
  return {
    list(folder) {
      const prefix = folder === '' ? '' : `${folder}/`;
      const names = [...files.keys()]
        .filter((name) => name.startsWith(prefix))
        .map((name) => name.slice(prefix.length));
      return onlyJson(names.filter((name) => !name.includes('/')));
    },
    read(file) {
      const text = files.get(file);
      if (text === undefined) throw new Error(`expected ${file}, and it is not there`);
      return text;
    },
  };
}

function onlyJson(names: readonly string[]): string[] {
  return names.filter((name) => name.endsWith('.json')).sort();
}
