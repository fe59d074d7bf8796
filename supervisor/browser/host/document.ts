import { readFile } from 'node:fs/promises';
import type { PageFiles } from '../host-protocol.ts';

/** Nobody's, for good: names under `.invalid` don't resolve. */
const ORIGIN = 'https://roomd-page.invalid';
export const PAGE_URL: string = `${ORIGIN}/`;
export const ALL_OF_IT: string = `${ORIGIN}/**`;

export interface Answer {
  readonly status: number;
  readonly contentType: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** The page that each call is in: address → what is there. */
export type Site = (url: string) => Answer;

/** Reads the files once. Rejects when one can't be read. */
export async function openSite({ client, script }: PageFiles, bundles: string | undefined): Promise<Site> {
  const headers = {
    'content-security-policy': contentPolicy(bundles),
    // Bots hear and are heard by text alone.
    'permissions-policy': 'camera=(), display-capture=(), geolocation=(), microphone=()',
    'referrer-policy': 'no-referrer',
  };
  const found = (contentType: string, body: string): Answer => ({ status: 200, contentType, headers, body });
  const answers = new Map([
    ['/', found('text/html; charset=utf-8', HTML)],
    ['/client.js', found(SCRIPT, await readFile(client, 'utf8'))],
    ['/page.js', found(SCRIPT, await readFile(script, 'utf8'))],
  ]);
  return (url) => answers.get(new URL(url).pathname) ?? { ...found('text/plain', ''), status: 404 };
}

const SCRIPT = 'text/javascript; charset=utf-8';
const HTML = `<!doctype html>
<html lang="en"><meta charset="utf-8"><title>roomd</title><script src="/client.js"></script><script src="/page.js"></script></html>
`;

/** What Daily's client needs when it avoids `eval`, and from its own addresses alone; media servers may be anywhere. */
export function contentPolicy(bundles?: string): string {
  const origin = bundles === undefined ? [] : [new URL(bundles).origin];
  const sources = {
    'default-src': ["'none'"],
    'script-src': ["'self'", 'blob:', 'https://c.daily.co', 'https://*.daily.co', ...origin],
    'worker-src': ["'self'", 'blob:'],
    'connect-src': ["'self'", 'https:', 'wss:', ...origin, ...origin.map((http) => http.replace(/^http/, 'ws'))],
    'media-src': ['blob:', 'mediastream:'],
    'base-uri': ["'none'"],
    'form-action': ["'none'"],
    'frame-ancestors': ["'none'"],
  };
  return Object.entries(sources)
    .map(([directive, from]) => [directive, ...from].join(' '))
    .join('; ');
}
