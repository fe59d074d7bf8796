import { closeSync, fsyncSync, openSync, renameSync, rmSync, writeFileSync } from 'node:fs';
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
  const file = openSync(part, 'wx', 0o600);
  try {
    writeFileSync(file, `${lines.map(({ text }) => text).join('\n')}\n`);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(part, path);
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}
