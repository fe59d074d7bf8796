/** What a token or a ticket may allow. `rooms:join`: to be in a local room, seeing and saying what people there do. */
export const SCOPES = [
  'rooms:read',
  'rooms:write',
  'rooms:join',
  'events:read',
  'events:write',
  'events:pii',
  'admin',
] as const;

export type Scope = (typeof SCOPES)[number];
