import { mkdir, readdir, rename, rm, utimes, writeFile } from 'node:fs/promises';
import { basename, dirname, join, relative, resolve } from 'node:path';
import { build } from 'esbuild';
import { buildBot } from './build.d/bot.ts';
import { buildPage } from './build.d/browser.ts';
import { buildConsole } from './build.d/console.ts';
import { shared } from './build.d/shared.ts';

const outdir = resolve(process.argv[2] ?? join(shared.absWorkingDir, 'dist'));
/** All others are chunks. */
const ENTRIES = ['bot.cjs', 'console/index.html', 'sqlite-worker.js', 'daily-page.js', 'browser-host.js', 'roomd.js'];
/** Says from when the sources are that the bundles were made of. */
const stamp = join(outdir, '.built');
const startedAt = new Date();
const [bot, page, console, supervisor] = await Promise.all([
  buildBot(),
  buildPage(),
  buildConsole(),
  // What `npm install roomd` runs: our code bundled, its dependencies beside it.
  build({
    ...shared,
    entryPoints: {
      roomd: './supervisor/main.ts',
      'sqlite-worker': './supervisor/log/sqlite-worker.ts',
      'browser-host': './supervisor/browser/host/main.ts',
    },
    outdir,
    format: 'esm',
    packages: 'external',
    splitting: true,
    chunkNames: '[name]-[hash]',
  }),
]);
await mkdir(join(outdir, 'console'), { recursive: true });
// A supervisor may be running from here: no file is ever absent or half there, and what others load comes before them.
const files = new Map([
  ...bot,
  ...page,
  ...console,
  ...supervisor.outputFiles.map(({ path, contents }) => [relative(outdir, path), contents] as const),
]);
for (const name of [...files.keys()].sort((a, b) => ENTRIES.indexOf(a) - ENTRIES.indexOf(b))) {
  await replace(name, files.get(name) ?? '');
}
for (const entry of await readdir(outdir, { recursive: true, withFileTypes: true })) {
  const name = relative(outdir, join(entry.parentPath, entry.name));
  if (!entry.isDirectory() && !files.has(name) && !name.startsWith('.')) await rm(join(outdir, name));
}
await writeFile(stamp, '');
// A source that was changed meanwhile may not be inside.
await utimes(stamp, startedAt, startedAt);

async function replace(name: string, contents: string | Uint8Array): Promise<void> {
  const fresh = join(outdir, dirname(name), `.${basename(name)}.${process.pid}`);
  await writeFile(fresh, contents, { mode: name === 'roomd.js' ? 0o755 : 0o644 });
  await rename(fresh, join(outdir, name));
}
