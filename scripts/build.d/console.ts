import { readFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { type BuildOptions, build } from 'esbuild';
import { shared } from './shared.ts';

const source = 'supervisor/console';
/** Where the page finds its files: the supervisor serves `dist/console` there. */
const BASE = '/console/';
const options = {
  ...shared,
  platform: 'browser',
  target: ['es2023', 'chrome120', 'firefox121', 'safari17.4'],
  format: 'esm',
  minify: true,
  outdir: 'dist/console',
  entryNames: '[name]-[hash]',
  assetNames: '[name]-[hash]',
  jsx: 'automatic',
  jsxImportSource: 'preact',
  define: { 'process.env.NODE_ENV': '"production"' },
} as const satisfies BuildOptions;

/** The console: a page, what it runs, and its worker, named by their content. */
export async function buildConsole(): Promise<Map<string, string | Uint8Array>> {
  const worker = await build({ ...options, entryPoints: { worker: `${source}/worker/main.ts` } });
  const [workerFile] = worker.outputFiles;
  const WORKER_URL = JSON.stringify(BASE + basename(workerFile?.path ?? ''));
  const page = await build({
    ...options,
    entryPoints: { main: `${source}/main.tsx` },
    define: { ...options.define, WORKER_URL },
  });
  const files = new Map<string, string | Uint8Array>();
  for (const { path, contents } of [...worker.outputFiles, ...page.outputFiles]) {
    files.set(`console/${basename(path)}`, contents);
  }
  const template = await readFile(join(shared.absWorkingDir, source, 'index.html'), 'utf8');
  files.set(
    'console/index.html',
    fill(
      template,
      page.outputFiles.map(({ path }) => basename(path)),
    ),
  );
  return files;
}

function fill(template: string, names: readonly string[]): string {
  const script = names.find((name) => name.endsWith('.js'));
  const style = names.find((name) => name.endsWith('.css'));
  return template.replace('%SCRIPT%', `${BASE}${script}`).replace('%STYLE%', `${BASE}${style}`);
}
