import { accessSync, constants, statSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { BrowserError } from './api.ts';

/** The small one first. */
const NAMES = ['chromium-headless-shell', 'chromium', 'chromium-browser', 'google-chrome', 'google-chrome-stable'];
const WHAT_TO_DO = "install one, such as Debian's chromium-headless-shell, or set connectors.daily.browser.path";

/**
 * Absolute path of Chromium: the one given, or else the first of its usual names in the folders of `searchPath`, a PATH.
 * Throws a BrowserError that says what to do.
 */
export function findBrowser(given: string | undefined, searchPath: string | undefined): string {
  if (given !== undefined) {
    const problem = isAbsolute(given) ? unusable(given) : 'a relative path';
    if (problem === undefined) return given;
    throw new BrowserError(`${given}: expected a Chromium that may be run, got ${problem}; ${WHAT_TO_DO}`);
  }
  const folders = (searchPath ?? '').split(delimiter).filter(isAbsolute);
  for (const name of NAMES) {
    const found = folders.map((folder) => join(folder, name)).find((path) => unusable(path) === undefined);
    if (found !== undefined) return found;
  }
  throw new BrowserError(`expected ${NAMES.join(' or ')} on the PATH, got none of them; ${WHAT_TO_DO}`);
}

function unusable(path: string): string | undefined {
  try {
    if (!statSync(path).isFile()) return 'no file';
    accessSync(path, constants.X_OK);
    return undefined;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code ?? 'an error';
  }
}
