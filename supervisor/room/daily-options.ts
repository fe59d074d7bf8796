import type { RoomRequest } from './api.ts';
import type { OptionsCheck } from './connectors.ts';

/** What the configuration says of rooms at Daily. */
export interface DailyRooms {
  /** Where the API key comes from, and whether there is one. */
  readonly apiKeyEnv: string;
  readonly hasKey: boolean;
  /** `team` of https://team.daily.co; absent: Daily tells it. */
  readonly domain?: string | undefined;
  readonly tell: { readonly topics: readonly string[]; readonly perSecond: number };
}

type Options = Readonly<Record<string, unknown>>;

/** What Daily takes for the name of a room. */
const NAME = /^[A-Za-z0-9_-]{1,128}$/;
const NAME_RULE = "a name of Daily's: 1 to 128 of A-Z a-z 0-9 _ -";
const HOST = /^[a-z0-9][a-z0-9-]*\.daily\.co$/;
const MAX_SHOWN = 128;

/** Checks the options of a room at Daily, and adds the name of its room and what its bot tells the browsers there. */
export function checkDaily(roomId: string, options: Options, config: DailyRooms | undefined): OptionsCheck {
  const { room, url } = options;
  if (config === undefined || !config.hasKey) {
    const name = config?.apiKeyEnv ?? 'DAILY_API_KEY';
    return refuse(
      `expected an API key in ${name}; take one from dashboard.daily.co, Developers, and start roomd with it`,
    );
  }
  if (room !== undefined && !isName(room)) return refuse(`options.room: expected ${NAME_RULE}; got ${shown(room)}`);
  for (const name of ['owner', 'greet']) {
    const value = options[name];
    if (value === undefined || typeof value === 'boolean') continue;
    return refuse(`options.${name}: expected true or false, got ${shown(value)}`);
  }
  const inUrl = url === undefined ? undefined : readUrl(url, config.domain);
  if (inUrl?.ok === false) return inUrl;
  const name = room ?? inUrl?.room ?? roomId;
  if (!isName(name)) return refuse(`expected a roomId that is ${NAME_RULE}; or options.room with one; got "${roomId}"`);
  if (inUrl !== undefined && inUrl.room !== name) {
    return refuse(`options.url: expected the address of the room "${name}", got that of "${inUrl.room}"`);
  }
  return { ok: true, options: { ...options, room: name, tell: config.tell } };
}

/** See `RoomView.call`. `address`: where the bot was let in; a checked request names the room there. */
export function callOf(
  { connector, options }: Pick<RoomRequest, 'connector' | 'options'>,
  address?: string,
): string | null {
  if (connector !== 'daily') return null;
  return [address, options?.url, options?.room].find((one) => typeof one === 'string') ?? null;
}

function readUrl(
  url: unknown,
  domain: string | undefined,
): { readonly ok: true; readonly room: string } | Extract<OptionsCheck, { ok: false }> {
  const host = domain === undefined ? 'TEAM.daily.co' : `${domain}.daily.co`;
  // It isn't shown: there may be a token in it.
  const wrong = (what: string) =>
    refuse(`options.url: expected an address such as https://${host}/ROOM, got one with ${what}`);
  if (typeof url !== 'string' || !URL.canParse(url)) {
    return refuse(`options.url: expected an address such as https://${host}/ROOM`);
  }
  const { protocol, username, password, port, hostname, pathname, search, hash } = new URL(url);
  if (protocol !== 'https:') return wrong(`${protocol}//`);
  if (username !== '' || password !== '') return wrong('user and password');
  if (port !== '' || (domain === undefined ? !HOST.test(hostname) : hostname !== host)) return wrong('another host');
  if (search !== '' || hash !== '') return wrong('something behind the room: roomd makes the token');
  const room = pathname.slice(1);
  return isName(room) ? { ok: true, room } : wrong(`a room that isn't ${NAME_RULE}`);
}

function isName(value: unknown): value is string {
  return typeof value === 'string' && NAME.test(value);
}

function shown(value: unknown): string {
  return (JSON.stringify(value) ?? 'nothing').slice(0, MAX_SHOWN);
}

function refuse(detail: string): Extract<OptionsCheck, { ok: false }> {
  return { ok: false, detail };
}
