import { request } from 'node:http';
import { createParser } from 'eventsource-parser';
import { io } from 'socket.io-client';

export const KINDS = ['SSE', 'NDJSON', 'WebSocket', 'polling'] as const;
export type Kind = (typeof KINDS)[number];

export interface Selection {
  readonly rooms?: readonly string[];
  readonly topics?: readonly string[];
}

export interface Happening {
  readonly id: string;
  readonly topic: string;
  readonly roomId?: string;
  readonly payload: { readonly at?: number };
}

/** What a stream says; `position` is where to go on from, where it tells. */
export interface Said {
  readonly hello?: { readonly recovered: boolean };
  readonly envelope?: Happening;
  readonly gap?: { readonly through: string };
  readonly cut?: { readonly reason: string; readonly position: string };
  readonly position?: string;
}

/** One connection, until it ends. */
export interface Link {
  /** As if the reader had gone: nothing is said any more. */
  drop(): void;
  /** Asks for so much that the server ends it; only Socket.IO can. */
  flood?(): void;
}

export interface Listener {
  said(said: Said): void;
  /** Once, by whichever side; not after a drop. */
  ended(): void;
}

const ACCEPT = { SSE: 'text/event-stream', NDJSON: 'application/x-ndjson' } as const;
/** More than the server takes of a client in ten seconds. */
const FLOOD = 150;

/** Connects and reads, from a position or from now. */
export function openLink(url: string, kind: Kind, selection: Selection, from: string, listener: Listener): Link {
  let over = false;
  const once: Listener = {
    said: (said) => over || listener.said(said),
    ended() {
      if (over) return;
      over = true;
      listener.ended();
    },
  };
  const link = kind === 'SSE' || kind === 'NDJSON' ? overHttp : overSocketIo;
  const { drop, ...more } = link(url, kind as never, selection, from, once);
  return {
    ...more,
    drop() {
      over = true;
      drop();
    },
  };
}

function overHttp(url: string, kind: 'SSE' | 'NDJSON', { rooms, topics }: Selection, from: string, on: Listener): Link {
  const query = new URLSearchParams();
  for (const room of rooms ?? []) query.append('room', room);
  for (const topic of topics ?? []) query.append('topic', topic);
  const headers: Record<string, string> = { accept: ACCEPT[kind] };
  if (kind === 'SSE') headers['last-event-id'] = from;
  else query.append('from', from);
  const sent = request(`${url}/v1/events?${query}`, { headers, agent: false });
  sent.on('error', on.ended).on('close', on.ended).end();
  sent.on('response', (response) => {
    if (response.statusCode !== 200) throw new Error(`expected 200, got ${response.statusCode}`);
    const feed = kind === 'SSE' ? parseSse(on) : parseLines(on);
    response.setEncoding('utf8').on('data', feed).on('error', on.ended).on('close', on.ended);
  });
  return { drop: () => sent.destroy() };
}

function parseSse(on: Listener): (text: string) => void {
  const parser = createParser({
    onEvent({ event = '', id, data }) {
      const said = { [event]: JSON.parse(data) as unknown };
      on.said(id === undefined ? said : { ...said, position: id });
    },
  });
  return (text) => parser.feed(text);
}

function parseLines(on: Listener): (text: string) => void {
  let rest = '';
  return (text) => {
    const lines = (rest + text).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) on.said(withPosition(JSON.parse(line) as Told));
  };
}

function overSocketIo(
  url: string,
  kind: 'WebSocket' | 'polling',
  selection: Selection,
  from: string,
  on: Listener,
): Link {
  const transports = [kind === 'polling' ? 'polling' : 'websocket'];
  const socket = io(url, { transports, reconnection: false, forceNew: true, auth: { ...selection, from } });
  for (const name of ['hello', 'gap', 'cut']) socket.on(name, (said) => on.said(withPosition({ [name]: said })));
  socket.on('envelope', (event: Said) => on.said(event));
  socket.on('disconnect', on.ended).on('connect_error', on.ended);
  return {
    drop: () => void socket.disconnect(),
    flood() {
      for (let i = 0; i < FLOOD; i++) socket.emit('flood');
    },
  };
}

type Told = Omit<Said, 'hello'> & { readonly hello?: { readonly recovered: boolean; readonly position: string } };

function withPosition(said: Told): Said {
  const position = said.position ?? said.hello?.position ?? said.gap?.through;
  return position === undefined ? said : { ...said, position };
}
