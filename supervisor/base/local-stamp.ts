/** What `meta` of an event in a local room says before who brought it in, if somebody has: see intake/stamper.ts. */
export const LOCAL_STAMP = ',"local":true';

const BY_BOT = `${LOCAL_STAMP}}}`;
const BY_GATEWAY = `${LOCAL_STAMP},"by":"gateway"}}`;

/**
 * Whether a stamped envelope is one that its local room's bot or the gateway has told. It ends with the stamp, and
 * nothing that a publisher writes stands there.
 */
export function isOfLocalRoom(json: string): boolean {
  return json.endsWith(BY_BOT) || json.endsWith(BY_GATEWAY);
}
