import { existsSync } from 'node:fs';
import { pageFiles } from '../browser/page-files.ts';
import { ownBotCommand } from '../own-bot.ts';
import { type Check, fail, ok } from './api.ts';

/** What the build makes, and a room needs. */
export const bot: Check = {
  name: 'bot',
  look({ config }) {
    try {
      ownBotCommand([]);
    } catch (error) {
      return fail((error as Error).message, 'run ./scripts/setup, or install roomd anew');
    }
    const { script } = pageFiles();
    if (!existsSync(script))
      return fail(`expected ${script}, which isn't there`, 'run ./scripts/setup, or install roomd anew');
    const others = Object.keys(config.bots).filter((name) => name !== 'default').length;
    return ok(`built${others > 0 ? `, and ${others} of your own` : ''}`);
  },
};
