import type { Socket } from 'node:net';
import { type HostLine, MAX_PAGE_LINE } from '../../../spec/page-host.ts';
import type { Clock } from '../../../spec/runtime/clock.ts';
import { readLines } from '../../child/lines.ts';
import type { CallPage, PageListener } from './call-page.ts';
import { createFlow } from './flow.ts';

/** What waits for a bot that doesn't read, or for a page that doesn't take, in bytes. */
const MAX_UNREAD = 1_048_576;
/** How long a bot may take to read the last line. */
const LAST_LINE_MS = 5_000;
const MAX_TROUBLES = 100;

export interface ConnectionParts {
  readonly clock: Clock;
  /** Opens the page; `release` gives back what it needed, after the page has been closed. */
  open(
    listener: PageListener,
    isOver: () => boolean,
  ): Promise<{ page: CallPage; release(): Promise<void> } | undefined>;
  /** The bot has been told so. */
  onEnd(line: HostLine): void;
  onTrouble(text: string): void;
}

/**
 * One bot's connection and its page, until one of them ends; then so does the other. Lines are bounded and handed over in
 * order, both ways. Resolves when everything of it is closed; doesn't reject. `stop` ends it as a browser's end would.
 */
export function serveConnection(
  socket: Socket,
  parts: ConnectionParts,
): { over: Promise<void>; stop(reason: string): void } {
  const { clock } = parts;
  const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  const flow = createFlow(clock);
  const toPage: string[] = [];
  let toPageBytes = 0;
  /** What the page says before the bot has heard that it is there. */
  let early: string[] | undefined = [];
  let earlyLength = 0;
  let page: CallPage | undefined;
  let taking = false;
  let waiting: Promise<void> | undefined;
  let ended = false;
  let troubles = 0;
  void closed.then(() => {
    ended = true;
  });
  socket.on('error', () => {});
  const write = (line: string) => void socket.write(`${line}\n`);

  /** The first reason is the one. */
  function end(line: HostLine): void {
    if (ended) return;
    ended = true;
    parts.onEnd(line);
    socket.end(`${JSON.stringify(line)}\n`);
    const limit = clock.after(LAST_LINE_MS, () => socket.destroy());
    void closed.then(() => limit.cancel());
    void page?.close();
    // Nothing that the bot says matters any more; reading on is what notices that it has left.
    socket.resume();
  }
  const crashed = (reason: string) => end({ host: 'crashed', reason });

  const listener: PageListener = {
    onLine(line) {
      if (ended) return undefined;
      const fault = flow.look(line);
      if (fault !== undefined) crashed(fault);
      else if (early !== undefined) early.push(line);
      else write(line);
      if (early !== undefined) earlyLength += line.length;
      if (socket.writableLength > MAX_UNREAD || earlyLength > MAX_UNREAD) {
        crashed(`the bot doesn't read what its page says: expected at most ${MAX_UNREAD} bytes unread`);
      }
      return ended ? undefined : taken();
    },
    onGone: crashed,
    onTrouble(text) {
      troubles++;
      if (troubles <= MAX_TROUBLES) parts.onTrouble(text);
      if (troubles === MAX_TROUBLES) parts.onTrouble('(the rest of what this page complains about is left out)');
    },
  };

  /** When the page may say more: the bot has read what there is, and it isn't too much. All its lines wait together. */
  function taken(): Promise<void> | undefined {
    const delay = flow.delay();
    if (delay === 0 && !socket.writableNeedDrain) return waiting;
    waiting ??= new Promise((resolve) => {
      const done = () => {
        timer?.cancel();
        waiting = undefined;
        resolve();
      };
      const timer = delay > 0 ? clock.after(delay, done) : undefined;
      if (timer === undefined) socket.once('drain', done);
      void closed.then(done);
    });
    return waiting;
  }

  async function handOver(): Promise<void> {
    if (taking || page === undefined) return;
    taking = true;
    for (let line = toPage.shift(); line !== undefined && !ended; line = toPage.shift()) {
      // What it threw is in its console; that it has gone comes by `onGone`.
      await page.take(line).catch((error: Error) => listener.onTrouble(error.message));
      toPageBytes -= line.length;
    }
    taking = false;
  }

  void readLines(socket, MAX_PAGE_LINE, {
    onLine(line) {
      if (ended) return;
      toPage.push(line);
      toPageBytes += line.length;
      if (toPageBytes > MAX_UNREAD)
        crashed(`the page doesn't take what its bot says: expected at most ${MAX_UNREAD} bytes`);
      else void handOver();
    },
    onFault: (fault) => crashed(`the bot has said what is no line of at most ${MAX_PAGE_LINE} bytes: ${fault}`),
  });

  async function run(): Promise<void> {
    const opened = await parts
      .open(listener, () => ended)
      .catch((error: Error) => {
        // A library's error goes on with all that it did.
        end({ host: 'refused', reason: error.message.split('\n', 1)[0] ?? '' });
        return undefined;
      });
    if (opened === undefined) return closed;
    page = opened.page;
    if (ended) void page.close();
    else {
      write(JSON.stringify({ host: 'ready' } satisfies HostLine));
      for (const line of early ?? []) write(line);
      early = undefined;
      earlyLength = 0;
      void handOver();
    }
    await closed;
    await opened.release();
  }

  return { over: run(), stop: crashed };
}
