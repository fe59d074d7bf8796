import { constants, type Stats } from 'node:fs';
import { access, open, rm, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import type { Config } from '../config.ts';
import { type Check, type Finding, fail, ok, warn } from './api.ts';

const MIB = 2 ** 20;
/** For the log to begin with. */
const ROOM_BYTES = 64 * MIB;
const PROBE = '.doctor';

export const data: Check = {
  name: 'data folder',
  async look({ config }) {
    const folder = config.data;
    const there = await stat(folder).catch((error: NodeJS.ErrnoException) => error);
    if (there instanceof Error) return there.code === 'ENOENT' ? makeable(folder, config) : unreadable(folder, there);
    if (!there.isDirectory()) return fail(`${folder} is no folder`, 'choose another with `data`');
    const problem = await writing(folder);
    if (problem !== undefined) return problem;
    return privacy(folder, there) ?? (await space(folder, config, folder));
  },
};

async function makeable(folder: string, config: Config): Promise<Finding> {
  let above = dirname(folder);
  for (; above !== dirname(above); above = dirname(above)) {
    if (
      await stat(above).then(
        () => true,
        () => false,
      )
    )
      break;
  }
  try {
    await access(above, constants.W_OK | constants.X_OK);
  } catch (error) {
    return unwritable(above, error);
  }
  return space(above, config, `${folder} will be made`);
}

/** Undefined: it can be written to. Only writing tells that for sure. */
async function writing(folder: string): Promise<Finding | undefined> {
  const file = join(folder, `${PROBE}.${process.pid}`);
  try {
    const handle = await open(file, 'w', 0o600);
    await handle.close();
    return undefined;
  } catch (error) {
    return unwritable(folder, error);
  } finally {
    await rm(file, { force: true }).catch(() => undefined);
  }
}

/** Undefined: nobody else may look into it. */
function privacy(folder: string, { mode, uid }: Stats): Finding | undefined {
  const own = process.getuid?.();
  if (own !== undefined && own !== uid) {
    return warn(`${folder} is somebody else's (user ${uid})`, `run roomd as that user, or chown ${own} ${folder}`);
  }
  if ((mode & 0o077) === 0) return undefined;
  const got = (mode & 0o777).toString(8).padStart(4, '0');
  return warn(`${folder}: expected mode 0700, got ${got}: others may look into it`, `chmod 700 ${folder}`);
}

async function space(folder: string, { log, forward }: Config, what: string): Promise<Finding> {
  const { bavail, bsize } = await statfs(folder);
  const free = bavail * bsize;
  const held = await stat(join(folder, 'ballast')).then(
    ({ size }) => size,
    () => 0,
  );
  const used = await stat(join(folder, 'events.db')).then(
    ({ size }) => size,
    () => 0,
  );
  const least = Math.max(0, log.ballast - held) + ROOM_BYTES;
  const wanted = least + forward.deadLetters + Math.max(0, (log.maxSize ?? 0) - used);
  const found = `${what}, ${mebibytes(free)} free`;
  const todo = 'make place, or see log.maxSize, log.maxAge, log.ballast and forward.deadLetters';
  if (free < least) return fail(`${found}: expected at least ${mebibytes(least)}`, todo);
  if (free < wanted) return warn(`${found}: log and dead letters may come to ${mebibytes(wanted)}`, todo);
  return ok(found);
}

function unreadable(folder: string, { code }: NodeJS.ErrnoException): Finding {
  return fail(`${folder} can't be looked at (${code})`, 'see to its rights, or choose another with `data`');
}

function unwritable(folder: string, error: unknown): Finding {
  const { code } = error as NodeJS.ErrnoException;
  return fail(`${folder} can't be written to (${code})`, 'see to its rights, or choose another with `data`');
}

function mebibytes(bytes: number): string {
  return `${Math.floor(bytes / MIB)} MiB`;
}
