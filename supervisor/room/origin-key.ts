import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { canonicalJson } from '../../spec/version.ts';
import type { Log } from '../log/port.ts';
import type { RunOrigin, RunProcess } from './run-folder.ts';

const KEY = 'secret/run-origins';

/** What a run's folder says of it: whose it is; and which process it has, and where. No two kinds have the same fields. */
export type Statement = RunOrigin | (RunProcess & { readonly runId: string; readonly path: string });

/** Signs what stands in a run's folder: the bot may write there too, and must not pass for another. */
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

  /** 64 hexadecimal digits; for this statement about this run alone. */
  sign(statement: Statement): string {
    return this.#hmac(statement).toString('hex');
  }

  fits(statement: Statement, signature: string): boolean {
    const given = Buffer.from(signature, 'hex');
    const wanted = this.#hmac(statement);
    return given.length === wanted.length && timingSafeEqual(given, wanted);
  }

  #hmac(statement: Statement): Buffer {
    return createHmac('sha256', this.#key).update(canonicalJson(statement)).digest();
  }
}
