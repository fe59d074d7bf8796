import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { type BuildOptions, build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const [outdir = join(root, 'dist')] = process.argv.slice(2);
/** All others are chunks. */
const ENTRIES = ['bot.cjs', 'sqlite-worker.js', 'roomd.js'];
/** Says from when the sources are that the bundles were made of. */
const stamp = join(outdir, '.built');
const shared = {
  absWorkingDir: root,
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
  write: false,
} as const satisfies BuildOptions;

const startedAt = new Date();
const [bot, supervisor] = await Promise.all([
  // One small CommonJS file: the form that Node starts fastest. Everything is inside.
  build({ ...shared, entryPoints: ['./bot/main.ts'], outfile: `${outdir}/bot.cjs`, format: 'cjs', minify: true }),
  // What `npm install roomd` runs: our code bundled, its dependencies beside it.
  build({
    ...shared,
    entryPoints: { roomd: './supervisor/main.ts', 'sqlite-worker': './supervisor/log/sqlite-worker.ts' },
    outdir,
    format: 'esm',
    packages: 'external',
    splitting: true,
    chunkNames: '[name]-[hash]',
  }),
]);
await mkdir(outdir, { recursive: true });
// A supervisor may be running from here: no file is ever absent or half there, and chunks come before who loads them.
const files = new Map([...supervisor.outputFiles, ...bot.outputFiles].map((file) => [basename(file.path), file]));
for (const name of [...files.keys()].sort((a, b) => ENTRIES.indexOf(a) - ENTRIES.indexOf(b))) {
  await replace(name, files.get(name)?.contents ?? new Uint8Array());
}
for (const name of await readdir(outdir)) {
  if (!files.has(name) && !name.startsWith('.')) await rm(join(outdir, name), { recursive: true });
}
await writeFile(stamp, '');
// A source that was changed meanwhile may not be inside.
await utimes(stamp, startedAt, startedAt);

async function replace(name: string, contents: Uint8Array): Promise<void> {
  const fresh = join(outdir, `.${name}.${process.pid}`);
  await writeFile(fresh, contents, { mode: name === 'roomd.js' ? 0o755 : 0o644 });
  await rename(fresh, join(outdir, name));
}
