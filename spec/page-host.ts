/**
 * What the process that has the browser says on a bot's connection, a line of JSON each; every other line is the page's.
 * `ready` comes first: from then on each line of the bot is handed to the page. After the two others the connection ends.
 */
export type HostLine =
  | { readonly host: 'ready' }
  /** The page, or its browser, is gone. */
  | { readonly host: 'crashed'; readonly reason: string }
  /** There is no page to be had. */
  | { readonly host: 'refused'; readonly reason: string };

/** Of a line, either way; a longer one ends the connection. */
export const MAX_PAGE_LINE: number = 262_144;
