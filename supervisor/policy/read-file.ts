import { constants, type FileHandle, open, stat } from 'node:fs/promises';
import { PolicyError } from './port.ts';

export const MAX_BYTES = 2 ** 20;
const NOT_A_FILE = 'expected a regular file';

/**
 * The text of a regular file of at most 1 MiB, in UTF-8; symbolic links are followed. Throws a PolicyError without
 * its name. A pipe or a device is refused without waiting for what is at its other end.
 */
export async function readPolicyFile(file: string): Promise<string> {
  let handle: FileHandle | undefined;
  try {
    if (!(await stat(file)).isFile()) throw new PolicyError(NOT_A_FILE);
    handle = await open(file, constants.O_RDONLY | constants.O_NONBLOCK);
    // Looked at again: it may be another one by now.
    if (!(await handle.stat()).isFile()) throw new PolicyError(NOT_A_FILE);
    return decode(await readUpTo(handle, MAX_BYTES));
  } catch (error) {
    if (error instanceof PolicyError) throw error;
    const { code } = error as NodeJS.ErrnoException;
    throw new PolicyError(`can't be read (${code ?? 'unknown error'})`);
  } finally {
    await handle?.close();
  }
}

/** Bytes → text; a PolicyError when they aren't UTF-8. */
export function decode(bytes: Uint8Array): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw new PolicyError('expected UTF-8');
  }
}

async function readUpTo(handle: FileHandle, max: number): Promise<Uint8Array> {
  const chunks: Buffer[] = [];
  let size = 0;
  for (;;) {
    const { bytesRead, buffer } = await handle.read(Buffer.alloc(64 * 1024), 0, 64 * 1024);
    if (bytesRead === 0) return Buffer.concat(chunks);
    size += bytesRead;
    if (size > max) throw new PolicyError('expected at most 1 MiB, got more');
    chunks.push(buffer.subarray(0, bytesRead));
  }
}
