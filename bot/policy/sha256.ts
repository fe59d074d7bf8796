import { sha256 as hash } from '@noble/hashes/sha2.js';

/** As `sha256` of spec/version.ts, for a start without node:crypto, which takes the bot 4 ms to load. */
export function sha256(text: string): string {
  return `sha256:${Buffer.from(hash(Buffer.from(text))).toString('hex')}`;
}
