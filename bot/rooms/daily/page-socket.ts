import { connect, type Socket } from 'node:net';
import { relative } from 'node:path';
import { type Clock, sleep } from '../../../spec/runtime/clock.ts';
import { ConnectorError } from '../port.ts';

/** Bytes of a path to a Unix socket, with some to spare: what is longer is cut off by the system, without a word. */
const MAX_PATH = 100;
/** Who has the browser may be about to be started again. */
const PATIENCE_MS = 10_000;
const AGAIN_MS = 250;
const NOT_YET: readonly string[] = ['ECONNREFUSED', 'ENOENT'];

/** Connects to the socket at that absolute path, each connection to which is a page. Rejects with a ConnectorError. */
export async function connectToPage(path: string, clock: Clock, signal: AbortSignal): Promise<Socket> {
  const until = clock.monotonic() + PATIENCE_MS;
  const reachable = reachablePath(path);
  for (;;) {
    const socket = await attempt(reachable, signal);
    if (signal.aborted) {
      if (typeof socket !== 'string') socket.destroy();
      throw new ConnectorError('leaving', false);
    }
    if (typeof socket !== 'string') return socket;
    if (!NOT_YET.includes(socket) || clock.monotonic() >= until) {
      throw new ConnectorError(`expected a browser page behind the socket that room.access names, got ${socket}`, true);
    }
    await sleep(clock, AGAIN_MS, signal);
  }
}

/** The connection, or the code of why there is none. */
function attempt(path: string, signal: AbortSignal): Promise<Socket | string> {
  return new Promise((resolve) => {
    if (signal.aborted) return resolve('aborted');
    const socket = connect(path);
    const leave = () => settle('aborted');
    const settle = (result: Socket | string) => {
      signal.removeEventListener('abort', leave);
      if (typeof result === 'string') socket.destroy();
      resolve(result);
    };
    // It stays, so that no error is ever without a listener.
    socket.on('error', (error: NodeJS.ErrnoException) => settle(error.code ?? 'an unknown error'));
    socket.once('connect', () => settle(socket));
    signal.addEventListener('abort', leave, { once: true });
  });
}

function reachablePath(path: string): string {
  const shorter = Buffer.byteLength(path) > MAX_PATH ? relative(process.cwd(), path) : path;
  if (Buffer.byteLength(shorter) <= MAX_PATH) return shorter;
  throw new ConnectorError(`page: expected a path of at most ${MAX_PATH} bytes, got ${Buffer.byteLength(path)}`, false);
}
