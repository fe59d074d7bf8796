import { build } from 'esbuild';
import { shared } from './shared.ts';

/** What runs in the browser page of a call, beside Daily's client: one script that needs nothing else. */
export async function buildPage(): Promise<Map<string, Uint8Array>> {
  const { outputFiles } = await build({
    ...shared,
    platform: 'browser',
    target: 'chrome120',
    entryPoints: { 'daily-page': './bot/rooms/daily/page/main.ts' },
    outdir: 'dist',
    format: 'iife',
    minify: true,
  });
  return new Map(outputFiles.map(({ contents }) => ['daily-page.js', contents]));
}
