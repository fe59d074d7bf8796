import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';
import type { TokenProperties } from '../../supervisor/daily/rest.ts';
import { meetingToken } from './stand-in/admission.ts';

/** What somebody asked of the stand-in. */
export interface Request {
  readonly method: string;
  /** Behind `/v1`. */
  readonly path: string;
  readonly authorization: string | undefined;
  readonly body: unknown;
}

/** How it answers other than it would; `hang`: never; `cut`: it closes the connection. */
export type Scripted =
  | 'hang'
  | 'cut'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: unknown };

export interface DailyRestOptions {
  readonly key?: string;
  readonly domain?: string;
  /** Rooms that are there; absent: whichever is asked for. */
  readonly rooms?: readonly string[];
  /** Somebody is to be ejected: the ids of those who were. */
  readonly eject?: (room: string, who: { ids: readonly string[]; userIds: readonly string[] }) => readonly string[];
  /** Who is there. */
  readonly presence?: (room: string) => readonly unknown[];
}

export type DailyRestServer = Awaited<ReturnType<typeof startDailyRest>>;

/**
 * A stand-in for Daily's REST API, over HTTP on a free port. It proves what roomd asks and how it
 * takes the answers; how Daily itself answers is taken from its documentation.
 */
export async function startDailyRest(options: DailyRestOptions = {}) {
  const { key = 'test-key-of-daily', domain = 'team' } = options;
  const rooms = options.rooms && new Set(options.rooms);
  const requests: Request[] = [];
  const tokens: string[] = [];
  const scripts: Scripted[] = [];
  let wake: (() => void)[] = [];

  const server = createServer((request, response) => void serve(request, response));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));

  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    key,
    domain,
    requests,
    /** Made so far. */
    tokens,
    /** These are the answers to the next requests, one each. */
    script: (...next: Scripted[]) => void scripts.push(...next),
    /** From now on it answers as it would. */
    unscript: () => void scripts.splice(0),
    async close(): Promise<void> {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
    /** Resolves when so many requests have come. */
    async until(count: number): Promise<void> {
      while (requests.length < count) await new Promise<void>((resolve) => wake.push(resolve));
    },
  };

  async function serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await text(request);
    const { method = '', url = '', headers } = request;
    const path = url.replace(/^\/v1/, '');
    const asked = {
      method,
      path,
      authorization: headers.authorization,
      body: body === '' ? undefined : JSON.parse(body),
    };
    requests.push(asked);
    for (const resolve of wake.splice(0)) resolve();
    wake = [];
    const scripted = scripts.shift() ?? answer(asked);
    if (scripted === 'hang') return;
    if (scripted === 'cut') return void response.destroy();
    const { status, headers: more = {}, body: said = '' } = scripted;
    response.writeHead(status, { 'content-type': 'application/json', ...more });
    response.end(typeof said === 'string' ? said : JSON.stringify(said));
  }

  function answer({ method, path, authorization, body }: Request): Exclude<Scripted, string> {
    if (authorization !== `Bearer ${key}`) return fault(401, 'authentication-error');
    const [, name, action] = /^\/rooms\/([^/]+)(?:\/(\w+))?$/.exec(path) ?? [];
    const room = name && decodeURIComponent(name);
    if (method === 'GET' && path === '/') return { status: 200, body: { domain_name: domain, config: {} } };
    if (method === 'POST' && path === '/meeting-tokens') return { status: 200, body: { token: makeToken(body) } };
    if (method === 'POST' && path === '/rooms') return makeRoom((body as { name: string }).name);
    if (room === undefined) return fault(404, 'not-found');
    if (rooms?.has(room) === false) return fault(404, 'not-found', `room ${room} not found`);
    if (method === 'GET' && action === undefined) return { status: 200, body: roomObject(room) };
    if (method === 'GET' && action === 'presence') {
      const there = options.presence?.(room) ?? [];
      return { status: 200, body: { total_count: there.length, data: there } };
    }
    if (method !== 'POST' || action !== 'eject') return fault(404, 'not-found');
    const { ids = [], user_ids: userIds = [] } = body as { ids?: string[]; user_ids?: string[] };
    return { status: 200, body: { ejectedIds: options.eject?.(room, { ids, userIds }) ?? [] } };
  }

  function makeToken(body: unknown): string {
    const { room_name, user_id, user_name, exp, is_owner } = (body as { properties: TokenProperties }).properties;
    const token = meetingToken({ r: room_name, ud: user_id, u: user_name, exp, o: is_owner });
    tokens.push(token);
    return token;
  }

  function makeRoom(name: string): Exclude<Scripted, string> {
    if (rooms?.has(name) !== false) return fault(400, 'invalid-request-error', `a room named ${name} already exists`);
    rooms.add(name);
    return { status: 200, body: roomObject(name) };
  }

  function roomObject(name: string) {
    return { id: `id-of-${name}`, name, privacy: 'public', url: `https://${domain}.daily.co/${name}`, config: {} };
  }
}

function fault(status: number, error: string, info?: string): Exclude<Scripted, string> {
  return { status, body: { error, ...(info !== undefined && { info }) } };
}
