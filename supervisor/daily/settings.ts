import { addressProblem } from '../base/addresses.ts';

const DAILYS_OWN = 'https://api.daily.co/v1';
/** What Daily takes for the name of a room. */
export const ROOM_NAME: RegExp = /^[A-Za-z0-9_-]{1,128}$/;

type Env = Readonly<Record<string, string | undefined>>;

/** Where Daily's REST API is, and the key for it; undefined: there is none. Throws when the address can't be used. */
export function apiOf(
  { apiKeyEnv, apiUrl }: { readonly apiKeyEnv: string; readonly apiUrl?: string | undefined },
  env: Env,
): { readonly url: string; readonly key: string; readonly keyEnv: string } | undefined {
  const key = env[apiKeyEnv]?.trim();
  if (key === undefined || key === '') return undefined;
  const url = apiUrl ?? (env.DAILY_API_URL || DAILYS_OWN);
  const problem = addressProblem(url, { hasToken: true });
  if (problem !== undefined) throw new Error(`DAILY_API_URL: ${problem}`);
  if (/\s/.test(key)) throw new Error(`${apiKeyEnv}: expected an API key, got something with a space in it`);
  return { url, key, keyEnv: apiKeyEnv };
}

/** The secret that webhooks are signed with. `problem`: there is none, or it is no secret. */
export function webhookSecret(
  secretEnv: string,
  env: Env,
):
  | { readonly ok: true; readonly secret: Buffer }
  | { readonly ok: false; readonly missing: boolean; readonly problem: string } {
  const text = env[secretEnv]?.trim() ?? '';
  if (text === '') {
    const problem = `expected the secret of Daily's webhooks in ${secretEnv}; it is the \`hmac\` that they were made with`;
    return { ok: false, missing: true, problem };
  }
  const secret = /^[A-Za-z0-9+/]+={0,2}$/.test(text) ? Buffer.from(text, 'base64') : Buffer.alloc(0);
  if (secret.length > 0) return { ok: true, secret };
  return { ok: false, missing: false, problem: `${secretEnv}: expected a secret in base64, got something else` };
}
