/** What a browser host is started with. It stands in the process's arguments: nothing of it is a secret. */
export interface HostSettings {
  /** Absolute path of a folder that is the host's own, and gone with it. */
  readonly folder: string;
  /** Absolute path that the socket gets when it takes connections, in the same file system. What is there is replaced. */
  readonly socket: string;
  /** Absolute path of Chromium. */
  readonly browser: string;
  readonly args: readonly string[];
  /** One browser for all pages, a context each; or a browser for each. */
  readonly share: boolean;
  /** Chromium's own. */
  readonly sandbox: boolean;
  readonly maxPages: number;
  /** From where the client loads what it needs, where that isn't its maker. */
  readonly bundles?: string;
  readonly files: PageFiles;
}

/** Absolute paths of what each page runs, one after the other. */
export interface PageFiles {
  /** Daily's client, as it is. */
  readonly client: string;
  /** Ours: it defines `roomdTake(line)`, and calls `roomdSay(line)`. */
  readonly script: string;
}

/** What a host says on its standard output, a line of JSON each. Reasons are roomd's own words. */
export type HostReport =
  /** The socket takes connections. */
  | { readonly ready: true }
  /** Now and then, for as long as it runs. */
  | { readonly alive: true }
  /** Why it can't start; it ends then. */
  | { readonly problem: string }
  /** `pid`: null where it can't be told. */
  | { readonly browser: 'started'; readonly version: string; readonly pid: number | null }
  | { readonly browser: 'ended' | 'crashed' }
  /** It is killed; that it has crashed follows. */
  | { readonly browser: 'silent'; readonly silentMs: number }
  /** So many are open now. */
  | { readonly pages: number }
  /** A bot has been told that its page is gone, or that there is none. */
  | { readonly page: 'crashed' | 'refused'; readonly reason: string };

/** What of the supervisor's environment its browsers get: where programs are, and how the network is reached. */
export const FROM_OUTSIDE: readonly string[] = [
  ...['PATH', 'LANG', 'TZ'],
  ...['http_proxy', 'https_proxy', 'no_proxy', 'HTTP_PROXY', 'HTTPS_PROXY', 'NO_PROXY'],
];
