import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { Agent, request } from 'node:http';
import { connect, type Socket } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, onTestFinished, vi } from 'vitest';
import { newId } from '../../supervisor/base/ids.ts';
import { temporaryFolder, testBot } from '../helpers/daemon.ts';
import { type Served, serve } from '../helpers/serve.ts';
import { openNdjson, openSse } from '../supervisor/http/live-client.ts';
import { openSocket } from '../supervisor/http/socket-io-client.ts';

const MIB = 2 ** 20;
/** As many as may be open, for each takes an open file at either end. */
const IDLE = Math.min(10_000, openFiles() - 2_000);
const BATCH = 100;
const SPEC = `sha256:${'0'.repeat(64)}`;

function openFiles(): number {
  const said = execFileSync('sh', ['-c', 'ulimit -Hn'], { encoding: 'utf8' }).trim();
  return said === 'unlimited' ? Number.POSITIVE_INFINITY : Number(said);
}

type Daemon = Served & { readonly bring: (first: number, count: number, words?: string) => Promise<void> };

/** A daemon as a process of its own with a room in it, into which numbered events are brought by one connection. */
async function loaded(http: object = {}): Promise<Daemon> {
  const data = await temporaryFolder();
  const file = join(data, 'roomd.yaml');
  const config = {
    http: { eventsPerMinute: 1_000_000, ...http },
    log: { maxEventsPerRoom: 100_000 },
    bots: { patient: { command: testBot('puppet') } },
  };
  await writeFile(file, JSON.stringify(config));
  const served = await serve(data, ['--config', file]);
  await served.spawn('busy', { bot: 'patient' });
  const agent = new Agent({ keepAlive: true, maxSockets: 1 });
  onTestFinished(() => agent.destroy());
  const post = async (body: string): Promise<void> => {
    const headers = { 'content-type': 'application/x-ndjson', 'content-length': Buffer.byteLength(body) };
    const asking = request(`${served.url}/v1/rooms/busy/events`, { method: 'POST', agent, headers });
    asking.end(body);
    const [response] = await once(asking, 'response');
    let text = '';
    for await (const chunk of response) text += String(chunk);
    if (response.statusCode === 503) return post(body);
    if (response.statusCode !== 202) throw new Error(`${response.statusCode} ${text}`);
  };
  return {
    ...served,
    async bring(first, count, words = '') {
      for (let at = first; at < first + count; at += BATCH) {
        const length = Math.min(BATCH, first + count - at);
        await post(Array.from({ length }, (_, i) => numbered(at + i, words)).join('\n'));
      }
    },
  };
}

function numbered(at: number, text: string): string {
  const payload = { participantId: 'ada', text, at, endAt: at, final: true };
  const topic = 'room.transcript.received';
  return JSON.stringify({ id: newId(), ts: 1, topic, specVersion: SPEC, runtime: 'node', payload });
}

/** Resident memory of the daemon, in bytes. */
async function rss({ process: { pid } }: Served): Promise<number> {
  const [, kibibytes = '0'] = /VmRSS:\s+(\d+) kB/.exec(await readFile(`/proc/${pid}/status`, 'utf8')) ?? [];
  return Number(kibibytes) * 1_024;
}

async function open({ url }: Served): Promise<Socket> {
  const { hostname, port } = new URL(url);
  const socket = connect(Number(port), hostname);
  // How it ends is the daemon's to say.
  socket.on('error', () => undefined);
  onTestFinished(() => void socket.destroy());
  await once(socket, 'connect');
  return socket;
}

const PATH = '/v1/rooms/busy/events?from=end&topic=room.transcript.received';

/** The numbers of the next events of each kind of reader. */
const READERS = {
  sse: async ({ url }: Served) => {
    const { next } = await openSse(url + PATH);
    await next();
    return async () => numberIn((await next()) as { data?: string });
  },
  ndjson: async ({ url }: Served) => {
    const { next } = await openNdjson(url + PATH);
    await next();
    return async () => numberIn({ data: JSON.stringify(await next()) });
  },
  socketIo: async ({ url }: Served) => {
    const auth = { rooms: ['busy'], topics: ['room.transcript.received'], from: 'end' };
    const { next } = openSocket(url, { auth });
    await next();
    return async () => numberIn({ data: JSON.stringify(await next()) });
  },
};

/** Undefined for what isn't an event, such as a heartbeat. */
function numberIn({ data = '' }: { data?: string }): number | undefined {
  const [, digits] = /"at":(\d+)/.exec(data) ?? [];
  return digits === undefined ? undefined : Number(digits);
}

/** Reads so many events; fails at the first that isn't the next. */
async function readInOrder(next: () => Promise<number | undefined>, count: number): Promise<void> {
  for (let expected = 0; expected < count; ) {
    const got = await next();
    if (got === undefined) continue;
    if (got !== expected) throw new Error(`expected event ${expected}, got ${got}`);
    expected++;
  }
}

const isLinux = process.platform === 'linux';

