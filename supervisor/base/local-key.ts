import { randomBytes } from 'node:crypto';
import { link, open, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';

const FILE = 'local.key';
const KEY_BYTES = 32;

/**
 * The secret of this data folder, 32 bytes, made when there is none yet: it signs what comes back after a restart. Only
 * the file's owner may read it. Whoever signs several kinds of things derives a key of its own for each.
 * Rejects when the file can't be read or written, or holds something else.
 */
export async function openLocalKey(dataFolder: string): Promise<Buffer> {
  const file = join(dataFolder, FILE);
  const kept = await read(file);
  if (kept !== undefined) return kept;
  const fresh = `${file}.${process.pid}.new`;
  await rm(fresh, { force: true });
  try {
    const handle = await open(fresh, 'wx', 0o600);
    try {
      await handle.write(`${randomBytes(KEY_BYTES).toString('hex')}\n`);
      await handle.sync();
    } finally {
      await handle.close();
    }
    // Whole or not at all; another that was made meanwhile stays.
    await link(fresh, file).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== 'EEXIST') throw error;
    });
  } finally {
    await rm(fresh, { force: true });
  }
  return (await read(file)) as Buffer;
}

async function read(file: string): Promise<Buffer | undefined> {
  let text: string;
  try {
    text = await readFile(file, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  if (!/^[0-9a-f]{64}\n?$/.test(text)) {
    throw new Error(
      `${file}: expected 64 hexadecimal digits; delete it to have a new key, which ends invitations and seats`,
    );
  }
  return Buffer.from(text.trim(), 'hex');
}
