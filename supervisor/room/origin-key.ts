import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../spec/version.ts';
import type { Log } from '../log/port.ts';
import type { RunOrigin } from './run-folder.ts';

const KEY = 'secret/run-origins';

/** Signs whose run a folder is of: the bot may write there too, and must not pass for another room's. */
export class OriginKey {
  readonly #key: Buffer;

  /** The key of this log, made when it has none yet. Rejects when the log closes first. */
  static async load(log: Log): Promise<OriginKey> {
    const kept = await log.document(KEY);
    if (typeof kept === 'string') return new OriginKey(Buffer.from(kept, 'base64'));
    const key = randomBytes(32);
    // Before anything is signed by it: what it signs outlives this process.
    await log.append([], { [KEY]: key.toString('base64') });
    return new OriginKey(key);
  }

  private constructor(key: Buffer) {
    this.#key = key;
  }

  /** 64 hexadecimal digits; for this run and this origin alone. */
  sign(origin: RunOrigin): string {
    return this.#hmac(origin).toString('hex');
  }

  fits(origin: RunOrigin, signature: string): boolean {
    const given = Buffer.from(signature, 'hex');
    const wanted = this.#hmac(origin);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #hmac(origin: RunOrigin): Buffer {
    return createHmac('sha256', this.#key).update(canonicalJson(origin)).digest();
  }
}
