import { once } from 'node:events';
import { connect } from 'node:net';
import type { Duplex } from 'node:stream';

export const KINDS = ['SSE', 'NDJSON', 'Socket.IO'] as const;
export type Kind = (typeof KINDS)[number];

const ACCEPT = { SSE: 'text/event-stream', NDJSON: 'application/x-ndjson' } as const;
const TOPIC = 'room.transcript.**';
const MARK = Buffer.from('@@');

/** `at` and `now`: microseconds of the machine's monotonic clock, of the publication and of the arrival of the bytes. */
export type OnEvent = (number: number, at: number, now: number) => void;

/**
 * Opens a live stream; resolves when it has said the word that it begins with. It looks for nothing but the marks of
 * events, whatever stands around them, and so takes the same time for each kind, and little of it.
 */
export async function subscribe(
  url: string,
  { kind, begin, token }: { kind: Kind; begin: string; token?: string },
  onEvent: OnEvent,
): Promise<void> {
  const stream = kind === 'Socket.IO' ? await overWebSocket(url, token) : await overHttp(url, kind, token);
  const begun = Promise.withResolvers<void>();
  stream.once('close', () => begun.reject(new Error('the stream ended')));
  let rest: Buffer = Buffer.alloc(0);
  stream.on('data', (chunk: Buffer) => {
    const now = Number(process.hrtime.bigint() / 1_000n);
    const bytes = rest.length === 0 ? chunk : Buffer.concat([rest, chunk]);
    if (bytes.includes(begin)) begun.resolve();
    let done = 0;
    for (;;) {
      const start = bytes.indexOf(MARK, done);
      const end = start === -1 ? -1 : bytes.indexOf(MARK, start + MARK.length);
      if (end === -1) {
        // A mark may be cut in two.
        rest = Buffer.from(bytes.subarray(start === -1 ? Math.max(done, bytes.length - 64) : start));
        return;
      }
      const [number, at] = bytes
        .toString('latin1', start + MARK.length, end)
        .split(':')
        .map(Number);
      onEvent(number ?? Number.NaN, at ?? Number.NaN, now);
      done = end + MARK.length;
    }
  });
  await begun.promise;
}

async function overHttp(url: string, kind: 'SSE' | 'NDJSON', token: string | undefined): Promise<Duplex> {
  const accept = ACCEPT[kind];
  const headers: Record<string, string> =
    token === undefined ? { accept } : { accept, authorization: `Bearer ${token}` };
  return ask(url, `/v1/events?topic=${TOPIC}&from=end`, headers);
}

async function overWebSocket(url: string, token: string | undefined): Promise<Duplex> {
  const socket = await ask(url, '/socket.io/?EIO=4&transport=websocket', {
    connection: 'Upgrade',
    upgrade: 'websocket',
    'sec-websocket-version': '13',
    'sec-websocket-key': Buffer.alloc(16).toString('base64'),
  });
  // Its answer to the upgrade; a client doesn't speak before.
  const [answer] = (await once(socket, 'data')) as [Buffer];
  if (!answer.includes('101 Switching')) throw new Error(`expected 101, got ${answer}`);
  const auth = { topics: [TOPIC], from: 'end', ...(token !== undefined && { token }) };
  socket.write(textFrame(`40${JSON.stringify(auth)}`));
  return socket;
}

/** Over a connection of its own, whose bytes nobody else looks at. */
async function ask(url: string, path: string, headers: Record<string, string>): Promise<Duplex> {
  const { host, hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  await once(socket, 'connect');
  const lines = Object.entries({ host, ...headers }).map(([name, value]) => `${name}: ${value}`);
  socket.write([`GET ${path} HTTP/1.1`, ...lines, '', ''].join('\r\n'));
  return socket;
}

/** A frame as a client sends it: masked, with a mask that changes nothing. It answers no ping: a round is shorter than that. */
function textFrame(text: string): Buffer {
  const bytes = Buffer.from(text);
  const length = bytes.length < 126 ? [0x80 | bytes.length] : [0x80 | 126, bytes.length >> 8, bytes.length & 255];
  return Buffer.concat([Buffer.from([0x81, ...length, 0, 0, 0, 0]), bytes]);
}
