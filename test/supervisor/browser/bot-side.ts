import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { createInterface } from 'node:readline';
import { onTestFinished } from 'vitest';

export type Said = Record<string, unknown>;

/** A bot's end of a connection, as far as the tests need one. Closed with the test. */
export class BotSide {
  readonly socket: Socket;
  /** Resolves when the connection is closed, whoever closed it. */
  readonly closed: Promise<unknown>;
  readonly #lines: AsyncIterator<string>;
  #number = 0;

  constructor(socket: Socket) {
    this.socket = socket;
    socket.on('error', () => {});
    this.closed = once(socket, 'close');
    this.#lines = createInterface({ input: socket })[Symbol.asyncIterator]();
    onTestFinished(() => void socket.destroy());
  }

  /** The next line that arrives; undefined at the end. */
  async next(): Promise<Said | undefined> {
    const { value } = (await this.#lines.next()) as IteratorResult<string, undefined>;
    return value === undefined ? undefined : (JSON.parse(value) as Said);
  }

  /** The first line that passes; what comes before it is left out. Rejects at the end. */
  async until(test: (line: Said) => boolean): Promise<Said> {
    for (let line = await this.next(); line !== undefined; line = await this.next()) if (test(line)) return line;
    throw new Error('the connection ended before');
  }

  tell(order: string, values: Said = {}): number {
    this.#number++;
    this.socket.write(`${JSON.stringify({ ...values, do: order, id: this.#number })}\n`);
    return this.#number;
  }

  /** What the page answers. */
  async ask(order: string, values: Said = {}): Promise<unknown> {
    const id = this.tell(order, values);
    return (await this.until((line) => line.id === id)).result;
  }

  hangUp(): void {
    this.socket.destroy();
  }
}

/** A connection on which nothing has been said yet. */
export async function callUp(path: string): Promise<BotSide> {
  const socket = connect(path);
  const bot = new BotSide(socket);
  await once(socket, 'connect');
  return bot;
}
