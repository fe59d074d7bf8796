import { execFileSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';

/** Runs once before all tests: the bundles that are spawned have to be those of these sources. */
export default function build(): void {
  const cwd = fileURLToPath(new URL('../..', import.meta.url));
  execFileSync(process.execPath, ['scripts/build.ts'], { cwd, stdio: 'inherit' });
}
