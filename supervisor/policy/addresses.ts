import { addressProblem, isAddress } from '../base/addresses.ts';
import { PolicyError } from './port.ts';

/** A file, a folder, an address, or an address that wants a token. */
export type PolicySource = string | { readonly url: string; readonly tokenEnv?: string | undefined };
export type PolicyEnv = Readonly<Record<string, string | undefined>>;

/** Where to ask and with which token; undefined for a file or folder. Throws a PolicyError; it never shows a token. */
export function addressOf(source: PolicySource, env: PolicyEnv): { url: URL; token: string | undefined } | undefined {
  if (typeof source === 'string' && !isAddress(source)) return undefined;
  const { url: text, tokenEnv } = typeof source === 'string' ? { url: source, tokenEnv: undefined } : source;
  const problem = addressProblem(text, { hasToken: tokenEnv !== undefined });
  if (problem !== undefined) throw new PolicyError(`policy source: ${problem}`);
  const url = new URL(text);
  url.hash = '';
  if (tokenEnv === undefined) return { url, token: undefined };
  const token = env[tokenEnv];
  if (token === undefined || !/^[\x21-\x7e]{1,8192}$/.test(token)) {
    const got = token === undefined || token === '' ? 'nothing' : 'something else';
    throw new PolicyError(
      `expected the token for ${url.origin}${url.pathname} in the variable ${tokenEnv}, of visible ASCII, got ${got}`,
    );
  }
  return { url, token };
}
