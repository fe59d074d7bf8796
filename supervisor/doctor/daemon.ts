import { specVersion } from '../../spec/spec-version.ts';
import { readBody } from '../base/body.ts';
import { cleanText } from '../base/clean-text.ts';
import type { Config } from '../config.ts';
import { type Finding, fail, ok, type Scope, skipped, type World, warn } from './api.ts';

const DEFAULT_URL = 'http://127.0.0.1:7070';
const MAX_BYTES = 65_536;
/** Of what somebody else says. */
const MAX_WORDS = 500;

/** The one that the other commands talk to, or else the one that this configuration starts. */
export const daemon = {
  name: 'daemon',
  async look(scope: World & Pick<Scope, 'signal'> & Partial<Pick<Scope, 'config'>>): Promise<Finding> {
    const { env, version, config } = scope;
    const given = env.ROOMD_URL || undefined;
    const url = given ?? addressOf(config?.http);
    if (url === undefined) return skipped('http.port is 0, which is any free one: set ROOMD_URL to where it runs');
    if (!isPlain(url)) {
      const found = `ROOMD_URL: expected an address such as ${DEFAULT_URL}, without user and password`;
      return fail(found, 'mend it, or leave it out; a token goes into ROOMD_TOKEN');
    }
    // What else is in it may be a secret.
    const at = new URL(url).origin;
    const health = await ask(url, '/health', scope);
    if (health === undefined) {
      if (given === undefined) return skipped(`nobody answers at ${at}; set ROOMD_URL where one runs elsewhere`);
      return fail(`nobody answers at ${at}`, 'start one with `roomd serve`, or set ROOMD_URL to where it runs');
    }
    if (health.specVersion === undefined)
      return fail(`who answers at ${at} isn't roomd`, 'see ROOMD_URL, and http.port');
    const ready = await ask(url, '/ready', scope);
    if (ready?.ready !== true) {
      const reasons = Array.isArray(ready?.reasons)
        ? cleanText(ready.reasons.map(String).join('; '), MAX_WORDS)
        : 'it gives no reason';
      return fail(`runs at ${at}, and takes no rooms: ${reasons}`, 'see its log');
    }
    if (health.version !== version || health.specVersion !== specVersion) {
      const got = health.version === version ? 'of another spec' : cleanText(String(health.version), MAX_WORDS);
      return warn(`runs at ${at}: expected version ${version}, got ${got}`, 'start it anew with this version');
    }
    return ok(`runs at ${at}, is ready, and of this version`);
  },
};

/** Where it can be reached from here; undefined: nobody knows. Without a configuration: where it is by default. */
function addressOf(http: Config['http'] | undefined): string | undefined {
  if (http === undefined) return DEFAULT_URL;
  const { host, port } = http;
  if (port === 0) return undefined;
  // Who listens everywhere listens here too.
  const here = { '0.0.0.0': '127.0.0.1', '::': '::1' }[host] ?? host;
  return `http://${here.includes(':') ? `[${here}]` : here}:${port}`;
}

function isPlain(text: string): boolean {
  if (!URL.canParse(text)) return false;
  const { protocol, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && username === '' && password === '';
}

/** The answer, whatever its status; empty where it says nothing that is known, undefined where nobody answers. */
async function ask(
  url: string,
  path: string,
  { fetch, signal }: Pick<Scope, 'fetch' | 'signal'>,
): Promise<Record<string, unknown> | undefined> {
  try {
    const response = await fetch(url.replace(/\/+$/, '') + path, { redirect: 'manual', signal });
    const body = await readBody(response, MAX_BYTES);
    return body === undefined ? {} : objectIn(body.toString('utf8'));
  } catch {
    return undefined;
  }
}

function objectIn(text: string): Record<string, unknown> {
  try {
    const value = JSON.parse(text) as unknown;
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
