import { type BigIntStats, statSync } from 'node:fs';

/** Whether the files of an open database are still those that their names stand for. */
export class Place {
  readonly #file: string;
  readonly #wal: string;
  readonly #opened: ReadonlyMap<string, BigIntStats | undefined>;

  /** Of a database that has just been opened. */
  constructor(file: string) {
    this.#file = file;
    this.#wal = `${file}-wal`;
    this.#opened = new Map([file, this.#wal].map((path) => [path, look(path)]));
  }

  /** Undefined when they are; else what has happened, and what to do. */
  problem(): string | undefined {
    const file = this.#trouble(this.#file);
    if (file !== undefined) {
      return `${file} while roomd runs: what is accepted now will not be there at the next start; put it back if it was moved, else stop roomd and start it anew`;
    }
    const wal = this.#trouble(this.#wal);
    if (wal !== undefined) {
      return `${wal} while roomd runs: put it back if it was moved, else stop roomd, which saves what is in it, and start it anew; killed before that it loses events`;
    }
    return undefined;
  }

  #trouble(path: string): string | undefined {
    const [opened, found] = [this.#opened.get(path), look(path)];
    if (opened === undefined || (found?.ino === opened.ino && found.dev === opened.dev)) return undefined;
    return `${path} was ${found === undefined ? 'moved or deleted' : 'replaced'}`;
  }
}

/** Exact: the numbers of files may be larger than a double can hold. Undefined when it can't be seen. */
function look(file: string): BigIntStats | undefined {
  try {
    return statSync(file, { bigint: true });
  } catch {
    return undefined;
  }
}
