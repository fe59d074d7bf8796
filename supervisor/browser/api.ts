/**
 * Browser pages for bots, in a process of their own: a Unix socket on which each connection is a page. Lines of JSON go
 * both ways; see `spec/page-host.ts`.
 */
export interface Browsers {
  /** Absolute path of the socket. It stays the same however often the process behind it is started. */
  readonly socket: string;
  /** Resolves when the socket takes connections; rejects with a BrowserError that says what to do. */
  ready(): Promise<void>;
  /** Ends the process, its browsers and their files. Idempotent, also before `ready`. */
  stop(): Promise<void>;
}

/** No browser can be had; the message says what was expected, and what to do. */
export class BrowserError extends Error {
  override name = 'BrowserError';
}
