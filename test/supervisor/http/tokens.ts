import { createHash } from 'node:crypto';
import type { Scope } from '../../../supervisor/base/scopes.ts';
import type { Token } from '../../../supervisor/http/caller.ts';

/** A token whose secret is `secret-NAME`. */
export function token(name: string, scopes: readonly Scope[], rooms?: readonly string[]): Token {
  return { name, sha256: createHash('sha256').update(`secret-${name}`).digest('hex'), scopes, ...(rooms && { rooms }) };
}

/** The header that shows it. */
export function bearer(name: string): { authorization: string } {
  return shown(`secret-${name}`);
}

export function shown(secret: string): { authorization: string } {
  return { authorization: `Bearer ${secret}` };
}
