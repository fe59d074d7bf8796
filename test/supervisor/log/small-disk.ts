import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { rmSync, statfsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { onTestFinished } from 'vitest';
import { temporaryFolder } from './support.ts';

/** How to get a mount namespace of one's own here, and how to join it. */
const WAYS = [
  { unshare: ['-Urm'], nsenter: ['-U', '-m', '--preserve-credentials'] },
  { unshare: ['-m'], nsenter: ['-m'] },
];
const MOUNT = 'mount -t tmpfs -o size="$1" none "$2"';
const way = WAYS.find(
  ({ unshare }) => spawnSync('unshare', [...unshare, 'sh', '-c', MOUNT, '', '1m', '/mnt']).status === 0,
);

/** False where a file system can't be mounted; in CI it has to be. */
export const canMount = way !== undefined || process.env.CI !== undefined;
export const whyNoMount = 'skipped: needs `unshare -Urm` and `mount -t tmpfs`, which are not allowed here';

/** A real file system of a size in MiB, in memory, for as long as the test lasts. */
export async function smallDisk(size: number) {
  if (way === undefined) throw new Error(`CI needs \`unshare -Urm\` and \`mount -t tmpfs\``);
  const folder = await temporaryFolder();
  const script = `${MOUNT} && echo mounted && exec cat`;
  // The file system lives in this process's namespace, and goes with it.
  const holder = spawn('unshare', [...way.unshare, 'sh', '-c', script, '', `${size}m`, folder], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const seen = join(`/proc/${holder.pid}/root`, folder);
  const free = () => statfsSync(seen).bavail * statfsSync(seen).bsize;
  return {
    folder,
    /** The same folder, as this process sees it. */
    seen,
    /** The command to run something with the file system. */
    prefix: ['nsenter', '-t', String(holder.pid), ...way.nsenter, '--'],
    free,
    /** A file that takes what is free, but for so many bytes. */
    fill: (leave: number) => writeFileSync(join(seen, 'filler'), Buffer.alloc(free() - leave, 1)),
    unfill: () => rmSync(join(seen, 'filler')),
  };
}
