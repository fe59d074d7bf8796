import { createRequire } from 'node:module';
import { fileURLToPath } from 'node:url';
import type { PageFiles } from './host-protocol.ts';

/** What a page for Daily runs: the client of the installed package, unmodified, and the script that the build makes. */
export function pageFiles(): PageFiles {
  const fromSource = import.meta.url.endsWith('.ts');
  return {
    client: createRequire(import.meta.url).resolve('@daily-co/daily-js'),
    script: fileURLToPath(new URL(fromSource ? '../../dist/daily-page.js' : './daily-page.js', import.meta.url)),
  };
}
