import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Duplex } from 'node:stream';
import { Server as Engine } from 'engine.io';
import { Server as SocketIo } from 'socket.io';
import type { Guard } from '../hooks.ts';
import { Problem } from '../problem.ts';
import { type AdmissionDeps, createAdmission } from './admission.ts';
import { type Connection, discard, release } from './discard.ts';
import { Strangers } from './strangers.ts';
import { refuseUpgrade } from './upgrade.ts';

export const SOCKET_IO_PATH = '/socket.io/';

/** What a client may send at once: a token and filters take far less. */
const FRAME_BYTES = 16_384;
/** Those that were admitted and are being closed may be so many more than there are streams. */
const MAX_LEAVING = 250;

export interface EndpointDeps extends Omit<AdmissionDeps, 'strangers'> {
  readonly maxConnections: number;
}

export type Endpoint = ReturnType<typeof createEndpoint>;

export function isSocketIo({ url }: Pick<IncomingMessage, 'url'>): boolean {
  return url?.split('?', 1)[0] === SOCKET_IO_PATH;
}

/** Socket.IO over the log: each connection is a reader with a position, as every other stream is. */
export function createEndpoint({ maxConnections, ...deps }: EndpointDeps) {
  const strangers = new Strangers(deps.clock);
  const sockets = new Set<Duplex>();
  const connections = new Set<Connection>();
  const empty = Promise.withResolvers<void>();
  let ending = false;
  const engine = new Engine({
    transports: ['polling', 'websocket'],
    maxHttpBufferSize: FRAME_BYTES,
    // A write has to be taken when its answer is; and compressing for each reader would cost more than it saves.
    httpCompression: false,
    perMessageDeflate: false,
    // Longer than a slow reader may take, so that it is told what it is.
    pingTimeout: 40_000,
    allowRequest: (_, decide) => {
      const full = engine.clientsCount - strangers.size >= maxConnections + MAX_LEAVING;
      if (full) deps.telemetry.streamRefused('connections-full');
      decide(full ? 'too many connections; try again later' : null, !full);
    },
  });
  // How long one may take to connect is for `strangers` to say, which waits for no goodbye.
  const io = new SocketIo({ serveClient: false });
  const admission = createAdmission({ ...deps, strangers });
  io.use((socket, next) => admission.decide(socket, next));
  io.on('connection', (socket) => admission.begin(socket));
  io.bind(engine);
  engine.on('connection', (conn: Connection) => {
    connections.add(conn);
    conn.once('close', () => {
      connections.delete(conn);
      strangers.delete(conn);
      release(conn);
      if (ending && connections.size === 0) empty.resolve();
    });
    strangers.add(conn);
    admission.watch(conn);
    if (ending) conn.close(true);
  });

  return {
    /** A request of the transport that polls. */
    poll(request: IncomingMessage, response: ServerResponse): void {
      engine.handleRequest(request as Parameters<Engine['handleRequest']>[0], response);
    },

    /** `guard` throws a Problem when nobody may ask that. */
    upgrade(request: IncomingMessage, socket: Duplex, head: Buffer, guard: Guard): void {
      try {
        guard(request, true);
        if (!isSocketIo(request)) throw new Problem('unknown-route', `expected an upgrade at ${SOCKET_IO_PATH}`);
      } catch (error) {
        if (!(error instanceof Problem)) throw error;
        refuseUpgrade(socket, error);
        return;
      }
      sockets.add(socket);
      socket.once('close', () => sockets.delete(socket));
      engine.handleUpgrade(request as Parameters<Engine['handleUpgrade']>[0], socket, head);
    },

    /** Resolves when all have taken their last word. One that polls comes for it. */
    async end(): Promise<void> {
      ending = true;
      // Those that are still open were never admitted: there is nothing to tell them.
      for (const conn of connections) if (conn.readyState === 'open') conn.close(true);
      if (connections.size > 0) await empty.promise;
    },

    /** Ends whatever is left at once. Idempotent. */
    close(): void {
      engine.close();
      for (const conn of connections) discard(conn);
      for (const socket of sockets) socket.destroy();
    },
  };
}
