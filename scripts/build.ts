import { rm } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const root = fileURLToPath(new URL('..', import.meta.url));
const outdir = `${root}dist`;
const shared = { absWorkingDir: root, bundle: true, platform: 'node', target: 'node24', logLevel: 'warning' } as const;

await rm(outdir, { recursive: true, force: true });
await Promise.all([
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
