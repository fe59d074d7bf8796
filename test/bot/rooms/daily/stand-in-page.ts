import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';
import type { CallEvent, PageOrder, Person } from '../../../../bot/rooms/daily/protocol.ts';
import { testFolder } from '../../../helpers/bot-process.ts';

export const OWN: Person = { sessionId: 'own', userId: 'roomd-own', userName: 'Helper', local: true };

export function person(sessionId: string, of: Partial<Person> = {}): Person {
  return { sessionId, userId: `user-${sessionId}`, userName: sessionId.toUpperCase(), local: false, ...of };
}

/** One connection: a page without a browser, in a call without anybody's servers. */
export class StandInPage {
  readonly orders: PageOrder[] = [];
  closed = false;
  readonly #socket: Socket;

  constructor(socket: Socket, answer: (page: StandInPage, order: PageOrder) => void) {
    this.#socket = socket;
    socket.on('error', () => {});
    socket.on('close', () => {
      this.closed = true;
    });
    const lines = createInterface({ input: socket });
    lines.on('error', () => {});
    lines.on('line', (line) => {
      const order = JSON.parse(line) as PageOrder;
      this.orders.push(order);
      answer(this, order);
    });
  }

  say(...lines: (object | string)[]): void {
    this.#socket.write(lines.map((line) => `${typeof line === 'string' ? line : JSON.stringify(line)}\n`).join(''));
  }

  happens(...events: CallEvent[]): void {
    this.say(...events.map((event) => ({ event })));
  }

  /** The browser, or who has it, is gone. */
  close(): void {
    this.#socket.destroy();
  }

  /** What the bot has put into the call. */
  get sent(): unknown[] {
    return this.orders.flatMap((order) => (order.do === 'send' ? [order.data] : []));
  }
}

export interface Pages {
  readonly path: string;
  /** In the order of their opening. */
  readonly all: StandInPage[];
  readonly last: StandInPage;
  /** Who is in the call besides the bot. */
  people: Person[];
  /** How orders are answered from now on. */
  answer: (page: StandInPage, order: PageOrder) => void;
  /** What is said on a new connection. */
  greet: (page: StandInPage) => void;
}

/** A Unix socket on which each connection is a page; whatever a test doesn't change goes well. */
export async function standInPages(path: string = join(testFolder(), 'page.sock')): Promise<Pages> {
  const pages: Pages = {
    path,
    all: [],
    people: [],
    get last() {
      const page = this.all.at(-1);
      if (page === undefined) throw new Error('expected a page, got none');
      return page;
    },
    greet: (page) => page.say({ host: 'ready' }),
    answer: (page, { do: what, id }) => {
      if (what === 'join') page.happens({ action: 'joined-meeting', people: [OWN, ...pages.people] });
      page.say({ done: id });
      if (what === 'leave') page.happens({ action: 'left-meeting' });
    },
  };
  const server = createServer((socket) => {
    const page = new StandInPage(socket, (of, order) => pages.answer(of, order));
    pages.all.push(page);
    pages.greet(page);
  });
  await new Promise<void>((resolve) => server.listen(path, resolve));
  onTestFinished(() => {
    for (const page of pages.all) page.close();
    server.close();
  });
  return pages;
}
