import type { IncomingMessage } from 'node:http';
import { namesLoopback } from '../base/loopback.ts';
import { Problem } from './problem.ts';

type Headed = Pick<IncomingMessage, 'headers'>;

/**
 * Refuses requests that name another host than this machine's own: a web page that had its name point here
 * would otherwise talk to roomd with the rights of whoever reads the page. Where tokens are asked for it has none.
 */
export function assertLocalHost({ headers: { host = '' } }: Headed): void {
  if (namesLoopback(host)) return;
  throw new Problem(
    'wrong-host',
    `expected Host: localhost, 127.0.0.1 or [::1], got "${host.slice(0, 256)}"; other names need http.tokens`,
  );
}

/**
 * Refuses what a page of another site asks for. Browsers let any page open a WebSocket to this machine, and say only
 * by Origin whose it is; `listed`: other sites whose pages may.
 */
export function assertOwnPage({ headers: { origin, host } }: Headed, listed: readonly string[] = []): void {
  if (origin === undefined || listed.includes(origin) || isOwn(origin, host)) return;
  throw new Problem(
    'cross-site',
    `expected a page of roomd's own, got Origin "${origin.slice(0, 256)}"; http.cors (with http.tokens) lists other sites`,
  );
}

/**
 * Refuses what a browser fetches for another site without saying Origin, such as the address of a picture. Links that
 * lead here are followed.
 */
export function assertNotEmbedded({ headers }: Headed): void {
  const site = headers['sec-fetch-site'];
  if (headers.origin !== undefined || (site !== 'cross-site' && site !== 'same-site')) return;
  if (headers['sec-fetch-mode'] === 'navigate' && headers['sec-fetch-dest'] === 'document') return;
  throw new Problem('cross-site', "expected a page of roomd's own, got one of another site (Sec-Fetch-Site)");
}

/** Whatever the scheme: a proxy in front may have added TLS. */
function isOwn(origin: string, host: string | undefined): boolean {
  return URL.canParse(origin) && new URL(origin).host === host?.toLowerCase();
}
