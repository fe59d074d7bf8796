import { constants } from 'node:fs';
import { open } from 'node:fs/promises';
import { MAX_LINE_BYTES } from '../../spec/limits.ts';
import { readLines } from '../child/lines.ts';
import type { LineFault } from '../child/port.ts';

/** Far more than a bot that keeps to its bounds has to leave; what is beyond isn't read. */
const MAX_BYTES = 32 * 1024 * 1024;
const MAX_LINES = 100_000;
/** What is there is a link, a socket, a folder, or nothing. */
const LASTING = ['ELOOP', 'ENXIO', 'EISDIR', 'ENOENT'];

/** One line of the file, or what was in its place. The id is the envelope's if it is one. */
export type SpilledLine =
  | { readonly line: string; readonly id: string | undefined }
  | { readonly fault: LineFault; readonly bytes: number };

export interface Spill {
  readonly lines: readonly SpilledLine[];
  /** Why that isn't all. */
  readonly problem?: string;
}

/**
 * What a bot has left unacknowledged; undefined when it has left nothing. The file is the bot's: whatever is found in
 * its place is read without waiting, without following, and without more memory than the bounds allow. Throws the
 * system's error when it can't be read at the moment: then it has to stay.
 */
export async function readSpill(path: string): Promise<Spill | undefined> {
  const lines: SpilledLine[] = [];
  try {
    const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
    await using file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK);
    const stat = await file.stat();
    if (!stat.isFile()) return { lines, problem: 'expected a regular file' };
    const stream = file.createReadStream({ end: MAX_BYTES - 1, autoClose: false });
    let error: Error | undefined;
    stream.once('error', (cause) => {
      error = cause;
    });
    const add = (line: SpilledLine) => {
      if (lines.length < MAX_LINES) lines.push(line);
      else stream.destroy(new Error(`expected at most ${MAX_LINES} lines`));
    };
    await readLines(stream, MAX_LINE_BYTES, {
      onLine: (line) => add({ line, id: idOf(line) }),
      onFault: (fault, bytes) => add({ fault, bytes }),
    });
    if (error !== undefined && 'code' in error) throw error;
    if (error !== undefined) return { lines, problem: error.message };
    if (stat.size > MAX_BYTES) return { lines, problem: `expected at most ${MAX_BYTES} bytes, got ${stat.size}` };
    return { lines };
  } catch (error) {
    if (isPassing(error)) throw error;
    const { code, message } = error as NodeJS.ErrnoException;
    return code === 'ENOENT' ? undefined : { lines, problem: message };
  }
}

/** The machine's trouble, not the file's: another time it can be read. */
export function isPassing(error: unknown): boolean {
  const { code } = error as NodeJS.ErrnoException;
  return code !== undefined && !LASTING.includes(code);
}

function idOf(line: string): string | undefined {
  try {
    const { id } = JSON.parse(line) as { id?: unknown };
    return typeof id === 'string' ? id : undefined;
  } catch {
    return undefined;
  }
}
