import { apiUrlProblem } from '../base/addresses.ts';

const DAILYS_OWN = 'https://api.daily.co/v1';
/** Bytes: shorter ones can be guessed. */
const MIN_SECRET = 16;

/** Daily can't be used as it is configured. */
export class DailyError extends Error {
  override name = 'DailyError';
  /** Where it is the address or the key of the REST API. */
  readonly of: 'address' | 'key' | undefined;

  constructor(message: string, of?: 'address' | 'key') {
    super(message);
    this.of = of;
  }
}

type Env = Readonly<Record<string, string | undefined>>;

/** Where Daily's REST API is, and the key for it; undefined: there is none. Throws a DailyError when one of them can't be used. */
export function apiOf(
  { apiKeyEnv, apiUrl }: { readonly apiKeyEnv: string; readonly apiUrl?: string | undefined },
  env: Env,
): { readonly url: string; readonly key: string; readonly keyEnv: string } | undefined {
  const key = env[apiKeyEnv]?.trim();
  if (key === undefined || key === '') return undefined;
  const url = apiUrl ?? (env.DAILY_API_URL || DAILYS_OWN);
  const problem = apiUrlProblem(url);
  if (problem !== undefined) throw new DailyError(`DAILY_API_URL: ${problem}`, 'address');
  if (/\s/.test(key)) {
    throw new DailyError(`${apiKeyEnv}: expected an API key, got something with a space in it`, 'key');
  }
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
  if (secret.length >= MIN_SECRET) return { ok: true, secret };
  const got = secret.length === 0 ? 'something else' : `one of ${secret.length}`;
  const problem = `${secretEnv}: expected a secret in base64, of ${MIN_SECRET} bytes or more, got ${got}`;
  return { ok: false, missing: false, problem };
}
