import { closeSync, constants, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import type { Line } from './line-queue.ts';

/**
 * Leaves lines where the supervisor will look for them: whole and on disk, or not at all. Only their owner may read
 * them. Throws when the disk takes nothing.
 */
export function writeSpill(path: string, lines: readonly Line[]): void {
  const part = `${path}.part`;
  // Of an earlier try that came to nothing.
  rmSync(part, { force: true });
  // Synchronous writing instead of fsync, which Node's permission model keeps from a bot.
  const { O_WRONLY, O_CREAT, O_EXCL, O_SYNC } = constants;
  const file = openSync(part, O_WRONLY | O_CREAT | O_EXCL | O_SYNC, 0o600);
  try {
    writeFileSync(file, `${lines.map(({ text }) => text).join('\n')}\n`);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
  syncFolder(dirname(path));
}

/** So that the new name, too, outlives a loss of power. Under the permission model that is left to the file system. */
function syncFolder(path: string): void {
  const folder = openSync(path, 'r');
  try {
    fsyncSync(folder);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ERR_ACCESS_DENIED') throw error;
  } finally {
    closeSync(folder);
  }
}
