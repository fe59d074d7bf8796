import { createHash } from 'node:crypto';
import { existsSync, readFileSync, realpathSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/**
 * The command of roomd's own bot: the bundle that the build makes. Node's permission model isolates it: of files it may
 * read those folders (absolute paths, there or not yet) and its own, and write its run's; processes, threads and native
 * code are out of reach. Throws when it isn't built.
 */
export function ownBotCommand(readable: readonly string[]): string[] {
  const fromSource = import.meta.url.endsWith('.ts');
  const start = fileURLToPath(new URL(fromSource ? '../dist/bot.cjs' : './bot.cjs', import.meta.url));
  if (!existsSync(start)) throw new Error(`the bot isn't built: expected ${start}; run ./scripts/setup`);
  return botCommand(start, readable);
}

/** The same for the bot that starts with that file. The process has to start in its run's folder. */
export function botCommand(path: string, readable: readonly string[]): string[] {
  // Node asks for the permission to read what a link stands for.
  const start = realpathSync(path);
  const compile = isSound(start) ? [] : ['--compile'];
  return [process.execPath, ...permissions([dirname(start), ...readable]), start, ...compile];
}

function permissions(readable: readonly string[]): string[] {
  // The dot stands for the run's folder, and for its real path: ROOMD_SPILL_PATH must not lead there by a link.
  const folders = ['.', '/dev/urandom', ...readable];
  return ['--permission', ...folders.map((folder) => `--allow-fs-read=${folder}`), '--allow-fs-write=.'];
}

/** V8 believes what it is given as compiled code, and a damaged file could crash it; without one it compiles. */
function isSound(start: string): boolean {
  const [name = '', expected] = /bot-([0-9a-f]{16})\.code/.exec(readFileSync(start, 'latin1')) ?? [];
  try {
    const code = readFileSync(join(dirname(start), name));
    return createHash('sha256').update(code).digest('hex').slice(0, 16) === expected;
  } catch {
    return false;
  }
}
