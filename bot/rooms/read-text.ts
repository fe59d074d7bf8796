import { readFile } from 'node:fs';

/** Trying again doesn't make a file appear. */
const LASTING = new Set(['ENOENT', 'ENOTDIR', 'EISDIR', 'EACCES', 'EPERM', 'ELOOP', 'ENAMETOOLONG']);

/** Whether a file that couldn't be read for that reason can't be read a moment later either. */
export function isLasting(code: string): boolean {
  return LASTING.has(code);
}

/** Without node:fs/promises, which takes the bot more than a millisecond to load. */
export function readText(path: string, signal: AbortSignal): Promise<string> {
  return new Promise((resolve, reject) => {
    readFile(path, { encoding: 'utf8', signal }, (error, text) => (error === null ? resolve(text) : reject(error)));
  });
}
