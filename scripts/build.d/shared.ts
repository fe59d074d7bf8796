import { fileURLToPath } from 'node:url';
import type { BuildOptions } from 'esbuild';

/** What all bundles have in common. */
export const shared = {
  absWorkingDir: fileURLToPath(new URL('../..', import.meta.url)),
  bundle: true,
  platform: 'node',
  target: 'node24',
  logLevel: 'warning',
  write: false,
} as const satisfies BuildOptions;
