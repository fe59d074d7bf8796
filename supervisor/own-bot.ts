import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

/** The command of roomd's own bot: the bundle that the build makes. Throws when it isn't built. */
export function ownBotCommand(): string[] {
  const fromSource = import.meta.url.endsWith('.ts');
  const bundle = fileURLToPath(new URL(fromSource ? '../dist/bot.cjs' : './bot.cjs', import.meta.url));
  if (!existsSync(bundle)) throw new Error(`the bot isn't built: expected ${bundle}; run ./scripts/setup`);
  return [process.execPath, bundle];
}
