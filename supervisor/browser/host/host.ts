import { chmod, rename } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join, relative } from 'node:path';
import type { HostLine } from '../../../spec/page-host.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { cleanText } from '../../base/clean-text.ts';
import type { HostReport, HostSettings } from '../host-protocol.ts';
import { openCallPage, type PageListener } from './call-page.ts';
import { serveConnection } from './connection.ts';
import { openSite } from './document.ts';
import { createFleet } from './fleet.ts';
import { createLaunch } from './launch.ts';
import { Slots } from './slots.ts';

/** Opening a page is work for a processor. */
const OPENED_AT_ONCE = 4;
const OPEN_MS = 30_000;
const CLOSE_MS = 5_000;
const MAX_TROUBLE = 512;
const MAX_REASON = 512;
const ALIVE_MS = 15_000;
/** Of a path to a socket, in bytes: what every system takes. */
const MAX_SOCKET_PATH = 100;

export interface HostParts {
  readonly clock: Clock;
  say(report: HostReport): void;
  /** A line for people. */
  complain(line: string): void;
}

export interface Host {
  /** Resolves when the socket takes connections; rejects, in words for people, when there is no browser. */
  readonly ready: Promise<void>;
  /** Connections, pages, browsers. Idempotent, also before `ready`; doesn't reject. */
  stop(): Promise<void>;
}

/** Serves pages on a socket: a connection each, in browsers that are started when they are needed. */
export function startHost(settings: HostSettings, { clock, say, complain }: HostParts): Host {
  const fleet = createFleet(settings.share, createLaunch(settings, clock, say), clock);
  const opening = new Slots(OPENED_AT_ONCE);
  const connections = new Set<ReturnType<typeof serveConnection>>();
  const server = createServer((socket) => void serve(socket));
  const site = openSite(settings.files, settings.bundles);
  let alive = clock.after(ALIVE_MS, live);
  let ending = false;
  let stopping: Promise<void> | undefined;

  const onTrouble = (text: string) => complain(`page: ${cleanText(text, MAX_TROUBLE)}`);
  const onEnd = (line: HostLine) => {
    if (line.host !== 'ready' && !ending) say({ page: line.host, reason: cleanText(line.reason, MAX_REASON) });
  };

  function live(): void {
    say({ alive: true });
    alive = clock.after(ALIVE_MS, live);
  }

  async function serve(socket: Socket): Promise<void> {
    const open = async (listener: PageListener, isOver: () => boolean) => {
      if (ending) throw new Error('the browsers are being ended');
      if (connections.size >= settings.maxPages) {
        throw new Error(`expected at most ${settings.maxPages} pages at once: another one has to end first`);
      }
      return opening.take(async () => (isOver() ? undefined : openPage(listener)));
    };
    const connection = serveConnection(socket, { clock, open, onEnd, onTrouble });
    connections.add(connection);
    say({ pages: connections.size });
    await connection.over;
    connections.delete(connection);
    say({ pages: connections.size });
  }

  async function openPage(listener: PageListener) {
    const lease = await fleet.take();
    const how = { clock, site: await site, local: settings.bundles !== undefined };
    const opened = openCallPage(lease.browser, how, listener);
    try {
      const page = await within(OPEN_MS, opened);
      const release = async () => {
        await within(CLOSE_MS, page.close()).catch(() => complain('host: a page could not be closed in time'));
        await lease.release();
      };
      return { page, release };
    } catch (error) {
      // It may come later.
      opened.then((page) => page.close()).catch(() => undefined);
      await lease.release();
      throw error;
    }
  }

  /** What is late goes on. */
  async function within<T>(ms: number, work: Promise<T>): Promise<T> {
    const late = Promise.withResolvers<never>();
    const limit = clock.after(ms, () => late.reject(new Error(`a page: expected it within ${ms / 1_000} s`)));
    try {
      return await Promise.race([work, late.promise]);
    } finally {
      limit.cancel();
    }
  }

  async function start(): Promise<void> {
    await site;
    await fleet.warm();
    const path = join(settings.folder, 'socket');
    const { promise: listening, resolve, reject } = Promise.withResolvers<void>();
    // Later ones: a connection that couldn't be taken, for want of descriptors.
    server.on('error', (error) => {
      reject(error);
      complain(`host: ${cleanText(error.message, MAX_TROUBLE)}`);
    });
    server.listen(shortest(path), resolve);
    await listening;
    await chmod(path, 0o600);
    // Whatever an earlier host had there goes on until it ends, and takes nothing with it that is this one's.
    if (!ending) await rename(path, settings.socket);
    say({ ready: true });
  }

  async function stop(): Promise<void> {
    ending = true;
    server.close();
    for (const { stop: end } of connections) end('the browsers are being ended');
    await fleet.close();
    alive.cancel();
  }

  const ready = start();
  ready.catch(() => undefined);
  return {
    ready,
    stop() {
      stopping ??= stop();
      return stopping;
    },
  };
}

/** The address of a socket has room for about a hundred bytes: from here, a relative path may fit. */
function shortest(path: string): string {
  return Buffer.byteLength(path) <= MAX_SOCKET_PATH ? path : relative(process.cwd(), path);
}
