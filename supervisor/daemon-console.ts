import { fileURLToPath } from 'node:url';

/** Where the build puts the console's files: absolute, beside the bundle of the supervisor. */
export function consoleFolder(): string {
  const fromSource = import.meta.url.endsWith('.ts');
  return fileURLToPath(new URL(fromSource ? '../dist/console' : './console', import.meta.url));
}
