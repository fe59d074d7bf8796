import type { Socket } from 'node:net';
import split2 from 'split2';
import { type HostLine, MAX_PAGE_LINE } from '../../../spec/page-host.ts';
import type { Clock, Timer } from '../../../spec/runtime/clock.ts';
import { ConnectorError } from '../port.ts';
import { callError } from './failures.ts';
import { connectToPage } from './page-socket.ts';
import type { CallEvent, PageOrder, PageReport } from './protocol.ts';
import { readReport } from './reports.ts';
import { cut } from './texts.ts';

type WithoutId<T> = T extends unknown ? Omit<T, 'id'> : never;
export type Order = WithoutId<PageOrder>;

export interface PageListener {
  onEvent(event: CallEvent): void;
  /** A line that a page doesn't say; the page goes on. */
  onNonsense(): void;
  /** The page is gone. Once, and not after `close`. */
  onLost(error: ConnectorError): void;
}

interface Asked {
  readonly resolve: () => void;
  readonly reject: (error: ConnectorError) => void;
  readonly timer: Timer | undefined;
}

const MAX_REASON = 200;

/**
 * A page in a browser, for one call. `clock` is for the deadlines of orders. Rejects with a ConnectorError when there is
 * none to be had or the signal aborts; then nothing is left of it.
 */
export async function openPage(path: string, clock: Clock, listener: PageListener, signal: AbortSignal) {
  const socket = await connectToPage(path, clock, signal);
  const link = new PageLink(socket, clock, listener);
  const leave = () => link.close();
  signal.addEventListener('abort', leave, { once: true });
  try {
    await link.ready;
    return link;
  } finally {
    signal.removeEventListener('abort', leave);
  }
}

/** The connection to it: orders go there, reports come back. It ends with the page, and the page with it. */
export class PageLink {
  /** Rejects with a ConnectorError when the connection ends before. */
  readonly ready: Promise<void>;
  readonly #socket: Socket;
  readonly #lines = split2(/\r?\n/, (line) => line, { maxLength: MAX_PAGE_LINE });
  readonly #clock: Clock;
  readonly #listener: PageListener;
  readonly #ready = Promise.withResolvers<void>();
  readonly #asked = new Map<number, Asked>();
  #orders = 0;
  #over = false;

  constructor(socket: Socket, clock: Clock, listener: PageListener) {
    this.#socket = socket;
    this.#clock = clock;
    this.#listener = listener;
    this.ready = this.#ready.promise;
    const gone = () => this.#lost('the browser page is gone');
    this.#lines.on('data', (line: string) => this.#heard(line));
    this.#lines.on('end', gone);
    this.#lines.on('error', () => this.#lost(`expected lines of at most ${MAX_PAGE_LINE} characters of the page`));
    socket.on('error', gone);
    socket.on('close', () => this.#lines.end());
    socket.pipe(this.#lines);
  }

  /**
   * Gives an order. Resolves when it is done; rejects with a ConnectorError when it fails. A page that doesn't answer
   * within `ms` is lost.
   */
  ask(order: Order, ms?: number): Promise<void> {
    if (this.#over) return Promise.reject(new ConnectorError('the browser page is gone', true));
    const { promise, resolve, reject } = Promise.withResolvers<void>();
    const id = ++this.#orders;
    const late = () => this.#lost(`expected the browser page to answer within ${ms} ms`);
    this.#asked.set(id, { resolve, reject, timer: ms === undefined ? undefined : this.#clock.after(ms, late) });
    this.#socket.write(`${JSON.stringify({ ...order, id })}\n`);
    return promise;
  }

  /** Hears nothing until `resume`. */
  pause(): void {
    this.#lines.pause();
  }

  resume(): void {
    this.#lines.resume();
  }

  /** Idempotent. */
  close(): void {
    this.#end(new ConnectorError('leaving', false));
  }

  #heard(line: string): void {
    if (this.#over) return;
    const report = readReport(line);
    if (report === undefined) this.#listener.onNonsense();
    else if ('host' in report) this.#told(report);
    else if ('event' in report) this.#listener.onEvent(report.event);
    else this.#answered(report);
  }

  #told(line: HostLine): void {
    if (line.host === 'ready') this.#ready.resolve();
    else this.#lost(`browser page ${line.host}: ${cut(line.reason, MAX_REASON) || 'no reason given'}`);
  }

  #answered(report: Exclude<PageReport, { event: unknown }>): void {
    const id = 'done' in report ? report.done : report.failed;
    const asked = this.#asked.get(id);
    this.#asked.delete(id);
    asked?.timer?.cancel();
    if (asked === undefined) this.#listener.onNonsense();
    else if ('done' in report) asked.resolve();
    else asked.reject(callError(report.type, report.message));
  }

  #lost(reason: string): void {
    const error = new ConnectorError(reason, true);
    if (this.#end(error)) this.#listener.onLost(error);
  }

  #end(error: ConnectorError): boolean {
    if (this.#over) return false;
    this.#over = true;
    this.#socket.destroy();
    this.#ready.reject(error);
    this.#ready.promise.catch(() => {});
    for (const { reject, timer } of this.#asked.values()) {
      timer?.cancel();
      reject(error);
    }
    this.#asked.clear();
    return true;
  }
}