describe.skipIf(!isLinux)('other readers get every event, and the daemon stays small', () => {
  it(`beside ${IDLE} connections that say nothing`, { timeout: 120_000 }, async () => {
    const daemon = await loaded({ maxConnections: IDLE + 1_000, streams: { max: 50 } });
    const readers = await Promise.all(Object.values(READERS).map((reader) => reader(daemon)));
    await daemon.bring(0, 500);
    await Promise.all(readers.map((next) => readInOrder(next, 500)));
    const before = await rss(daemon);
    for (let opened = 0; opened < IDLE; opened += 500) {
      await Promise.all(Array.from({ length: 500 }, () => open(daemon)));
    }
    // They upgrade, and never say who they are: of more than are let, the oldest go.
    const upgrade = `GET /socket.io/?EIO=4&transport=websocket HTTP/1.1\r\nHost: localhost\r\nConnection: Upgrade\r\n`;
    const key =
      'Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
    let gone = 0;
    const dropped = Promise.withResolvers<void>();
    const answers = await Promise.all(
      Array.from({ length: 400 }, async () => {
        const socket = await open(daemon);
        socket.once('close', () => ++gone === 150 && dropped.resolve());
        socket.write(upgrade + key);
        const [chunk] = (await once(socket, 'data')) as unknown[];
        return String(chunk).startsWith('HTTP/1.1 101');
      }),
    );
    expect(answers).not.toContain(false);
    await dropped.promise;
    const more = Promise.all(readers.map((next) => readInOrder(async () => offset(await next(), 500), 2_000)));
    await daemon.bring(500, 2_000);
    await more;
    const after = await rss(daemon);
    expect(after / before).toBeLessThan(4);
  });

  it('beside readers of each kind that do not read', { timeout: 120_000 }, async () => {
    const daemon = await loaded();
    const readers = await Promise.all(Object.values(READERS).map((reader) => reader(daemon)));
    await daemon.bring(0, 500);
    await Promise.all(readers.map((next) => readInOrder(next, 500)));
    const before = await rss(daemon);
    const slow: Socket[] = [];
    for (let i = 0; i < 20; i++) {
      for (const accept of ['text/event-stream', 'application/x-ndjson']) {
        slow.push(await stall(daemon, `GET ${PATH} HTTP/1.1\r\nHost: localhost\r\nAccept: ${accept}\r\n\r\n`));
      }
      const upgrade = 'Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n';
      const path = '/socket.io/?EIO=4&transport=websocket';
      const key = 'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n';
      const socket = await stall(daemon, `GET ${path} HTTP/1.1\r\nHost: localhost\r\n${upgrade}${key}`);
      socket.write(textFrame('40{"from":"end"}'));
      slow.push(socket);
    }
    // 20 MB for each of the 60, if somebody kept it for them.
    const count = 10_000;
    const more = Promise.all(readers.map((next) => readInOrder(async () => offset(await next(), 500), count)));
    await daemon.bring(500, count, 'x'.repeat(2_000));
    await more;
    expect((await rss(daemon)) - before).toBeLessThan(500 * MIB);
    expect(slow.every((socket) => !socket.destroyed)).toBe(true);
  });
});

describe('what is too large or too many', () => {
  it('ends its own connection or request, and nothing else', { timeout: 60_000 }, async () => {
    const daemon = await loaded({ maxConnections: 60 });
    const { url } = daemon;
    const reader = await READERS.sse(daemon);
    const post = (path: string, body: string, type = 'application/json') =>
      fetch(url + path, { method: 'POST', body, headers: { 'content-type': type } });
    expect((await post('/v1/rooms', `{"roomId":"${'x'.repeat(262_144)}"}`)).status).toBe(413);
    expect((await post('/v1/tickets', ' '.repeat(300_000))).status).toBe(413);
    expect((await post('/v1/rooms/busy/events', ' '.repeat(2 * MIB))).status).toBe(413);
    expect((await post('/v1/rooms/busy/events', '\n'.repeat(2 * MIB), 'application/x-ndjson')).status).toBe(413);
    expect((await fetch(`${url}/${'x'.repeat(15_000)}`)).status).toBe(404);
    expect((await fetch(url, { headers: { 'x-large': 'x'.repeat(20_000) } })).status).toBe(431);
    for (const transport of ['websocket', 'polling']) {
      const { socket, next } = openSocket(url, { transports: [transport] });
      await next();
      socket.emit('subscribe', { rooms: ['x'.repeat(20_000)] });
      let said = await next();
      while (said.disconnect === undefined) said = await next();
      expect(said.disconnect).toMatch(/transport (close|error)/);
    }
    // Those that are open stay, and what comes on top is closed at once.
    const others = await Promise.all(Array.from({ length: 80 }, () => open(daemon).catch(() => undefined)));
    await Promise.any(others.map((socket) => (socket === undefined ? Promise.reject() : once(socket, 'close'))));
    for (const socket of others) socket?.destroy();
    // Until the daemon has seen them go, a new connection is one too many.
    await vi.waitFor(() => daemon.bring(0, 100), { timeout: 20_000 });
    await daemon.bring(100, 100);
    await readInOrder(reader, 200);
    expect(await daemon.metric('roomd_http_refused_total', 'connections-full')).toBeGreaterThan(0);
  });
});

function offset(number: number | undefined, by: number): number | undefined {
  return number === undefined ? undefined : number - by;
}

/** Asks, waits for the first of the answer, and reads no more. */
async function stall(daemon: Served, asking: string): Promise<Socket> {
  const socket = await open(daemon);
  socket.write(asking);
  await once(socket, 'data');
  socket.pause();
  return socket;
}

/** Shorter than 126 bytes, masked with zeros. */
function textFrame(text: string): Buffer {
  return Buffer.concat([Buffer.from([0x81, 0x80 | text.length, 0, 0, 0, 0]), Buffer.from(text)]);
}
