import { isLoopback } from './loopback.ts';

/** Whether a text is an address, such as https://policies.example/rooms.yaml, and no file's name. */
export function isAddress(text: string): boolean {
  return /^[a-z][a-z0-9+.-]*:\/\//i.test(text);
}

/** What is wrong with an address to ask for policy layers; undefined: nothing. It never shows the address. */
export function addressProblem(text: string, { hasToken }: { hasToken: boolean }): string | undefined {
  if (!URL.canParse(text) || !/^https?:$/.test(new URL(text).protocol)) {
    return 'expected an address such as https://policies.example/rooms.yaml';
  }
  const { protocol, hostname, username, password } = new URL(text);
  if (username !== '' || password !== '') {
    return 'expected an address without user and password: put a token into the environment, and its name under tokenEnv';
  }
  if (hasToken && protocol !== 'https:' && !isLoopback(hostname.replace(/^\[|\]$/g, ''))) {
    return 'expected https, since a token is sent';
  }
  return undefined;
}

/** The same of an address to which paths are added, and with a key. */
export function apiUrlProblem(text: string): string | undefined {
  const problem = addressProblem(text, { hasToken: true });
  return problem ?? (/[?#]/.test(text) ? 'expected an address without ? and #: paths are added to it' : undefined);
}
